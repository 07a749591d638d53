"""The job that brings an index of an older format up to date, and does nothing else."""

from pathlib import Path
from typing import Any

from linkage.index import open_index
from linkage.index.storage.folder import IndexFolder
from pipelines.progress import Progress, Silent

__all__ = ["run"]


def run(index: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Open an index for writing, which migrates and repairs it.

    Returns
    -------
    ``format_before``, ``format``, and ``run``: what readers see now, None before the first publication.

    Raises
    ------
    IndexRefused
        If it is no index, of a format that cannot be migrated, or being written.
    """
    folder = IndexFolder(index)
    before = folder.read_card().format
    with (progress or Silent()).stage("bring up to date"), open_index(index) as opened:
        published = [run.run_no for run in opened.runs() if run.status == "published"]
    return {
        "index": str(index),
        "format_before": before,
        "format": folder.read_card().format,
        "run": max(published, default=None),
    }
