"""How the arguments of a command name a record or a child of an index."""

from collections.abc import Sequence
from dataclasses import dataclass

from linkage.exchange.errors import IndexRefused
from linkage.index import parse_child_id

__all__ = ["RecordName", "read_record", "read_records", "read_subject"]


@dataclass(frozen=True, repr=False)
class RecordName:
    """A record by its source's name and its 16-byte id at the unit."""

    source: str
    record_id: bytes

    @property
    def key(self) -> tuple[str, bytes]:
        """As the index takes it."""
        return self.source, self.record_id


def read_record(source: str, record_id: str) -> RecordName:
    """A record by source and the 32 hexadecimal digits of its id.

    Raises
    ------
    IndexRefused
        If these are not the digits of an id.
    """
    try:
        raw = bytes.fromhex(record_id)
    except ValueError:
        raw = b""
    if len(raw) != 16:
        raise IndexRefused(
            "a record id at the unit is 32 hexadecimal digits, this is none; a source finds it beside its own id"
            " in its map, FEED.record_ids.parquet, in the column record_id"
        )
    return RecordName(source, raw)


def read_subject(words: Sequence[str]) -> RecordName | bytes:
    """A record (source and record id), or the id of a child (one word).

    Raises
    ------
    IndexRefused
        If it is neither, or the child id has a typing error.
    """
    if len(words) == 1:
        return parse_child_id(words[0])
    if len(words) == 2:
        return read_record(*words)
    raise IndexRefused(f"expected a child id, or a source and a record id, got {len(words)} words")


def read_records(words: Sequence[str]) -> tuple[RecordName | bytes, RecordName | bytes]:
    """Two subjects: two child ids, or source and record id twice.

    Raises
    ------
    IndexRefused
        As `read_subject`.
    """
    if len(words) not in (2, 4):
        raise IndexRefused(f"expected two child ids, or SOURCE RECORD_ID twice, got {len(words)} words")
    half = len(words) // 2
    return read_subject(words[:half]), read_subject(words[half:])
