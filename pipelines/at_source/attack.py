"""The job that attacks an encoding as a researcher would: any specification, a feed at the source, every attack.

The feed is encoded under a key drawn for the purpose and thrown away: no attack depends on which key it is, so no key
of a project is needed and no package is made.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from encoders.attacks.encoded_people import EncodedPeople
from encoders.attacks.normalised_feed import normalised_batches
from encoders.attacks.outcome import AttackResult
from encoders.attacks.suite import (
    AttackPlan,
    component_attacks,
    counting_attacks,
    learning_attacks,
    matching_attacks,
)
from encoders.gate.attack_findings import judged
from encoders.gate.findings import Finding, Verdict, overall
from encoders.gate.limits import GateLimits
from encoders.keys.project_key import ProjectKey
from encoders.record_encoder import RecordEncoder
from linkage.exchange.errors import FeedRefused
from linkage.exchange.specification import Specification, read_specification
from pipelines.at_source.remedies import remedies
from pipelines.at_source.sources import source_rule
from pipelines.console import table_text
from pipelines.progress import Progress, Silent

__all__ = ["AttackJob", "AttackSummary", "encoded_people", "plan_of", "run"]

FEWEST_PEOPLE = 200
DRAW_SEED = 20261122
TENTH = 0.1
LEVELS: dict[str, tuple[tuple[int, ...], tuple[int | float, ...]]] = {
    "nobody": ((0,), ()),
    "few": ((20,), (200,)),
    "many": ((100,), (1_000,)),
    "tenth": ((), (TENTH,)),
}
"""By level: seeds of graph matching, and known pairs (a share of the feed where below one)."""


@dataclass(frozen=True)
class AttackJob:
    """What to attack.

    Attributes
    ----------
    feed, source, specification
        A plaintext feed, whose it is, and how it would be encoded.
    plan
        What the attackers know.
    seed
        Of the draws; nothing secret depends on it.
    """

    feed: Path
    source: str
    specification: Path
    plan: AttackPlan = field(default_factory=lambda: plan_of(()))
    seed: int = DRAW_SEED


@dataclass(frozen=True)
class AttackSummary:
    """Every attack's outcome.

    Attributes
    ----------
    limits
        Of the gate, as the specification sets them: what the attacks are held against.
    """

    people: int
    results: tuple[AttackResult, ...]
    seconds: float
    limits: GateLimits = field(default_factory=GateLimits)

    @property
    def findings(self) -> list[Finding]:
        """What the gate would say to each attack, in their order."""
        return [judged(result, self.limits) for result in self.results]

    @property
    def verdict(self) -> Verdict:
        """The worst of them."""
        return overall(self.findings)

    @property
    def worst(self) -> AttackResult | None:
        """The attack that names most among those that have a limit."""
        limited = [
            result
            for result, finding in zip(self.results, self.findings, strict=True)
            if finding.limit is not None
        ]
        return max(limited, key=lambda result: result.rate, default=None)

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {
            "people": self.people,
            "verdict": str(self.verdict),
            "attacks": [
                result.to_json() | {"limit": finding.limit, "verdict": str(finding.verdict)}
                for result, finding in zip(self.results, self.findings, strict=True)
            ],
            "seconds": round(self.seconds, 3),
        }

    def text(self) -> str:
        """The same for people."""
        table = table_text(
            ["attack, on", "named", "95% interval", "chance", ""], _rows(self.results, self.findings)
        )
        over = sum(finding.verdict is Verdict.REFUSE for finding in self.findings)
        told = (
            f"{over} of {len(self.results)} attacks are over the gate's limits"
            if over
            else "none is over the gate's limits"
        )
        ways_out = "".join(f"\n\n{way_out}" for way_out in remedies(self.findings))
        return f"{self.people:,} people attacked: {told}\n\n{table}{ways_out}"


def _rows(results: Sequence[AttackResult], findings: Sequence[Finding]) -> list[list[object]]:
    """A line for each attack, and below it one for each thing that it attacked: names are long, the terminal is not."""
    rows: list[list[object]] = []
    named = ""
    for result, finding in zip(results, findings, strict=True):
        knows = "" if result.known is None else f", {result.known:,.0f} known"
        if f"{result.attack}{knows}" != named:
            named = f"{result.attack}{knows}"
            rows.append([named, "", "", "", ""])
        low, high = result.interval
        over = f"over {100 * (finding.limit or 0):g}%" if finding.verdict is Verdict.REFUSE else ""
        rows.append(
            [
                f"  {result.target}",
                f"{result.rate:.2%}",
                f"{100 * low:.2f} to {high:.2%}",
                f"{result.chance:.2%}",
                over,
            ]
        )
    return rows


def plan_of(levels: Sequence[str], *, people: int = 2_000, network: bool = True) -> AttackPlan:
    """The plan for attackers of some levels; all levels if none is named.

    Raises
    ------
    KeyError
        If there is no such level.
    """
    chosen = [LEVELS[level] for level in levels or LEVELS]
    seeds = tuple(n for numbers, _ in chosen for n in numbers)
    known = tuple(n for _, numbers in chosen for n in numbers)
    return AttackPlan(matching_people=people, seeds=seeds, known=known, network=network)


def run(job: AttackJob, progress: Progress | None = None) -> AttackSummary:
    """Attack an encoding of a feed.

    Raises
    ------
    InputRefused
        If the specification or the feed cannot be used, or the feed is too small for any attack to mean something.
    """
    started = time.perf_counter()
    progress = progress or Silent()
    specification = read_specification(job.specification)
    with progress.stage("encode under a key of its own") as stage:
        people = encoded_people(job.feed, specification, job.source, job.specification)
        stage.reach(len(people))
    if len(people) < FEWEST_PEOPLE:
        raise FeedRefused(
            f"{job.feed}: expected at least {FEWEST_PEOPLE} records, got {len(people):,}; attacks on so few people say"
            " nothing about the encoding, use a larger feed"
        )
    rng = np.random.default_rng(job.seed)
    results = []
    with progress.stage("attack", unit="attacks") as stage:
        for result in _all_attacks(people, job.plan, rng):
            results.append(result)
            stage.reach(len(results))
    limits = GateLimits.of(specification.privacy.limits)
    return AttackSummary(len(people), tuple(results), time.perf_counter() - started, limits)


def encoded_people(
    feed: Path, specification: Specification, source: str, specification_path: Path
) -> EncodedPeople:
    """The people of a feed, encoded under a key that is drawn here and not kept."""
    rule = source_rule(specification, source, specification_path)
    key = ProjectKey.generate(specification.project, specification.epoch)
    encoder = RecordEncoder(specification, source, key.derive)
    batches = list(normalised_batches(feed, specification, rule, encoder))
    words = [encoder.encode(batch.record_ids, batch.columns).words for batch in batches]
    columns = {
        name: pa.concat_arrays([batch.columns[name] for batch in batches]) for name in batches[0].columns
    }
    return EncodedPeople(specification, np.concatenate(words), columns)


def _all_attacks(people: EncodedPeople, plan: AttackPlan, rng: np.random.Generator) -> Iterator[AttackResult]:
    yield from matching_attacks(people, plan, rng)
    yield from learning_attacks(people, plan, rng)
    yield from counting_attacks(people, rng)
    yield from component_attacks(people, rng)
