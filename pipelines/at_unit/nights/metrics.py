"""The metrics of a night in the Prometheus text format, for the textfile collector of the node exporter.

The file is replaced as a whole. After a night that failed it holds the figures of the last report and the exit status
of the failure, so that an alert on ``childindex_nightly_exit_status`` and one on the age of
``childindex_published_timestamp_seconds`` see everything that can go wrong.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from pipelines.at_unit.nights.not_taken import NotTaken

__all__ = ["write_metrics"]


def write_metrics(
    path: Path,
    report: dict[str, Any] | None,
    published: dict[str, Any] | None,
    *,
    exit_status: int,
    not_taken: Sequence[NotTaken] = (),
) -> None:
    """Write the metrics file.

    Parameters
    ----------
    report
        Of the last run, published or not; None before the first.
    published
        Of the last run that was published.
    """
    registry = CollectorRegistry()
    _gauge(registry, "nightly_exit_status", "0 done, 1 failed, 3 input refused, 4 not published", exit_status)
    _gauge(registry, "nightly_timestamp_seconds", "When the night ended", time.time())
    _by_label(
        registry,
        "packages_not_taken",
        "Packages found and not loaded",
        "outcome",
        {
            outcome: sum(told.outcome == outcome for told in not_taken)
            for outcome in ("refused", "repeated", "waiting")
        },
    )
    if report:
        _of_run(registry, report)
    if published:
        finished = datetime.fromisoformat(published["finished"]).timestamp()
        _gauge(registry, "published_timestamp_seconds", "When an index was last published", finished)
        _gauge(registry, "published_run", "The run that readers see", published["run"])
    write_to_textfile(str(path), registry)
    # Counts only, and another user collects them: a service's umask must not keep them from it.
    path.chmod(0o644)


def _of_run(registry: CollectorRegistry, report: dict[str, Any]) -> None:
    state = report["index"]
    _gauge(registry, "run", "Number of the last run", report["run"])
    _gauge(registry, "run_published", "Whether the last run was published", report["outcome"] != "refused")
    _gauge(registry, "children", "Children after the last run", state["children"])
    _gauge(registry, "run_peak_memory_bytes", "Peak memory of the last run", report["peak_memory_mb"] << 20)
    _by_label(registry, "records", "Live records", "source", state["records"])
    _by_label(registry, "unlinked_records", "Records alone in their child", "source", state["unlinked"])
    _by_label(
        registry, "run_changes", "What became of the children in the last run", "change", report["changes"]
    )
    _by_label(registry, "run_stage_seconds", "Seconds of the last run", "stage", report["seconds"])
    _by_label(
        registry,
        "package_sequence",
        "Package that the last run loaded",
        "source",
        {package["source"]: package["sequence"] for package in report["arrived"]},
    )
    if report["figures"]:
        value = Gauge(
            "childindex_breaker_figure", "What the breaker looked at", ["figure", "of"], registry=registry
        )
        within = Gauge(
            "childindex_breaker_within", "Whether it was in its band", ["figure", "of"], registry=registry
        )
        for figure in report["figures"]:
            value.labels(figure["figure"], figure["of"]).set(figure["value"])
            within.labels(figure["figure"], figure["of"]).set(figure["within"])


def _gauge(registry: CollectorRegistry, name: str, meaning: str, value: float) -> None:
    Gauge(f"childindex_{name}", meaning, registry=registry).set(value)


def _by_label(
    registry: CollectorRegistry, name: str, meaning: str, label: str, values: dict[str, float]
) -> None:
    gauge = Gauge(f"childindex_{name}", meaning, [label], registry=registry)
    for key, value in values.items():
        gauge.labels(key).set(value)
