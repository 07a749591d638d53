"""Nights for the tests of the jobs: deltas made of a project's feeds, sealed, and laid into an inbox."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from project_on_disk import Project

from linkage.index import open_published
from pipelines.at_source import encode

OPERATION = "operation"


def with_operations(project: Project) -> None:
    """Let every source say in a column of its deltas which records were deleted."""
    text = project.spec.read_text(encoding="utf-8")
    for source in ("school", "gp", "benefits"):
        head = f"[sources.{source}]\n"
        assert head in text
        text = text.replace(head, head + f'operation = {{ column = "{OPERATION}" }}\n')
    project.spec.write_text(text, encoding="utf-8")


def partition(index: Path) -> set[frozenset[str]]:
    """The children that readers see, each as its records."""
    rows = open_published(index).export().read_all().to_pandas()
    return set(rows.assign(r=rows["source"] + rows["record_id"]).groupby("child_id")["r"].agg(frozenset))


def read_feed(project: Project, source: str) -> pd.DataFrame:
    return pd.read_csv(project.feed(source), dtype=str, keep_default_na=False)


def seal(
    project: Project,
    source: str,
    rows: pd.DataFrame,
    name: str,
    *,
    deleted: Sequence[str] = (),
    kind: str = "delta",
) -> Path:
    """Seal rows as the next package of a source; `deleted` are values of the record-id column."""
    folder = project.folder / "outbox"
    folder.mkdir(exist_ok=True)
    feed, package = folder / f"{name}.csv", folder / f"{name}.cip"
    rows = rows.copy()
    if kind == "delta":
        rows[OPERATION] = ""
        gone = pd.DataFrame({rows.columns[0]: list(deleted)}).reindex(columns=rows.columns, fill_value="")
        gone[OPERATION] = "delete"
        rows = pd.concat([rows, gone])
    rows.to_csv(feed, index=False)
    encode.run(dataclasses.replace(project.job(source), feed=feed, out=package, kind=kind))
    return package


def arrive(project: Project, *packages: Path) -> Path:
    """Lay packages into the inbox."""
    inbox = project.folder / "inbox"
    inbox.mkdir(exist_ok=True)
    for package in packages:
        (inbox / package.name).write_bytes(package.read_bytes())
    return inbox
