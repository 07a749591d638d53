"""What readers are told of a child."""

from dataclasses import dataclass

__all__ = ["Child", "ChildEvent", "ChildRecord"]


@dataclass(frozen=True, repr=False)
class ChildRecord:
    """A source's record, by the source's name and its 16-byte id."""

    source: str
    record_id: bytes


@dataclass(frozen=True, repr=False)
class Child:
    """A child as readers see it.

    Attributes
    ----------
    child_id
        16 bytes; `format_child_id` writes them for people.
    records
        Its records, by source and id; empty if it is shielded.
    shielded
        Whether it is shielded: then nothing else of it may be told.
    since_run
        The run that created it.
    """

    child_id: bytes
    records: tuple[ChildRecord, ...]
    shielded: bool
    since_run: int


@dataclass(frozen=True, repr=False)
class ChildEvent:
    """Something that happened to a child; see `EventKind` for the kinds."""

    run_no: int
    kind: str
    other: bytes | None
    record: ChildRecord | None
    n_records: int
    pattern: int | None
    weight: float | None
