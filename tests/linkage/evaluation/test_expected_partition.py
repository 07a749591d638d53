"""Expected precision and recall of a partition follow from the odds of its pairs, and intervals hold what they say."""

from itertools import combinations

import numpy as np
import pytest

from linkage.evaluation import PartitionEvidence, expected_partition
from linkage.evaluation.partition_posterior import together
from linkage.kernels import connected_components


def evidence_of(
    n_records: int, pairs: list[tuple[int, int]], odds: list[float], linked: list[bool]
) -> PartitionEvidence:
    """Pairs of records of two sources, even and odd rows, all of them compared and none besides."""
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    joined = np.array(linked, dtype=np.bool_)
    labels = connected_components(n_records, left[joined], right[joined])
    values = np.array(odds, dtype=np.float64)
    return PartitionEvidence(
        labels,
        connected_components(n_records, left[joined], right[joined]),
        left,
        right,
        values,
        np.zeros(len(values)),
        -20.0,
        values,
        np.ones(len(values)),
        float((1 / (1 + np.exp2(-values))).sum()),
        np.arange(n_records, dtype=np.int16) % 2,
    )


@pytest.mark.parametrize("n_records", [2, 3, 4, 5])
def test_posteriors_of_partitions_are_those_of_enumeration(n_records):
    generator = np.random.default_rng(n_records)
    pairs = list(combinations(range(n_records), 2))
    odds = generator.normal(0, 3, (4, len(pairs)))
    found = together(odds, n_records)
    for row, own in enumerate(odds):
        total, joint = 0.0, np.zeros(len(pairs))
        # Every partition, as the joined pairs that are closed under transitivity.
        for code in range(2 ** len(pairs)):
            chosen = [pairs[at] for at in range(len(pairs)) if code >> at & 1]
            ends = np.array(chosen, dtype=np.int64).reshape(-1, 2)
            labels = connected_components(n_records, ends[:, 0], ends[:, 1])
            if sum(labels[a] == labels[b] for a, b in pairs) != len(chosen):
                continue
            is_chosen = np.array([pair in chosen for pair in pairs], dtype=np.float64)
            weight = 2.0 ** float(own @ is_chosen)
            total += weight
            joint += weight * is_chosen
        assert found[row] == pytest.approx(joint / total)


def test_lone_pairs_count_as_their_odds_say():
    # Two links at odds of three to one, and a pair that is not linked at one to three.
    told = expected_partition(
        evidence_of(6, [(0, 1), (2, 3), (4, 5)], [np.log2(3)] * 2 + [-np.log2(3)], [True, True, False])
    )
    assert told["precision"].estimate == pytest.approx(0.75)
    assert told["recall"].estimate == pytest.approx(1.5 / 1.75)
    assert told["f1"].estimate == pytest.approx(2 * 1.5 / (2 + 1.75))
    assert told["precision"].low < 0.75 < told["precision"].high


def test_a_rival_makes_the_weaker_pair_unlikely():
    # 0 goes with 1 by far; that 0 should go with 3 as well is next to impossible.
    told = expected_partition(evidence_of(4, [(0, 1), (0, 3)], [15.0, 3.0], [True, True]))
    apart = evidence_of(4, [(0, 1), (0, 3)], [15.0, 3.0], [True, True])
    single = expected_partition(
        PartitionEvidence(**{**vars(apart), "labels": np.array([0, 0, 2, 3])})  # the rival was refused
    )
    assert told["precision"].estimate < 0.5
    assert single["precision"].estimate > 0.99


def test_a_component_of_thousands_is_judged_by_its_pairs():
    # A chain of 3,000 records in which every second link was cut; cut links belong together half the time.
    n_records = 3_000
    pairs = [(at, at + 1) for at in range(n_records - 1)]
    whole = evidence_of(n_records, pairs, [0.0] * len(pairs), [True] * len(pairs))
    cut = PartitionEvidence(**{**vars(whole), "labels": np.arange(n_records) // 2 * 2})
    told = expected_partition(cut)
    assert told["precision"].estimate == pytest.approx(0.5)
    # A cut link counts where neither record has its partner in the other source: half of a half of a half.
    missed = (n_records // 2 - 1) * 0.5**3
    assert told["recall"].estimate == pytest.approx(750 / (750 + missed), rel=1e-3)


def test_nothing_linked_and_nothing_to_find():
    told = expected_partition(evidence_of(3, [], [], []))
    assert told["precision"].estimate == told["recall"].estimate == 1.0


def test_the_intervals_hold_the_truth_as_often_as_they_say():
    generator = np.random.default_rng(4)
    held = {"precision": 0, "recall": 0}
    n_rounds, n_pairs = 40, 120
    pairs = [(2 * at, 2 * at + 1) for at in range(n_pairs)]
    for _ in range(n_rounds):
        odds = generator.normal(3, 4, n_pairs)
        linked = odds > 0
        match = generator.random(n_pairs) < 1 / (1 + np.exp2(-odds))
        told = expected_partition(evidence_of(2 * n_pairs, pairs, odds.tolist(), linked.tolist()))
        truth = {"precision": match[linked].mean(), "recall": (match & linked).sum() / match.sum()}
        for name, value in truth.items():
            held[name] += told[name].low <= value <= told[name].high
    assert min(held.values()) >= 0.85 * n_rounds
