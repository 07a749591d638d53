"""All attacks on a sample of people, filter by filter and on everything that a record holds.

A gate that attacks filters one by one misses what they tell together, so every attack is also made jointly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from encoders.attacks.collusion_bound import collusion_bound
from encoders.attacks.components import component_attack
from encoders.attacks.encoded_people import (
    EncodedPeople,
    FilterTarget,
    Scores,
    all_signs,
    all_tokens,
    exact_columns,
    filter_targets,
)
from encoders.attacks.frequency import frequency_attack
from encoders.attacks.graph_matching import graph_matching_attack
from encoders.attacks.joint_known_pairs import ExactColumn, joint_known_pairs_attack
from encoders.attacks.known_pairs import dictionary_scores, known_pairs_attack
from encoders.attacks.learned_network import learned_network_attack
from encoders.attacks.neighbourhoods import densest_rows, hamming_radius, neighbour_components
from encoders.attacks.outcome import AttackResult
from encoders.attacks.parallel import Step, in_parallel
from encoders.attacks.token_matrix import TokenMatrix
from encoders.attacks.value_numbers import Numbers, code_numbers, combined, value_numbers_of
from linkage.exchange.schema import ColumnKind

__all__ = [
    "ALL_FILTERS",
    "DENSE",
    "RANDOM",
    "AttackPlan",
    "component_attacks",
    "counting_attacks",
    "learning_attacks",
    "matching_attacks",
    "samples",
]

ALL_FILTERS, DENSE, RANDOM = "all filters", "a dense neighbourhood", "a random sample"
NEAR_DICE_THOUSANDTHS = 800
MOST_ALIKE_FIELDS = 4
MOST_LONE_CODES = 40_000
REACHES = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class AttackPlan:
    """How large the samples are and what the attacker knows.

    Attributes
    ----------
    matching_people, seeds
        People in a graph, and the numbers of seeds to try; 0 seeds is the unseeded attack.
    known, targets, dictionary
        Numbers of known pairs to try (below one: a share of the people), codes under attack, people on the list.
    each_filter
        Attack the filters one by one too, besides jointly.
    network
        Train a network as well.
    workers
        Attacks made at once; 0 for one on each processor.
    """

    matching_people: int = 2_000
    seeds: tuple[int, ...] = (20, 100)
    known: tuple[int | float, ...] = (1_000,)
    targets: int = 1_000
    dictionary: int = 20_000
    each_filter: bool = True
    network: bool = False
    workers: int = 0


def matching_attacks(
    people: EncodedPeople, plan: AttackPlan, rng: np.random.Generator
) -> Iterator[AttackResult]:
    """Graph matching on a dense neighbourhood and on a random sample, on each filter and on their sum."""
    return in_parallel(_matching_steps(people, plan, rng), plan.workers)


def _matching_steps(people: EncodedPeople, plan: AttackPlan, rng: np.random.Generator) -> Iterator[Step]:
    complete = _complete_rows(filter_targets(people), len(people))
    if len(complete) < 3:
        return
    for sample, rows in samples(people, complete, plan.matching_people, rng).items():
        targets = filter_targets(people.take(rows), present_share=1.0)
        everybody = np.arange(len(rows))
        codes_sum = np.zeros((len(rows), len(rows)), dtype=np.float32)
        people_sum = np.zeros_like(codes_sum)
        for target in targets:
            code_scores, people_scores = target.code_scores(everybody), target.people_scores(everybody)
            codes_sum += code_scores
            people_sum += people_scores
            if plan.each_filter and len(targets) > 1 and sample == DENSE:
                label = f"{target.rule.name}, {sample}"
                yield from _matched(code_scores, people_scores, plan.seeds[:1], rng, label)
        yield from _matched(codes_sum, people_sum, plan.seeds, rng, f"{ALL_FILTERS}, {sample}")


def samples(people: EncodedPeople, rows: Numbers, size: int, rng: np.random.Generator) -> dict[str, Numbers]:
    """A dense neighbourhood and a random sample of some rows, each of at most `size`; one where both are the same."""
    dense = rows[
        densest_rows(_few_valued([value_numbers_of(v)[rows] for v in people.columns.values()]), size, rng)
    ]
    spread = np.sort(rng.permutation(rows)[:size])
    return {DENSE: dense} if len(dense) == len(rows) else {DENSE: dense, RANDOM: spread}


def learning_attacks(
    people: EncodedPeople, plan: AttackPlan, rng: np.random.Generator
) -> Iterator[AttackResult]:
    """Known pairs against each filter, against all filters, and against everything that a record holds."""
    return in_parallel(_learning_steps(people, plan, rng), plan.workers)


def _learning_steps(people: EncodedPeople, plan: AttackPlan, rng: np.random.Generator) -> Iterator[Step]:
    people = people.take(np.sort(rng.permutation(len(people))[: plan.dictionary]))
    targets = filter_targets(people)
    order = rng.permutation(_complete_rows(targets, len(people)))
    if not targets:
        return
    everything = _everything(people, targets)
    for number in plan.known:
        n_known = int(number if number >= 1 else number * len(people))
        known, under_attack = order[:n_known], order[n_known : n_known + plan.targets]
        if not n_known or len(known) < n_known or not len(under_attack):
            continue
        for target in targets if plan.each_filter and len(targets) > 1 else []:
            yield partial(_one_filter_learned, target, known, under_attack)
        yield partial(everything.learned, known, under_attack)
        if plan.network:
            yield partial(everything.learned_by_network, known, under_attack)


@dataclass(frozen=True, repr=False)
class _Everything:
    """All filters of some people side by side, and their other columns."""

    bits: Scores
    tokens: TokenMatrix
    exact: list[ExactColumn]

    def learned(self, known: Numbers, targets: Numbers) -> list[AttackResult]:
        """The ridge on all filters; then, with what it found, on every column."""
        everybody = np.arange(len(self.bits))
        scores = dictionary_scores(self.bits[known], known, self.bits[targets], self.tokens)
        return [
            known_pairs_attack(
                self.bits,
                self.tokens,
                everybody,
                known=known,
                targets=targets,
                target=ALL_FILTERS,
                scores=scores,
            ),
            joint_known_pairs_attack(
                self.bits, self.tokens, self.exact, known=known, targets=targets, scores=scores
            ),
        ]

    def learned_by_network(self, known: Numbers, targets: Numbers) -> list[AttackResult]:
        """A network on all filters."""
        everybody = np.arange(len(self.bits))
        return [
            learned_network_attack(
                self.bits, self.tokens, everybody, known=known, targets=targets, target=ALL_FILTERS
            )
        ]


def _everything(people: EncodedPeople, targets: list[FilterTarget]) -> _Everything:
    exact = [
        ExactColumn(codes, values)
        for label, (codes, values) in exact_columns(people).items()
        if not label.startswith("filter")
    ]
    return _Everything(all_signs(targets), all_tokens(targets), exact)


def _one_filter_learned(target: FilterTarget, known: Numbers, targets: Numbers) -> list[AttackResult]:
    everybody = np.arange(len(target.people))
    name = target.rule.name
    return [
        known_pairs_attack(target.signs, target.tokens, everybody, known=known, targets=targets, target=name)
    ]


def counting_attacks(people: EncodedPeople, rng: np.random.Generator) -> Iterator[AttackResult]:
    """Frequency alignment and the collusion bound on each filter, token and blocking key."""
    for label, (codes, values) in exact_columns(people).items():
        yield frequency_attack(codes, values, target=label, rng=rng)
        if label.startswith("filter"):
            yield collusion_bound(codes, target=label)


def component_attacks(
    people: EncodedPeople, rng: np.random.Generator, *, reaches: Sequence[float] = REACHES
) -> Iterator[AttackResult]:
    """Near-neighbour components of each filter, at the size of the sample given.

    Parameters
    ----------
    reaches
        How far codes are joined, as shares of the distance at which unrelated codes begin to be near; the one that
        names most is reported. In a dense file components grow together at the whole of it, and part at less.
    """
    for target in filter_targets(people, present_share=0.01):
        values = {
            field: value_numbers_of(people.columns[field])
            for field in dict.fromkeys(member.field for member in target.rule.fields)
            if field in people.columns
        }
        readings, label = _readings(values), f"{ColumnKind.FILTER}.{target.rule.name}"
        yield max(
            (
                component_attack(
                    _components(target, list(values.values()), reach), readings, target=label, rng=rng
                )
                for reach in reaches
            ),
            key=lambda result: result.hits,
        )


def _components(target: FilterTarget, fields: list[Numbers], reach: float) -> Numbers:
    """The component of each person's code, -1 where it is missing.

    Equal codes are one node. A filter over one field has no other field by which near codes can be found, so all pairs
    of its most frequent codes are looked at.
    """
    numbers = code_numbers(target.codes)
    present = np.flatnonzero(numbers >= 0)
    nodes, first, counts = np.unique(numbers[present], return_index=True, return_counts=True)
    if len(fields) < 2 and len(nodes) > MOST_LONE_CODES:
        kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_LONE_CODES])
        nodes, first = nodes[kept], first[kept]
    rows = present[first]
    joined = neighbour_components(
        target.codes[rows],
        _all_but_one([field[rows] for field in fields], len(rows)),
        radius=int(reach * hamming_radius(len(present), target.codes.shape[1] * 64))
        if target.diffused
        else -1,
        dice_thousandths=1001 if target.diffused else int(1000 - reach * (1000 - NEAR_DICE_THOUSANDTHS)),
    )
    by_number = np.full(int(numbers.max(initial=0)) + 1, -1, dtype=np.int64)
    by_number[nodes] = joined
    return np.where(numbers >= 0, by_number[np.maximum(numbers, 0)], -1)


def _matched(
    code_scores: Scores, people_scores: Scores, seeds: tuple[int, ...], rng: np.random.Generator, target: str
) -> Iterator[Step]:
    for n_seeds in seeds:
        if n_seeds < len(code_scores) // 2:
            drawn = rng.spawn(1)[0]
            yield partial(_match, code_scores, people_scores, n_seeds, drawn, target)


def _match(
    code_scores: Scores, people_scores: Scores, n_seeds: int, rng: np.random.Generator, target: str
) -> list[AttackResult]:
    truth = np.arange(len(code_scores))
    return [graph_matching_attack(code_scores, people_scores, truth, n_seeds=n_seeds, rng=rng, target=target)]


def _complete_rows(targets: list[FilterTarget], n: int) -> Numbers:
    """Rows that have all the filters: the attacker begins where there is most to see."""
    present = np.ones(n, dtype=np.bool_)
    for target in targets:
        present &= target.codes.any(axis=1)
    return np.flatnonzero(present)


def _few_valued(columns: list[Numbers]) -> list[Numbers]:
    """The columns in which values repeat most: popular values are what makes a neighbourhood dense."""
    repeats = [len(values) / max(len(np.unique(values)), 1) for values in columns]
    kept = sorted(range(len(columns)), key=lambda place: -repeats[place])
    return [columns[place] for place in kept[:MOST_ALIKE_FIELDS]]


def _all_but_one(fields: list[Numbers], n: int) -> list[Numbers]:
    """Groupings in which near codes must meet: people who agree in all fields but one."""
    if len(fields) <= 1:
        return [np.zeros(n, dtype=np.int64)]
    return [combined([*fields[:place], *fields[place + 1 :]]) for place in range(len(fields))]


def _readings(values: dict[str, Numbers]) -> dict[str, Numbers]:
    """What a component could stand for: a field, or all fields but one."""
    readings = dict(values)
    if len(values) > 2:
        for left_out in values:
            rest = {name: held for name, held in values.items() if name != left_out}
            readings[" and ".join(rest)] = combined(list(rest.values()))
    return readings
