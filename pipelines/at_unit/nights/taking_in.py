"""Loading what lies in the inbox: in order, each source's chain checked, and every package that is not taken named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from linkage.exchange.errors import PackageRefused
from linkage.exchange.following import ChainHead, misplaced
from linkage.index import Index
from pipelines.at_unit.load import LoadedPackage, Receiver, take
from pipelines.at_unit.nights.inbox import (
    ArrivedPackage,
    archive,
    archived_path,
    in_order,
    put_aside,
    waiting_packages,
)
from pipelines.at_unit.nights.not_taken import NotTaken, Outcome
from pipelines.progress import Progress

__all__ = ["TakenIn", "clear_inbox", "take_in"]


@dataclass
class TakenIn:
    """What became of the packages in the inbox."""

    loaded: list[LoadedPackage] = field(default_factory=list)
    not_taken: list[tuple[ArrivedPackage, NotTaken]] = field(default_factory=list)

    @property
    def named(self) -> list[NotTaken]:
        """Those that were not loaded, for the report."""
        return [told for _, told in self.not_taken]


def take_in(
    path: Path,
    index: Index,
    inbox: Path,
    receiver: Receiver,
    progress: Progress,
    *,
    left_out: Sequence[Path] = (),
) -> TakenIn:
    """Stage every package of the inbox that is the next of its source; packages left out are not looked at.

    A package that is refused changes nothing, and those of other sources are taken all the same.
    """
    taken = TakenIn()
    arrived = waiting_packages(inbox, receiver.key, receiver.trusted, receiver.expectation(index))
    arrived = [package for package in arrived if package.path not in left_out]
    for package in arrived:
        if package.manifest is None:
            taken.not_taken.append((package, _named(package, Outcome.REFUSED, package.refusal)))
    for package in in_order(arrived, index.sources):
        reason = _why_too_early(index, package)
        if reason:
            taken.not_taken.append((package, _named(package, Outcome.WAITING, reason)))
            continue
        open_run = index.open_run()
        try:
            loaded = take(index, package.path, receiver, progress, kind="nightly")
        except PackageRefused as refusal:
            taken.not_taken.append((package, _named(package, Outcome.REFUSED, str(refusal))))
            continue
        if loaded.staged.already_loaded and _was_archived(path, index, loaded, open_run):
            reason = f"package {loaded.sequence} of {loaded.source} was loaded by an earlier run"
            taken.not_taken.append((package, _named(package, Outcome.REPEATED, reason)))
        else:
            taken.loaded.append(loaded)
    return taken


def clear_inbox(path: Path, taken: TakenIn) -> None:
    """Move what was loaded into the archive, and what was refused or repeated beside it; the rest waits."""
    for loaded in taken.loaded:
        archive(path, loaded.package, loaded.source, loaded.sequence, loaded.digest)
    for package, told in taken.not_taken:
        if told.outcome != Outcome.WAITING:
            put_aside(path, package.path, told.reason)


def _was_archived(path: Path, index: Index, loaded: LoadedPackage, open_run: int | None) -> bool:
    """Whether a package came twice; otherwise a killed night loaded it and did not come to archiving it."""
    in_open_run = open_run is not None and any(
        package.digest == loaded.digest for package in index.packages(open_run)
    )
    return not in_open_run and archived_path(path, loaded.source, loaded.sequence, loaded.digest).exists()


def _why_too_early(index: Index, package: ArrivedPackage) -> str:
    manifest = package.manifest
    if manifest is None or manifest.source not in index.sources:
        return ""
    last = index.last_packages().get(manifest.source)
    head = ChainHead(last.sequence, last.digest) if last else None
    fault = misplaced(head, manifest.sequence, manifest.kind, manifest.previous)
    if fault is None or not fault.waits:
        return ""
    name = f"package {manifest.sequence} of {manifest.source}"
    return f"{name} comes too early: {fault.reason}; it stays in the inbox until then"


def _named(package: ArrivedPackage, outcome: Outcome, reason: str) -> NotTaken:
    manifest = package.manifest
    return NotTaken(
        package.path.name,
        manifest.source if manifest else None,
        manifest.sequence if manifest else None,
        outcome,
        reason,
    )
