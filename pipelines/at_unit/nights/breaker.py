"""The circuit breaker: whether the figures of a run lie where the specification and earlier runs expect them.

A figure is compared with two bands. The first comes from the specification: how far it may move from the run before, or
how large it may be. The second comes from earlier runs, once there are enough: their median, and around it `width`
robust standard deviations (1.4826 times the median absolute deviation), but never less than a quarter of what the
specification allows, since a figure that never moved would trip at the first step. Both bands are widened by what
chance does to a share of so many records.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from linkage.exchange.plurals import counted
from linkage.exchange.specification.breaker import BreakerRule
from pipelines.at_unit.nights.figures import Measured

__all__ = ["Judged", "first_conflicts", "judge"]

NORMAL = 1.4826
CHANCE = 5.0
"""Standard deviations of a share by chance alone."""

FEW = 10
"""Records that may always move."""

NARROWEST = 0.25

MOVES = {
    "match_rate": "match_rate_moves",
    "unlinked": "unlinked_moves",
    "duplicates": "duplicates_moves",
    "missing": "missing_moves",
}
MOST = ("new_children", "merged_children", "split_children", "conflicts", "largest_child")


@dataclass(frozen=True)
class Judged:
    """A figure and where it was expected.

    Attributes
    ----------
    previous
        Its value in the run before.
    low, high
        Where it was expected; None where nothing limits it.
    bound_by
        Which band it is outside of, or else the narrower: ``"history"`` or ``"specification"``.
    n_runs
        Earlier runs that the band of history was drawn from.
    """

    figure: str
    of: str
    value: float
    previous: float | None
    low: float | None
    high: float | None
    bound_by: str | None
    within: bool
    n_runs: int

    def to_json(self) -> dict[str, Any]:
        """As it stands in a run's report."""
        rounded = {name: round(v, 6) if isinstance(v, float) else v for name, v in asdict(self).items()}
        return {name: None if isinstance(v, float) and math.isinf(v) else v for name, v in rounded.items()}

    def text(self) -> str:
        """A sentence for people."""
        name = f"{self.figure} of {self.of}" if self.of else self.figure
        band = f"{_number(self.low)} to {_number(self.high)}"
        by = (
            f"history of {counted(self.n_runs, 'run')}"
            if self.bound_by == "history"
            else "limits of the specification"
        )
        before = "" if self.previous is None else f", {_number(self.previous)} in the run before"
        return f"{name}: {_number(self.value)}, expected {band} ({by}{before})"


@dataclass(frozen=True)
class _Band:
    low: float
    high: float
    by: str

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def judge(
    rule: BreakerRule, measured: Sequence[Measured], history: Sequence[Mapping[str, Any]]
) -> list[Judged]:
    """Compare each figure with its bands; `history` are the reports of earlier published runs, oldest first."""
    n_before = sum(history[-1]["index"]["records"].values()) if history else 0
    is_judged = n_before > 0 and n_before >= rule.fewest_records
    earlier = history[-rule.history :] if is_judged else []
    known = [_by_name(report) for report in earlier]
    return [
        _judged(
            rule,
            figure,
            [names[key] for names in known if (key := (figure.figure, figure.of)) in names],
            by_before=is_judged,
        )
        for figure in measured
    ]


def first_conflicts(rule: BreakerRule, judged: Sequence[Judged]) -> list[str]:
    """What to warn of where conflicts are many and no run before says that they belong to the data."""
    return [
        f"{figure.value:.1%} of the records have a rival of their own source for their child, more than the"
        f" {rule.conflicts:.0%} that later runs may have without it: what the feeds share may not tell people apart"
        for figure in judged
        if figure.figure == "conflicts" and figure.high is None and figure.value > rule.conflicts
    ]


def _by_name(report: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    return {(figure["figure"], figure["of"]): figure["value"] for figure in report["figures"]}


def _judged(rule: BreakerRule, figure: Measured, values: list[float], *, by_before: bool) -> Judged:
    bands = _bands(rule, figure, values, by_before=by_before)
    outside = [band for band in bands if not band.holds(figure.value)]
    told = min(outside or bands, key=lambda band: band.high - band.low, default=None)
    return Judged(
        figure.figure,
        figure.of,
        figure.value,
        values[-1] if values else None,
        *_shown(figure.figure, told),
        told.by if told else None,
        not outside,
        len(values),
    )


def _shown(name: str, band: _Band | None) -> tuple[float | None, float | None]:
    """The ends of a band; a share lies between 0 and 1, whatever slack its band has."""
    if band is None:
        return None, None
    return (max(band.low, 0.0), min(band.high, 1.0)) if name in MOVES else (band.low, band.high)


def _bands(rule: BreakerRule, figure: Measured, values: list[float], *, by_before: bool) -> list[_Band]:
    """The bands of a figure; all but the largest child need a run before.

    How many conflicts an index has depends on its data: where names are few, many records have a rival, and resolution
    decides between them. So the first run says how many there are, and later ones are held to that or to the limit.
    """
    name = figure.figure
    if name == "largest_child":
        return [_Band(0, rule.largest_child, "specification")]
    down, up = _allowed(rule, name)
    bands = []
    if name == "feed_change" and by_before:
        slack = FEW / figure.n
        bands.append(_Band(-down - slack, up + slack, "specification"))
    elif name in MOST:
        if by_before:
            most = max([up, *values[-1:]]) if name == "conflicts" else up
            bands.append(_Band(-math.inf, most + _slack(most, figure.n), "specification"))
    elif values:
        slack = _slack(values[-1], figure.n)
        bands.append(_Band(values[-1] - down - slack, values[-1] + up + slack, "specification"))
    if len(values) >= rule.fewest_runs:
        middle = float(np.median(values))
        spread = rule.width * NORMAL * float(np.median(np.abs(np.array(values) - middle)))
        slack = FEW / figure.n if name == "feed_change" else _slack(middle, figure.n)
        low = middle - max(spread, NARROWEST * down) - slack
        bands.append(
            _Band(-math.inf if name in MOST else low, middle + max(spread, NARROWEST * up) + slack, "history")
        )
    return bands


def _allowed(rule: BreakerRule, name: str) -> tuple[float, float]:
    if name == "feed_change":
        return rule.feed_shrinks, rule.feed_grows
    allowed = float(getattr(rule, MOVES.get(name, name)))
    return allowed, allowed


def _slack(share: float, n: int) -> float:
    """How far a share of `n` may be off by chance."""
    share = min(max(share, 0.0), 1.0)
    return CHANCE * math.sqrt(share * (1 - share) / n) + FEW / n


def _number(value: float | None) -> str:
    if value is None or math.isinf(value):
        return "any"
    return f"{value:.4f}" if value != int(value) else f"{int(value)}"
