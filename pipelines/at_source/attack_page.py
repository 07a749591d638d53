"""The attacks on an encoding as a page: what would be refused first, then every attack beside what a guess gives."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from encoders.attacks.outcome import AttackResult
from encoders.gate.findings import Finding, Verdict
from pipelines.at_source.attack import AttackSummary
from pipelines.at_source.remedies import remedies
from pipelines.report.page import NAMES, Chart, page

__all__ = ["attack_page"]

WORDS = {
    Verdict.PASS: "Every attack stays under the gate's limit",
    Verdict.WARN: "No attack is surely over the gate's limit, some come near",
    Verdict.REFUSE: "The gate would refuse this encoding",
}
HEADINGS = ("attack", "on", "people known", "named", "rate", "95% interval", "a guess", "limit", "verdict")
SHARES = ("rate", "low", "high", "chance", "limit")
LEAST_RATE = 1e-3
"""Rates below it are drawn near nought, those above it by their order of magnitude."""


def attack_page(summary: AttackSummary, *, source: str, specification: str) -> str:
    """Render the outcome.

    Parameters
    ----------
    summary
        From `pipelines.at_source.attack.run`.
    source, specification
        Whose feed was attacked, and the file that says how it would be encoded.
    """
    findings = summary.findings
    judged = [one for one in findings if one.limit is not None]
    over = [one for one in judged if one.verdict is Verdict.REFUSE]
    pairs = list(zip(summary.results, findings, strict=True))
    return page(
        "attack.html.j2",
        title=f"Attacks on {source}, {specification}",
        verdict=WORDS[summary.verdict],
        passed=summary.verdict is not Verdict.REFUSE,
        accepted=[
            f"{one.check}, {one.target}"
            for one in findings
            if one.verdict is Verdict.WARN and one.limit is None
        ],
        summary=_cards(summary, judged, over),
        ways_out=remedies(findings),
        charts=_charts(pairs),
        headings=HEADINGS,
        rows=[_row(result, finding) for result, finding in pairs],
        assumptions=sorted({f"{one.attack}: {one.assumptions}" for one in summary.results}),
    )


def _cards(
    summary: AttackSummary, judged: Sequence[Finding], over: Sequence[Finding]
) -> list[tuple[str, object, str]]:
    worst = summary.worst
    cards: list[tuple[str, object, str]] = [
        ("People attacked", summary.people, "of the feed, encoded under a key that was thrown away"),
        ("Attacks", len(summary.results), f"{len(judged)} have a limit, {len(over)} are over it"),
    ]
    if worst is not None:
        low, high = worst.interval
        told = f"{named(worst)} on {worst.target}, {low:.2%} to {high:.2%}; a guess {worst.chance:.3%}"
        cards.append(("Worst attack with a limit", f"{worst.rate:.2%}", told))
    return cards


def named(result: AttackResult) -> str:
    """An attack with what it was told beforehand."""
    known = result.known
    return result.attack if known is None else f"{result.attack}, {known:,.0f} known"


def _charts(pairs: Sequence[tuple[AttackResult, Finding]]) -> list[Chart]:
    """A chart for each kind of attacker, on one scale, what names most first."""
    kinds: dict[str, list[tuple[AttackResult, Finding]]] = {}
    for result, finding in pairs:
        kinds.setdefault(named(result), []).append((result, finding))
    ordered = sorted(kinds.items(), key=lambda kind: -max(result.rate for result, _ in kind[1]))
    return [_chart(number, *kind) for number, kind in enumerate(ordered, start=1)]


def _chart(number: int, kind: str, pairs: Sequence[tuple[AttackResult, Finding]]) -> Chart:
    ordered = sorted(pairs, key=lambda pair: -pair[0].rate)
    rows = [
        (result.target, result.rate, *result.interval, result.chance, finding.limit, f"{result.hits:,} of {result.n:,}")
        for result, finding in ordered
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["target", "rate", "low", "high", "chance", "limit", "named"])
    scale = alt.Scale(type="symlog", constant=LEAST_RATE, domain=[0, 1])
    axis = alt.Axis(
        format=".1~%", values=[0, *(10.0**-power for power in (3, 2, 1, 0))], title="people named"
    )
    told = ["target", "named", *(alt.Tooltip(f"{name}:Q", format=".3%") for name in SHARES)]
    y = alt.Y("target:N", sort=None, title=None, axis=alt.Axis(labelLimit=NAMES))
    base = alt.Chart(frame)
    layers = [
        base.mark_rule(strokeWidth=3, opacity=0.4).encode(
            y, alt.X("low:Q", scale=scale, axis=axis), alt.X2("high:Q"), tooltip=told
        ),
        base.mark_point(filled=True, size=70).encode(y, alt.X("rate:Q", scale=scale), tooltip=told),
        base.mark_tick(thickness=2, size=14).encode(y, alt.X("chance:Q", scale=scale), tooltip=told),
    ]
    if frame["limit"].notna().any():
        limit = base.transform_filter("isValid(datum.limit)")
        layers.append(limit.mark_rule(strokeDash=[4, 3]).encode(alt.X("limit:Q", scale=scale), tooltip=told))
    first = ordered[0][0]
    return Chart(
        f"rates-{number}",
        f"{kind[0].upper()}{kind[1:]}: {first.rate:.1%} named on {first.target}, by a guess {first.chance:.2%}",
        alt.layer(*layers).properties(height=30 + 20 * len(frame)),
    )


def _row(result: AttackResult, finding: Finding) -> list[object]:
    low, high = result.interval
    return [
        result.attack,
        result.target,
        "" if result.known is None else f"{result.known:,.0f}",
        f"{result.hits:,} of {result.n:,}",
        f"{result.rate:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{result.chance:.4%}",
        "told only" if finding.limit is None else f"{finding.limit:.2%}",
        str(finding.verdict),
    ]
