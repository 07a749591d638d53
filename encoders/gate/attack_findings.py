"""Attacks on the very codes of a package, held against the gate's limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from encoders.attacks.encoded_people import EncodedPeople, FilterTarget, exact_columns, filter_targets
from encoders.attacks.outcome import AttackResult
from encoders.attacks.suite import (
    RANDOM,
    AttackPlan,
    component_attacks,
    counting_attacks,
    learning_attacks,
    matching_attacks,
    samples,
)
from encoders.gate.findings import Finding, Verdict, at_most, rate_at_most, stated
from encoders.gate.limits import GateLimits
from encoders.measures.anonymity import disclosure_risk
from encoders.measures.similarity_leak import similarity_leak, weight_leak
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification.encoding import FieldKind, TokenKind

__all__ = [
    "JUDGED_KNOWN",
    "TENTH",
    "GateAttacks",
    "attack_stages",
    "judged",
    "measure_findings",
    "sibling_findings",
    "size_finding",
]

COHORT = f"{ColumnKind.COHORT}."
SIMILARITY_ROWS = 1_000
JUDGED_KNOWN = 1_000
TENTH = 10


@dataclass(frozen=True)
class GateAttacks:
    """What is attacked and how.

    Attributes
    ----------
    records
        The most records whose codes are counted and joined to components; more are sampled.
    plan
        Samples of the other attacks.
    """

    records: int = 1_000_000
    plan: AttackPlan = field(default_factory=lambda: AttackPlan(seeds=(20, 100), known=(1_000, 10_000)))


def attack_stages(
    people: EncodedPeople, attacks: GateAttacks, rng: np.random.Generator
) -> Iterator[tuple[str, Iterator[AttackResult]]]:
    """Every attack, jointly and filter by filter, in stages with a name; each is made while its results are taken.

    Nobody is taken to know more than a tenth of a small feed: whoever knows half of it needs no attack.
    """
    tenth = len(people) // TENTH
    known = dict.fromkeys(
        min(number, tenth) if number == JUDGED_KNOWN else number for number in attacks.plan.known
    )
    yield "match graphs", matching_attacks(people, attacks.plan, rng)
    yield "learn from known pairs", learning_attacks(people, replace(attacks.plan, known=tuple(known)), rng)
    yield "count frequencies", counting_attacks(people, rng)
    yield "join near codes", component_attacks(people, rng)


def judged(result: AttackResult, limits: GateLimits) -> Finding:
    """What an attack means for the package."""
    low, high = result.interval
    text = (
        f"{result.hits:,} of {result.n:,} named ({low:.2%} to {high:.2%}; a guess: {result.chance:.4%});"
        f" the attacker {result.assumptions}"
    )
    if result.attack == "frequency alignment" and result.target.startswith(COHORT):
        return Finding(
            result.attack, result.target, result.rate, None, Verdict.WARN,
            f"{text}; the specification accepts this by name (cohort_tokens)",
        )  # fmt: skip
    limit = _limit_of(result, limits)
    if limit is None:
        return stated(result.attack, result.target, result.rate, text)
    return rate_at_most(result.attack, result.target, result.hits, result.n, limit, text)


def _limit_of(result: AttackResult, limits: GateLimits) -> float | None:
    if result.attack == "graph matching":
        return limits.graph_matching
    if result.attack.startswith("known pairs"):
        # What many known pairs teach is told, not judged: who knows a third of the file needs no attack.
        return limits.known_pairs if result.details.get("known", 0) <= JUDGED_KNOWN else None
    return {"frequency alignment": limits.frequency, "component sizes": limits.components}.get(result.attack)


def measure_findings(
    people: EncodedPeople, limits: GateLimits, rng: np.random.Generator
) -> Iterator[Finding]:
    """Measures that need the plaintext and no attacker: similarities, weights, candidate sets."""
    present = np.flatnonzero(people.words.any(axis=1))
    chosen = samples(people, present, SIMILARITY_ROWS, rng)
    spread = people.take(chosen.get(RANDOM, next(iter(chosen.values()))))
    for target in filter_targets(spread):
        yield _similarity_finding(target, limits)
        yield from sibling_findings(target)
    for label, (codes, values) in exact_columns(people).items():
        risk = disclosure_risk(codes, values)
        yield stated(
            "disclosure risk", label, risk.marketer,
            f"from frequencies alone: maximum {risk.maximum:.4f}, mean {risk.mean:.6f}, median {risk.median:.6f},"
            f" marketer {risk.marketer:.6f}",
        )  # fmt: skip


def _similarity_finding(target: FilterTarget, limits: GateLimits) -> Finding:
    rows = np.flatnonzero(target.codes.any(axis=1))
    everywhere, nearest = similarity_leak(target, rows)
    return at_most(
        "similarities", f"filter.{target.rule.name}", max(everywhere, 0.0), limits.spearman,
        f"rank correlation of people's and codes' similarities: {everywhere:.3f} over all pairs, {nearest:.3f} over the"
        f" nearest 1%; of tokens and set bits {weight_leak(target):.3f}",
    )  # fmt: skip


def sibling_findings(target: FilterTarget) -> Iterator[Finding]:
    """A warning where what relatives share cancels, and few tokens of a date are left; see docs/privacy.md."""
    kinds = target.people.specification.fields
    of_dates = [
        kinds[member.field].kind == FieldKind.DATE and member.tokens == TokenKind.DIGITS
        for member in target.rule.fields
    ]
    shared = [member for member, is_date in zip(target.rule.fields, of_dates, strict=True) if not is_date]
    if target.diffused and any(of_dates) and any(member.salt is None for member in shared):
        yield Finding(
            "known siblings", f"filter.{target.rule.name}", None, None, Verdict.WARN,
            "not attacked here: the digits of a date can be solved for from a hundred known pairs of people who differ"
            " in the date alone, and then relatives of known people are named: give the other fields of the filter the"
            " salt 'birth_date:year' (docs/privacy.md, 'Known siblings')",
        )  # fmt: skip


def size_finding(n_people: int, n_records: int, limits: GateLimits, *, delta: bool) -> Finding:
    """How many of the records are attacked, and whether they are enough for the attacks to conclude anything."""
    if n_people >= limits.least_records:
        drawn = "all" if n_people == n_records else f"{n_people:,} drawn at random"
        return stated(
            "size", "records", float(n_people),
            f"of {n_records:,} records {drawn} were counted and joined; graphs and known pairs were taken from"
            " samples of them, whose sizes stand with each attack and do not grow with the feed; each interval is"
            " over records drawn like these",
        )  # fmt: skip
    what = (
        "graph matching, known pairs, frequencies and components conclude nothing on so few records"
        f" (at least {limits.least_records:,.0f} are wanted)"
    )
    if delta:
        return Finding(
            "size", "records", float(n_people), limits.least_records, Verdict.WARN,
            f"{what}; for a delta, rely on the certificate of the snapshot it follows",
        )  # fmt: skip
    return Finding(
        "size", "records", float(n_people), limits.least_records, Verdict.REFUSE,
        f"{what}; attack a larger feed with `childindex attack`, and where that holds set"
        " 'least_records' under [privacy.limits]",
    )  # fmt: skip
