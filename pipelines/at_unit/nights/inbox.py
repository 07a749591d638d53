"""The inbox: which packages have come, in which order they are taken, and where they go afterwards.

``INBOX/*.cip`` are looked at. Those that were loaded go to ``INDEX/archive/SOURCE/``, named by number and digest; those
that were refused to ``INDEX/refused/``, each with a text file that says why. A package that is too early, because one
before it is missing, stays where it is.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import InputRefused, PackageRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.manifest import Manifest
from linkage.exchange.package_reader import package_digest, read_manifest
from linkage.exchange.public_keys import PublicKeys
from linkage.index.storage.durable_files import flush_folder
from linkage.index.storage.folder import IndexFolder

__all__ = ["ArrivedPackage", "archive", "archived_path", "in_order", "put_aside", "waiting_packages"]

SUFFIX = ".cip"
DIGITS = 12
"""Of a digest, in a file's name."""


@dataclass(frozen=True)
class ArrivedPackage:
    """A package in the inbox; without a manifest it could not be opened, and `refusal` says why."""

    path: Path
    manifest: Manifest | None = None
    refusal: str = ""


def waiting_packages(
    inbox: Path, key: EnvelopeKey, trusted: Mapping[str, PublicKeys], expected: Expectation
) -> list[ArrivedPackage]:
    """Every package in the inbox with its manifest, which is verified; rows are not looked at.

    Raises
    ------
    InputRefused
        If the inbox is not a folder.
    """
    if not inbox.is_dir():
        raise InputRefused(f"{inbox}: expected the folder in which packages arrive; make it, or name another")
    arrived = []
    for path in sorted(inbox.glob(f"*{SUFFIX}")):
        try:
            arrived.append(ArrivedPackage(path, read_manifest(path, key, trusted, expected)))
        except PackageRefused as refusal:
            arrived.append(ArrivedPackage(path, None, str(refusal)))
    return arrived


def in_order(arrived: Sequence[ArrivedPackage], sources: Sequence[str]) -> list[ArrivedPackage]:
    """Those that open, source by source and by number, whatever the names and times of the files say."""
    known = {source: number for number, source in enumerate(sources)}
    opened = [(package.manifest, package) for package in arrived if package.manifest]
    opened.sort(key=lambda pair: (known.get(pair[0].source, len(known)), pair[0].sequence, pair[1].path.name))
    return [package for _, package in opened]


def archived_path(index: Path, source: str, sequence: int, digest: str) -> Path:
    """Where a loaded package is kept."""
    return IndexFolder(index).path / "archive" / source / f"{sequence:06d}-{digest[:DIGITS]}{SUFFIX}"


def archive(index: Path, package: Path, source: str, sequence: int, digest: str) -> None:
    """Move a loaded package out of the inbox; to do it again after a crash is harmless."""
    _move(package, archived_path(index, source, sequence, digest))


def put_aside(index: Path, package: Path, reason: str) -> Path:
    """Move a refused package out of the inbox, with a text file beside it that says why.

    What is no file stays: nobody knows what a folder holds, and erasure has to search all that lies in the index.
    """
    if not package.is_file():
        return package
    folder = IndexFolder(index).path / "refused"
    target = folder / f"{package.stem}-{_digest(package)}{package.suffix}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.with_suffix(".txt").write_text(reason + "\n", encoding="utf-8")
    if package.is_symlink():
        # It may lead to any file that the unit can read, its own key too: what it leads to is not copied.
        package.unlink()
    else:
        _move(package, target)
    return target


def _digest(package: Path) -> str:
    try:
        return package_digest(package)[:DIGITS]
    except PackageRefused:
        return "unreadable"


def _move(path: Path, target: Path) -> None:
    """Move a file, across file systems too: it is at one place or the other, whole, at any moment.

    Of a link the content is taken over and the link goes: what it points to may change or vanish, and is not ours.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or not _renamed(path, target):
        partial = target.with_name(f".{target.name}.partial")
        shutil.copyfile(path, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
        flush_folder(target.parent)
        path.unlink()
    flush_folder(target.parent)


def _renamed(path: Path, target: Path) -> bool:
    """Move a file by its name alone; False where that is not possible, as between file systems."""
    try:
        path.replace(target)
    except OSError:
        return False
    return True
