"""The figures of a run that tell a bad night from a good one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linkage.index import Index, LiveRows

__all__ = ["Measured", "measure", "missing_shares", "published_reports"]

SAMPLED = 20_000
"""Fresh records of a source whose columns are looked at, evenly spaced."""

FEWEST_FRESH = 200
"""Below that, the share of missing values says nothing."""

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """A figure.

    Attributes
    ----------
    of
        What it is of: a source, a pair of them, a column; empty if of the whole index.
    n
        What a share is a share of; few of them are noise.
    """

    figure: str
    of: str
    value: float
    n: int


def published_reports(index: Index) -> list[Report]:
    """Reports of the published runs that linked, oldest first, from the last one that a person accepted on.

    Those of the index of an earlier epoch are among them: what was usual there is the measure of the first run here.

    An accepted run was out of its band: what was usual before it is no measure of what comes after.
    """
    reports = [
        run.metrics
        for run in index.runs()
        if run.status in ("published", "earlier") and run.metrics.get("figures") is not None
    ]
    accepted = [place for place, report in enumerate(reports) if report["breaker"]["accepted"]]
    return reports[accepted[-1] if accepted else 0 :]


def missing_shares(index: Index, live: LiveRows) -> dict[str, tuple[float, int]]:
    """By source and column, the share of new and changed records without a value, and of how many."""
    shares = {}
    columns = {column.label: index.column(column) for column in index.schema.columns}
    for number, source in enumerate(index.sources):
        fresh = live.rows[live.fresh & (live.sources == number)]
        if len(fresh) < FEWEST_FRESH:
            continue
        rows = fresh[:: -(-len(fresh) // SAMPLED)]
        for label, words in columns.items():
            # Hardly any value begins with a word of zeros, so the others are seldom read.
            empty = words[rows, 0] == 0
            empty[empty] = ~words[rows[empty]].any(axis=1)
            shares[f"{source} {label}"] = (float(empty.mean()), len(rows))
    return shares


def measure(
    report: Report, before: Report | None, missing: Mapping[str, tuple[float, int]]
) -> list[Measured]:
    """The figures of a run.

    Parameters
    ----------
    report
        Its report so far.
    before
        The report of the run before it, if there is one.
    missing
        As `missing_shares` gives it.
    """
    state, records = report["index"], report["index"]["records"]
    found = [
        Measured("match_rate", pair, met / n, n)
        for pair, met in state["met"].items()
        if (n := records[pair.split(" in ")[0]])
    ]
    found += [
        Measured(figure, source, state[figure][source] / n, n)
        for figure in ("unlinked", "duplicates")
        for source, n in records.items()
        if n
    ]
    resolved = report["work"]["records_resolved"]
    repaired = report["conflicts"]["components"].get("exclusivity", 0)
    found += [
        Measured("largest_child", "", max(map(int, state["child_sizes"]), default=0), state["children"]),
        Measured("conflicts", "", repaired / max(resolved, 1), max(resolved, 1)),
    ]
    found += [Measured("missing", name, share, n) for name, (share, n) in missing.items()]
    return found if before is None else [*found, *_changes(report, before["index"])]


def _changes(report: Report, before: Mapping[str, Any]) -> list[Measured]:
    known = {source: n for source, n in before["records"].items() if n}
    found = [
        Measured("feed_change", source, report["index"]["records"].get(source, 0) / n - 1, n)
        for source, n in known.items()
    ]
    n = before["children"]
    if n and len(known) == sum(count > 0 for count in report["index"]["records"].values()):
        # A feed that comes for the first time brings children, and joins those that are there.
        found += [
            Measured(figure, "", report["changes"][change] / n, n)
            for figure, change in (
                ("new_children", "created"),
                ("merged_children", "merged"),
                ("split_children", "split"),
            )
        ]
    return found
