"""Which packages that the unit keeps hold a record: found by what the index knows of them, or by looking inside.

Of a package that is loaded the index knows when it came, and so whether a record was in it. Of packages that were
refused, and of those whose run was undone, it knows nothing: they are opened and searched. One that does not open
cannot be searched, and counts as holding the record.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from linkage.exchange.errors import PackageRefused
from linkage.exchange.package_reader import open_package
from linkage.index import Index, archived_packages
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.load import Receiver
from pipelines.progress import Progress, Silent

__all__ = ["packages_by_run", "packages_by_search"]

ARCHIVE, REFUSED = "archive", "refused"
REASON = ".txt"
"""Of the files beside refused packages that say why, which hold nothing of a record."""


def packages_by_run(index: Path, opened: Index, records: Sequence[tuple[str, bytes]]) -> list[Path]:
    """Archived packages that are loaded and held one of the records at some time."""
    digests: dict[str, set[str]] = {}
    for package in opened.leaving.held_packages(records):
        digests.setdefault(opened.sources[package.source_no], set()).add(package.digest)
    return [
        path
        for source, held in digests.items()
        for path in archived_packages(IndexFolder(index).path / ARCHIVE, source, held)
    ]


def packages_by_search(
    index: Path,
    opened: Index,
    records: Sequence[tuple[str, bytes]],
    receiver: Receiver,
    progress: Progress | None = None,
) -> list[Path]:
    """Packages that are not loaded, refused ones and those of undone runs, that hold a record or do not open."""
    folder = IndexFolder(index).path
    loaded = {package.digest for run in opened.runs() for package in opened.packages(run.run_no)}
    known = {
        path for source in opened.sources for path in archived_packages(folder / ARCHIVE, source, loaded)
    }
    unknown = [path for path in _files(folder / ARCHIVE) if path not in known]
    refused = [path for path in _files(folder / REFUSED) if path.suffix != REASON]
    held = []
    with (progress or Silent()).stage(
        "search packages", total=len(unknown) + len(refused), unit="packages"
    ) as stage:
        for number, path in enumerate((*unknown, *refused), start=1):
            if _may_hold(path, opened, records, receiver):
                held.append(path)
            stage.reach(number)
    return held


def _files(folder: Path) -> list[Path]:
    """All files, however deep and whatever their names.

    A killed night may leave half a copy of a package, and earlier versions moved folders that were called like one.
    """
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _may_hold(path: Path, opened: Index, records: Iterable[tuple[str, bytes]], receiver: Receiver) -> bool:
    try:
        with open_package(path, receiver.key, receiver.trusted, receiver.expectation(opened)) as package:
            wanted = {record_id for source, record_id in records if source == package.manifest.source}
            return bool(wanted) and any(
                record_id in wanted
                for batch in package.batches()
                for record_id in map(bytes, batch.record_ids)
            )
    except PackageRefused:
        return True
