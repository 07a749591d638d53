"""Trying a drafted profile on the feeds before anybody agrees on it, to see what the gate would say.

The feeds are encoded under a key that is drawn for the trial and thrown away, and attacked as the gate attacks them:
by known pairs against every column of a record, by frequencies and by components. Graph matching, which takes minutes
and named less wherever it was tried, is left to the gate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from encoders.attacks.encoded_people import EncodedPeople
from encoders.attacks.outcome import AttackResult
from encoders.attacks.suite import AttackPlan, component_attacks, counting_attacks, learning_attacks
from encoders.gate.attack_findings import JUDGED_KNOWN, TENTH, judged
from encoders.gate.limits import GateLimits
from linkage.exchange.specification import parse_specification
from pipelines.at_source.attack import encoded_people

__all__ = ["MOST_RECORDS", "Tried", "tried"]

MOST_RECORDS = 50_000
"""Beyond it a thousand known people are few of a feed, and encoding it for a trial would take minutes."""
WELL_UNDER = 0.9
"""Of a limit. The gate refuses a rate whose interval lies above it, at the limit itself one time in 35."""
DRAW_SEED = 20261123


@dataclass(frozen=True)
class Tried:
    """The attack that comes nearest to its limit, or goes farthest beyond it.

    Attributes
    ----------
    source, people
        Whose feed was attacked, and how many records it has.
    result, limit
        What was named, and the gate's limit.
    """

    source: str
    people: int
    result: AttackResult
    limit: float

    @property
    def share(self) -> float:
        """The rate as a share of its limit."""
        return self.result.rate / self.limit

    @property
    def well_under(self) -> bool:
        """Whether the rate stays under the limit with other keys and other samples, which move it a little."""
        return self.share <= WELL_UNDER

    @property
    def refused(self) -> bool:
        """Whether the gate would refuse a package for it: its interval lies above the limit."""
        return self.result.interval[0] > self.limit

    def no_worse_than(self, other: "Tried") -> bool:
        """Whether other records drawn like these might show as little as the other does."""
        return self.result.interval[0] / self.limit <= other.share

    def __str__(self) -> str:
        """In a sentence."""
        known = self.result.known
        who = (
            f"somebody who knows {known:,.0f} of the {self.people:,} people of {self.source} names"
            if known
            else f"somebody who counts the codes of the {self.people:,} people of {self.source} names"
        )
        rest = " of the others" if known else " of them"
        return (
            f"{who} {self.result.rate:.1%}{rest} ({self.result.attack}, {self.result.target};"
            f" the gate's limit is {self.limit:.0%})"
        )


def tried(text: str, feeds: Mapping[str, Path], sizes: Mapping[str, int]) -> Tried | None:
    """Attack the feeds under a drafted specification.

    Parameters
    ----------
    text
        The specification.
    feeds, sizes
        Feeds and numbers of their records, by source. Those of which attacks conclude nothing, and those of more than
        `MOST_RECORDS`, are left out.

    Returns
    -------
    What the gate would refuse, and of several what goes farthest beyond its limit or comes nearest to it; None if
    no feed could be tried.
    """
    specification = parse_specification(text, origin="the draft")
    limits = GateLimits.of(specification.privacy.limits)
    worst: Tried | None = None
    for source, feed in feeds.items():
        if not limits.least_records <= sizes[source] <= MOST_RECORDS:
            continue
        people = encoded_people(feed, specification, source, feed)
        for found in _attacked(source, people, limits):
            if worst is None or (found.refused, found.share) > (worst.refused, worst.share):
                worst = found
    return worst


def _attacked(source: str, people: EncodedPeople, limits: GateLimits) -> Iterator[Tried]:
    rng = np.random.default_rng(DRAW_SEED)
    plan = AttackPlan(known=(min(JUDGED_KNOWN, len(people) // TENTH),), each_filter=False)
    for attacks in (
        learning_attacks(people, plan, rng),
        counting_attacks(people, rng),
        component_attacks(people, rng),
    ):
        for result in attacks:
            limit = judged(result, limits).limit
            if limit:
                yield Tried(source, len(people), result, limit)
