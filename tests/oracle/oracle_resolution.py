"""Resolution by definition, on small inputs: sets, dictionaries and enumeration, no arrays, no cleverness.

Records are numbered by rank (the order of their ids), so ties are broken by number. Weights should be whole numbers or
halves, so that sums are exact in any order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

Pair = tuple[int, int]


def ordered(a: int, b: int) -> Pair:
    """The pair, smaller first."""
    return (a, b) if a < b else (b, a)


@dataclass
class Problem:
    """One resolution: `weights` by ordered pair, `thresholds` and `several` by two sources."""

    sources: Sequence[int]
    weights: dict[Pair, float]
    thresholds: Sequence[Sequence[float]]
    several: Sequence[Sequence[bool]]
    must: list[Pair] = field(default_factory=list)
    cannot: set[Pair] = field(default_factory=set)
    penalty: float = 2.0
    bridge_side: int = 2
    largest: int = 100

    def excess(self, pair: Pair) -> float:
        """Weight less threshold, no less than an absent pair."""
        if pair not in self.weights:
            return -self.penalty
        a, b = pair
        threshold = self.thresholds[self.sources[a]][self.sources[b]]
        return max(self.weights[pair] - threshold, -self.penalty)

    def accepted(self, pair: Pair) -> bool:
        """Whether the pair is at or above its threshold."""
        a, b = pair
        threshold = self.thresholds[self.sources[a]][self.sources[b]]
        return pair in self.weights and self.weights[pair] >= threshold


def components(nodes: Iterable[int], links: Iterable[Pair]) -> list[frozenset[int]]:
    """Connected components, by smallest node."""
    parts = [{node} for node in nodes]
    for a, b in links:
        touched = [part for part in parts if a in part or b in part]
        if len(touched) == 2:
            parts = [part for part in parts if part not in touched] + [touched[0] | touched[1]]
    return sorted((frozenset(part) for part in parts), key=min)


def follow_must_links(problem: Problem) -> list[Pair]:
    """Known links in order of their records, as long as none joins two that must stay apart."""
    followed: list[Pair] = []
    nodes = range(len(problem.sources))
    doubtful = [
        part
        for part in components(nodes, problem.must)
        if any(ordered(*pair) in problem.cannot for pair in combinations(sorted(part), 2))
    ]
    for pair in sorted(ordered(*pair) for pair in problem.must):
        if any(pair[0] in part for part in doubtful):
            joined = next(part for part in components(nodes, [*followed, pair]) if pair[0] in part)
            if any(set(apart) <= joined for apart in problem.cannot):
                continue
        followed.append(pair)
    return followed


def groups_of(problem: Problem, must: list[Pair]) -> dict[int, frozenset[int]]:
    """The must-linked group of each record."""
    parts = components(range(len(problem.sources)), must)
    return {record: part for part in parts for record in part}


def broken_rule(problem: Problem, groups: dict[int, frozenset[int]], cluster: Iterable[int]) -> str | None:
    """What a cluster breaks: `severed`, `exclusivity` or nothing."""
    records = sorted(cluster)
    if any(pair in problem.cannot for pair in combinations(records, 2)):
        return "severed"
    present = {problem.sources[record] for record in records}
    for a, b in combinations(records, 2):
        source = problem.sources[a]
        if source == problem.sources[b] and not problem.accepted((a, b)) and b not in groups[a]:
            others = present - {source} or {source}
            if not all(problem.several[source][other] for other in others):
                return "exclusivity"
    return None


def hangs_by_chains(problem: Problem, groups: dict[int, frozenset[int]], cluster: Iterable[int]) -> bool:
    """Whether two records of a source that allows chains are together without a link between those very two."""
    return any(
        problem.sources[a] == problem.sources[b]
        and problem.several[problem.sources[a]][problem.sources[a]]
        and not problem.accepted((a, b))
        and b not in groups[a]
        for a, b in combinations(sorted(cluster), 2)
    )


def worth(problem: Problem, groups: dict[int, frozenset[int]], partition: Iterable[Iterable[int]]) -> float:
    """Sum of excess over pairs that share a cluster and are not known to belong together."""
    return sum(
        problem.excess(pair)
        for cluster in partition
        for pair in combinations(sorted(cluster), 2)
        if pair[1] not in groups[pair[0]]
    )


def partitions(units: Sequence[frozenset[int]]) -> Iterator[list[frozenset[int]]]:
    """All partitions, first those that keep the first unit with a set of others that is later as a binary number."""
    if not units:
        yield []
        return
    rest = list(units[1:])
    for mask in range(2 ** len(rest) - 1, -1, -1):
        chosen = [unit for at, unit in enumerate(rest) if mask >> at & 1]
        part = units[0].union(*chosen)
        for others in partitions([unit for at, unit in enumerate(rest) if not mask >> at & 1]):
            yield [part, *others]


def best_partitions(
    problem: Problem, groups: dict[int, frozenset[int]], component: frozenset[int]
) -> list[list[frozenset[int]]]:
    """The partitions that break no rule, of the greatest worth and of these with the fewest clusters."""
    units = sorted({groups[record] for record in component}, key=min)
    best: list[list[frozenset[int]]] = []
    rank = (float("-inf"), 0)
    for partition in partitions(units):
        if all(broken_rule(problem, groups, part) is None for part in partition):
            own = (worth(problem, groups, partition), -len(partition))
            if own > rank:
                best, rank = [], own
            if own == rank:
                best.append(partition)
    return best


def best_partition(
    problem: Problem, groups: dict[int, frozenset[int]], component: frozenset[int], *, agreed: bool
) -> list[frozenset[int]]:
    """What all best partitions agree on; or the first of them."""
    best = best_partitions(problem, groups, component)
    if not agreed:
        return best[0]
    own = {
        record: frozenset.intersection(*(part for each in best for part in each if record in part))
        for record in component
    }
    return sorted(set(own.values()), key=min)


def raise_threshold(
    problem: Problem, component: frozenset[int], links: list[Pair], must: list[Pair]
) -> list[frozenset[int]]:
    """Parts of the highest threshold at which each is small enough: the largest admissible single-link clusters."""
    own_must = [pair for pair in must if pair[0] in component]
    parts = components(component, own_must)
    frozen: set[frozenset[int]] = set()
    for level in sorted({problem.excess(pair) for pair in links if pair not in must}, reverse=True):
        joined = components(
            component,
            own_must + [p for p in links if p not in must and problem.excess(p) >= level],
        )
        for whole in joined:
            inside = [part for part in parts if part < whole]
            if len(inside) > 1 and (len(whole) > problem.largest or any(part in frozen for part in inside)):
                frozen.update(inside)
        parts = [
            part
            for whole in joined
            for part in (
                [p for p in parts if p <= whole] if any(p in frozen for p in parts if p <= whole) else [whole]
            )
        ]
    return sorted(parts, key=min)


def weakest_bridge(
    problem: Problem, component: frozenset[int], links: list[Pair], must: list[Pair]
) -> tuple[float, frozenset[int], frozenset[int]] | None:
    """Evidence and sides of the weakest bridge with negative evidence."""
    weakest: tuple[float, frozenset[int], frozenset[int]] | None = None
    for bridge in sorted(links):
        sides = components(component, [link for link in links if link != bridge])
        if bridge in must or len(sides) != 2 or min(map(len, sides)) < problem.bridge_side:
            continue
        evidence = float(sum(problem.excess(ordered(a, b)) for a in sides[0] for b in sides[1]))
        if evidence < 0 and (weakest is None or evidence < weakest[0]):
            weakest = (evidence, sides[0], sides[1])
    return weakest


def resolve(problem: Problem) -> set[frozenset[int]]:
    """The partition of all records."""
    must = follow_must_links(problem)
    groups = groups_of(problem, must)
    links = sorted({pair for pair in problem.weights if problem.accepted(pair)} | set(must))
    # With each component: whether all its evidence was weighed before.
    waiting = [(part, False) for part in components(range(len(problem.sources)), links)]
    done: set[frozenset[int]] = set()
    while waiting:
        component, weighed = waiting.pop()
        own = [link for link in links if set(link) <= component]
        parts, broken = [component], broken_rule(problem, groups, component)
        if broken or (not weighed and hangs_by_chains(problem, groups, component)):
            parts, weighed = best_partition(problem, groups, component, agreed=bool(broken)), True
        if parts != [component] or broken:
            pass
        elif len(component) > problem.largest:
            parts = raise_threshold(problem, component, own, must)
        else:
            bridge = weakest_bridge(problem, component, own, must)
            parts = list(bridge[1:]) if bridge else [component]
        if parts == [component]:
            # Too large, but known to belong together: it may still hang on a bridge.
            bridge = weakest_bridge(problem, component, own, must)
            parts = list(bridge[1:]) if bridge else [component]
        if parts == [component]:
            done.add(component)
        else:
            for part in parts:
                waiting += [
                    (each, weighed) for each in components(part, [link for link in own if set(link) <= part])
                ]
    return done
