"""Which package of a source may be loaded after which: each numbered after the one before it, and naming its digest.

A snapshot is complete in itself: a source's first package must be one, with any number, and a later one may follow a
gap, so that a package that was refused or lost does not stop its source for ever. A delta may not.
"""

from dataclasses import dataclass

__all__ = ["ChainHead", "Misplaced", "misplaced"]

AGAIN = "let the source encode again with `--after` and the last package that was loaded"


@dataclass(frozen=True)
class ChainHead:
    """The package of a source that was accepted last: its sequence number and its digest in hex."""

    sequence: int
    digest: str


@dataclass(frozen=True)
class Misplaced:
    """Why a package cannot be loaded now.

    Attributes
    ----------
    waits
        Whether it can be, once what is missing before it was.
    reason
        With the remedy, to stand behind a package's name.
    """

    waits: bool
    reason: str


def misplaced(head: ChainHead | None, sequence: int, kind: str, previous: str | None) -> Misplaced | None:
    """What keeps a package from following the one that was loaded last, or from being a source's first.

    Parameters
    ----------
    head
        None if nothing of the source is loaded. A package that is loaded already is not asked about.
    sequence, kind, previous
        Of the package: its number, ``snapshot`` or ``delta``, and the digest in hex that it names as that of the
        package before it.
    """
    is_snapshot = kind == "snapshot"
    if head is None:
        reason = (
            ""
            if is_snapshot
            else "it is a delta, and the index has nothing of its source: load a snapshot first"
        )
        waits = True
    elif sequence > head.sequence + 1:
        reason = "" if is_snapshot else _told_missing(head.sequence + 1, sequence - 1)
        waits = True
    else:
        reason, waits = _why_not_next(head, sequence, previous), False
    return Misplaced(waits, reason) if reason else None


def _why_not_next(head: ChainHead, sequence: int, previous: str | None) -> str:
    if sequence == head.sequence:
        return f"package {sequence} was loaded already with another content; ask the source which is right"
    if sequence < head.sequence:
        reason = f"it is older than package {head.sequence}, which is loaded already"
        return f"{reason}; if the source lost count, {AGAIN}"
    if previous != head.digest:
        reason = f"it does not follow package {head.sequence} that is loaded: it names another as the one before it"
        return f"{reason}; {AGAIN}"
    return ""


def _told_missing(first: int, last: int) -> str:
    missing = f"package {first} is" if first == last else f"packages {first} to {last} are"
    return f"{missing} missing; load what is missing first, or ask the source for a snapshot"
