"""`resolve` gives the partition that its definition gives, whatever the order of records and edges."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_resolution import (
    Problem,
    best_partitions,
    broken_rule,
    components,
    follow_must_links,
    groups_of,
    ordered,
    worth,
)
from oracle_resolution import (
    resolve as resolve_by_definition,
)
from oracle_resolution_problems import Arrays, as_arrays, options_of, problems

from linkage.resolution import Reason, Resolution, ResolutionOptions, resolve


def run(arrays: Arrays, options: ResolutionOptions) -> Resolution:
    return resolve(
        arrays.left,
        arrays.right,
        arrays.weights,
        arrays.sources,
        arrays.record_ids,
        options,
        must_links=arrays.must,
        cannot_links=arrays.cannot,
    )


@given(problems())
def test_small_components_are_resolved_as_defined(problem: Problem) -> None:
    arrays = as_arrays(problem)
    assert arrays.partition(run(arrays, options_of(problem)).labels) == resolve_by_definition(problem)


@given(problems(most_records=9), st.integers(0, 2**32), st.sampled_from([2, 4, 8]), st.sampled_from([3, 100]))
def test_the_order_of_records_and_edges_does_not_matter(
    problem: Problem, seed: int, exact_limit: int, component_limit: int
) -> None:
    options = options_of(problem, exact_limit=exact_limit, component_limit=component_limit)
    first, second = as_arrays(problem), as_arrays(problem, seed)
    one, other = run(first, options), run(second, options)
    assert first.partition(one.labels) == second.partition(other.labels)
    assert one.conflicts == other.conflicts
    reasons = [
        {
            ordered(int(arrays.ranks[left]), int(arrays.ranks[right])): int(reason)
            for left, right, reason in zip(arrays.left, arrays.right, result.reasons, strict=True)
        }
        for arrays, result in ((first, one), (second, other))
    ]
    assert reasons[0] == reasons[1]


@given(problems(most_records=9), st.sampled_from([2, 8]))
def test_a_component_depends_on_nothing_outside_it(problem: Problem, exact_limit: int) -> None:
    options = options_of(problem, exact_limit=exact_limit)
    whole = as_arrays(problem)
    together = whole.partition(run(whole, options).labels)
    links = [*problem.weights, *(ordered(*pair) for pair in problem.must), *problem.cannot]
    apart: set[frozenset[int]] = set()
    for component in components(range(len(problem.sources)), links):
        records = sorted(component)
        number = {record: at for at, record in enumerate(records)}
        part = Problem(
            [problem.sources[record] for record in records],
            {(number[a], number[b]): w for (a, b), w in problem.weights.items() if a in component},
            problem.thresholds,
            problem.several,
            [(number[a], number[b]) for a, b in problem.must if a in component],
            {(number[a], number[b]) for a, b in problem.cannot if a in component},
            problem.penalty,
            problem.bridge_side,
            problem.largest,
        )
        arrays = as_arrays(part)
        own = arrays.partition(run(arrays, options).labels)
        apart |= {frozenset(records[number] for number in cluster) for cluster in own}
    assert together == apart


@given(problems(most_records=9), st.sampled_from([2, 4, 8]), st.sampled_from([3, 100]))
def test_no_cluster_breaks_a_rule(problem: Problem, exact_limit: int, component_limit: int) -> None:
    arrays = as_arrays(problem)
    options = options_of(problem, exact_limit=exact_limit, component_limit=component_limit)
    result = run(arrays, options)
    must = follow_must_links(problem)
    groups = groups_of(problem, must)
    for cluster in arrays.partition(result.labels):
        assert broken_rule(problem, groups, cluster) is None
        assert len(cluster) <= max(problem.largest, *(len(groups[record]) for record in cluster))
    followed = [pair for pair, kept in zip(problem.must, result.must_links_followed, strict=True) if kept]
    assert sorted(ordered(*pair) for pair in followed) == must
    assert all(result.labels[a] == result.labels[b] for a, b in followed)
    assert result.conflicts.refused_must_links == len(problem.must) - len(must)


@given(problems(most_records=8, known_links=False))
def test_every_edge_has_its_reason(problem: Problem) -> None:
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    above = np.array([problem.accepted(pair) for pair in problem.weights], dtype=np.bool_)
    together = result.labels[arrays.left] == result.labels[arrays.right]
    assert np.array_equal(result.reasons == Reason.BELOW_THRESHOLD, ~above)
    assert np.array_equal(result.accepted, above & together)
    assert result.conflicts.edges == {r: int(np.sum(result.reasons == r)) for r in Reason}
    assert np.array_equal(result.labels, [np.flatnonzero(result.labels == x).min() for x in result.labels])


@given(problems(most_records=8, known_links=False))
def test_agglomeration_is_worth_something_and_no_more_than_the_best(problem: Problem) -> None:
    problem.largest, problem.bridge_side = 100, 9
    arrays = as_arrays(problem)
    groups = groups_of(problem, [])
    rough = arrays.partition(run(arrays, options_of(problem, exact_limit=2)).labels)
    for component in components(range(len(problem.sources)), filter(problem.accepted, problem.weights)):
        if component in rough:
            # Without a conflict a component is taken whole, whatever absent pairs say.
            continue
        parts = [cluster for cluster in rough if cluster <= component]
        assert all(worth(problem, groups, [cluster]) >= 0 for cluster in parts)
        best = best_partitions(problem, groups, component)[0]
        assert worth(problem, groups, parts) <= worth(problem, groups, best)


@pytest.mark.parametrize("exact_limit", [2, 8])
def test_twins_do_not_meet_through_a_third_record(exact_limit: int) -> None:
    # Two twins in the school feed, one of them in the GP's: the better link wins, the other twin stays alone.
    problem = Problem(
        [0, 0, 1], {(0, 2): 4.0, (1, 2): 9.0}, [[0.0, 0.0], [0.0, 0.0]], [[False] * 2, [False] * 2]
    )
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem, exact_limit=exact_limit))
    assert arrays.partition(result.labels) == {frozenset({1, 2}), frozenset({0})}
    assert result.reasons.tolist() == [Reason.EXCLUSIVITY, Reason.ACCEPTED]
    assert result.conflicts.components[Reason.EXCLUSIVITY] == 1


def test_a_record_that_two_twins_claim_equally_well_goes_to_neither() -> None:
    # The school has both twins, the GP and the benefits one of them.
    weights = {(0, 2): 6.0, (1, 2): 6.0, (0, 3): 9.0, (1, 3): 3.0, (2, 3): 2.0}
    problem = Problem([0, 0, 1, 2], weights, [[0.0] * 3] * 3, [[False] * 3] * 3)
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    assert arrays.partition(result.labels) == {frozenset({0, 2, 3}), frozenset({1})}
    # What the benefits' record says decides it; without that nothing does.
    problem.weights = {(0, 2): 6.0, (1, 2): 6.0}
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    assert {frozenset({0}), frozenset({1}), frozenset({2})} <= arrays.partition(result.labels)
    assert result.conflicts.edges[Reason.CONTESTED] == 2
    # Two claims that are equal, and two records that lie between: no match is better than the other.
    problem = Problem(
        [0, 0, 1, 1],
        dict.fromkeys([(0, 2), (0, 3), (1, 2), (1, 3)], 6.0),
        [[0.0] * 2] * 2,
        [[False] * 2] * 2,
    )
    arrays = as_arrays(problem)
    assert len(arrays.partition(run(arrays, options_of(problem)).labels)) == 4


@given(
    st.lists(st.integers(8, 12), min_size=6, max_size=6),
    st.lists(st.integers(-3, 7), min_size=9, max_size=9),
    st.sampled_from([2, 4, 8]),
)
def test_twins_in_three_feeds_stay_two_children(own: list[int], across: list[int], exact_limit: int) -> None:
    # Links inside a child outweigh those between the twins, each of which may still be above the threshold.
    weights = {
        (a + 3 * child, b + 3 * child): float(own[3 * child + at])
        for child in (0, 1)
        for at, (a, b) in enumerate(combinations(range(3), 2))
    }
    cross = iter(across)
    for a in range(3):
        for b in range(3):
            value = float(next(cross))
            if a != b and value > -3:
                weights[(a, 3 + b)] = value
    square = [[0.0] * 3 for _ in range(3)]
    problem = Problem([0, 1, 2, 0, 1, 2], weights, square, [[False] * 3 for _ in range(3)])
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem, exact_limit=exact_limit))
    assert arrays.partition(result.labels) == {frozenset({0, 1, 2}), frozenset({3, 4, 5})}


@pytest.mark.parametrize(
    "within, expected", [(0.0, {frozenset({0, 1, 2})}), (6.0, {frozenset({1, 2}), frozenset({0})})]
)
def test_duplicates_join_on_evidence_between_those_very_records(
    within: float, expected: set[frozenset[int]]
) -> None:
    problem = Problem(
        [0, 0, 1], {(0, 1): 5.0, (0, 2): 4.0, (1, 2): 9.0}, [[within, 0.0], [0.0, within]], [[False] * 2] * 2
    )
    arrays = as_arrays(problem)
    assert arrays.partition(run(arrays, options_of(problem)).labels) == expected


def test_a_weak_bridge_between_two_children_is_cut_and_a_strong_one_holds() -> None:
    def clusters_with(bridge: float) -> set[frozenset[int]]:
        weights = {(0, 1): 9.0, (2, 3): 9.0, (1, 2): bridge}
        problem = Problem([0, 1, 2, 3], weights, [[0.0] * 4] * 4, [[False] * 4] * 4, penalty=2.0)
        arrays = as_arrays(problem)
        return arrays.partition(run(arrays, options_of(problem)).labels)

    assert clusters_with(5.0) == {frozenset({0, 1}), frozenset({2, 3})}
    assert clusters_with(7.0) == {frozenset({0, 1, 2, 3})}


def test_a_chain_inside_a_source_holds_as_long_as_all_its_pairs_speak_for_it() -> None:
    def clusters_with(ends: float, several: bool) -> set[frozenset[int]]:
        weights = {(0, 1): 6.0, (1, 2): 6.0, (2, 3): 1.0, (3, 4): 6.0, (0, 2): ends}
        problem = Problem([0] * 5, weights, [[0.0]], [[several]], bridge_side=9)
        arrays = as_arrays(problem)
        return arrays.partition(run(arrays, options_of(problem)).labels)

    # 0, 1 and 2 are one child without a link between the ends; one weak link does not carry 3 and 4 along.
    assert clusters_with(-1.0, several=True) == {frozenset({0, 1, 2}), frozenset({3, 4})}
    assert frozenset({0, 1, 2}) not in clusters_with(-1.0, several=False)
    assert frozenset({0, 1, 2}) in clusters_with(1.0, several=False)


def test_a_large_knot_of_equal_links_falls_apart_and_its_stronger_parts_stay() -> None:
    pairs = list(combinations(range(6), 2))
    weights = dict.fromkeys(pairs, 2.0) | {(0, 1): 8.0, (2, 3): 8.0}
    problem = Problem([0] * 6, weights, [[0.0]], [[True]], largest=4)
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    expected = {frozenset({0, 1}), frozenset({2, 3}), frozenset({4}), frozenset({5})}
    assert arrays.partition(result.labels) == expected
    assert result.conflicts.edges[Reason.OVERSIZED] == 13


def test_severance_holds_against_any_chain_and_known_links_yield_to_it() -> None:
    weights = {(0, 1): 9.0, (1, 2): 8.0}
    problem = Problem([0, 1, 2], weights, [[0.0] * 3] * 3, [[False] * 3] * 3, cannot={(0, 2)})
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    assert result.labels[0] != result.labels[2]
    assert result.conflicts.edges[Reason.SEVERED] == 1
    problem.must = [(0, 1), (1, 2)]
    arrays = as_arrays(problem)
    result = run(arrays, options_of(problem))
    assert result.must_links_followed.tolist() == [True, False]
    assert result.labels[0] == result.labels[1] != result.labels[2]


def test_no_records_and_no_edges() -> None:
    problem = Problem([], {}, [[0.0]], [[False]])
    result = run(as_arrays(problem), options_of(problem))
    assert result.labels.size == 0
    assert result.conflicts.to_json()["refused_must_links"] == 0


def refused(**changes: object) -> str:
    given: dict[str, object] = {
        "left": np.array([0, 1]),
        "right": np.array([1, 2]),
        "weights": np.array([1.0, 2.0]),
        "sources": np.zeros(3, dtype=np.int16),
        "record_ids": np.zeros((3, 16), dtype=np.uint8),
        "options": options_of(Problem([], {}, [[0.0]], [[False]])),
    } | changes
    with pytest.raises(ValueError, match=":") as error:
        resolve(**given)
    return str(error.value)


def test_faults_are_named() -> None:
    assert "three arrays" in refused(weights=np.array([1.0]))
    assert "row lies outside" in refused(right=np.array([1, 3]))
    assert "edge 1 joins a record to itself" in refused(right=np.array([1, 1]))
    assert "edge 0 has no finite weight" in refused(weights=np.array([np.nan, 1.0]))
    assert "1 repetitions" in refused(left=np.array([0, 1]), right=np.array([1, 0]))
    assert "expected 0 to 0" in refused(sources=np.ones(3, dtype=np.int16))
    assert "(3, 16)" in refused(record_ids=np.zeros((2, 16), dtype=np.uint8))
    assert "one record an id" in refused()
    assert "must_links: a row" in refused(must_links=np.array([[0, 3]]))
    assert "cannot_links: pair 0" in refused(cannot_links=np.array([[1, 1]]))
    assert "two columns" in refused(cannot_links=np.array([1, 1]))
