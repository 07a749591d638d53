"""The packages that an index holds, and which may come next (`linkage.exchange.following`)."""

from dataclasses import dataclass
from enum import StrEnum

from linkage.exchange.errors import PackageRefused
from linkage.exchange.following import ChainHead, misplaced
from linkage.index.storage.engine import Engine

__all__ = [
    "LoadedPackage",
    "PackageIdentity",
    "PackageKind",
    "already_loaded",
    "check_sequence",
    "key_checks",
    "last_packages",
    "packages_of_run",
]


class PackageKind(StrEnum):
    """What a package says about the records that it does not hold."""

    SNAPSHOT = "snapshot"
    DELTA = "delta"


@dataclass(frozen=True)
class PackageIdentity:
    """What the store must know of a package that was verified.

    Attributes
    ----------
    source, sequence, kind
        Whose it is, its number, and whether it replaces everything or changes something.
    digest, previous_digest
        Hexadecimal; of this package and of the one before it, the latter empty if it is the first.
    key_epoch, key_check
        Which project key encoded its rows; the check is hexadecimal and tells nothing else about the key.
    """

    source: str
    sequence: int
    kind: PackageKind
    digest: str
    previous_digest: str = ""
    key_epoch: int = 1
    key_check: str = ""

    @property
    def name(self) -> str:
        """For messages."""
        return f"package {self.sequence} of {self.source}"


@dataclass(frozen=True)
class LoadedPackage:
    """A package that is in the index, and what it changed, in records."""

    source: str
    sequence: int
    kind: PackageKind
    digest: str
    n_new: int
    n_changed: int
    n_unchanged: int
    n_deleted: int
    run_no: int


_LOADED = """
    SELECT name, sequence, kind, digest, n_new, n_changed, n_unchanged, n_deleted, from_run
    FROM packages JOIN sources USING (source_no) WHERE to_run IS NULL
"""


def packages_of_run(engine: Engine, run_no: int) -> list[LoadedPackage]:
    """The packages that a run took in, by source and number."""
    rows = engine.rows(f"{_LOADED} AND from_run = ? ORDER BY source_no, sequence", [run_no])
    return [LoadedPackage(source, number, PackageKind(kind), *rest) for source, number, kind, *rest in rows]


def last_packages(engine: Engine) -> dict[str, LoadedPackage]:
    """The last package of each source that has one."""
    rows = engine.rows(f"{_LOADED} ORDER BY source_no, sequence")
    return {
        source: LoadedPackage(source, number, PackageKind(kind), *rest)
        for source, number, kind, *rest in rows
    }


def already_loaded(engine: Engine, source_no: int, digest: str) -> bool:
    """Whether exactly this package is in the index."""
    return bool(
        engine.value(
            "SELECT count(*) FROM packages WHERE source_no = ? AND digest = ? AND to_run IS NULL",
            [source_no, digest],
        )
    )


def key_checks(engine: Engine) -> dict[int, str]:
    """The key check of each epoch: as translations told it, or the first package that was loaded under it."""
    rows = engine.rows(
        """SELECT key_epoch, arg_min(key_check, from_run) FROM packages
        WHERE to_run IS NULL AND key_check != '' GROUP BY key_epoch"""
    )
    told = engine.rows("SELECT key_epoch, key_check FROM epoch_keys")
    return {int(epoch): str(check) for epoch, check in [*rows, *told]}


def check_sequence(engine: Engine, source_no: int, package: PackageIdentity) -> None:
    """See that a package is the next one of its source.

    Raises
    ------
    PackageRefused
        If it is a delta and one is missing before it or there is nothing yet, or this one was loaded with another
        content, is older than what is loaded, or does not follow the package that was loaded last.
    """
    rows = engine.rows(
        """SELECT sequence, digest FROM packages WHERE source_no = ? AND to_run IS NULL
        ORDER BY sequence DESC LIMIT 1""",
        [source_no],
    )
    head = ChainHead(*rows[0]) if rows else None
    fault = misplaced(head, package.sequence, package.kind, package.previous_digest)
    if fault:
        raise PackageRefused(f"{package.name} cannot be loaded: {fault.reason}")
