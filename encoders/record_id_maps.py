"""Where a map of record ids goes, so that none is lost.

A map is good for one key: under another, every record id is another one, and an earlier export can be read with the
earlier map alone. A delta's map has the records of the delta alone. So a map that cannot be made again from the new
one is never written over: an earlier key's is kept under a name that says which, a delta's goes beside the one that is
there.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = [
    "MAP_SCHEMA",
    "MapPlaces",
    "hexadecimal_ids",
    "map_mark",
    "map_places",
    "mark_of_map",
    "marked_schema",
]

MAP_SCHEMA = pa.schema([("source", pa.string()), ("feed_record_id", pa.string()), ("record_id", pa.string())])
MARK = b"childindex.key"


@dataclass(frozen=True)
class MapPlaces:
    """Where the new map goes, and where one that is there is kept (None if it may be replaced or there is none)."""

    new: Path
    kept: Path | None = None


def map_mark(epoch: int, check: str) -> str:
    """What a map says of its key: the epoch and the beginning of the key check, in short."""
    return f"epoch-{epoch}-{check[:8]}"


def marked_schema(mark: str) -> pa.Schema:
    """The columns of a map, with the mark of its key in the file's metadata."""
    return MAP_SCHEMA.with_metadata({MARK: mark.encode("ascii")})


def map_places(target: Path, mark: str, *, delta: int | None = None) -> MapPlaces:
    """Decide where a map goes.

    Parameters
    ----------
    target
        Where it would go if nothing were there.
    mark
        Epoch and key check of the key, in short; equal for two runs exactly if their record ids are.
    delta
        The package's number if it is a delta.
    """
    if not target.exists():
        return MapPlaces(target)
    there = mark_of_map(target)
    if there != mark:
        return MapPlaces(target, _free(target, there or "earlier"))
    if delta is not None:
        return MapPlaces(_beside(target, f"delta-{delta}"))
    return MapPlaces(target)


def hexadecimal_ids(ids: npt.NDArray[np.uint8]) -> pa.StringArray:
    """Record ids, uint8, shape (n, 16), as a map holds them: each as text of twice as many digits."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    texts = np.stack([digits[ids >> 4], digits[ids & 15]], axis=2)
    ends = np.arange(len(ids) + 1, dtype=np.int32) * np.int32(2 * ids.shape[1])
    return pa.StringArray.from_buffers(len(ids), pa.py_buffer(ends), pa.py_buffer(texts))


def mark_of_map(path: Path) -> str | None:
    """The mark of a map; None if it has none, or is no map at all."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError):
        return None
    mark = metadata.get(MARK)
    return None if mark is None else mark.decode("ascii", "replace")


def _beside(target: Path, word: str) -> Path:
    return target.with_name(f"{target.stem}.{word}{target.suffix}")


def _free(target: Path, word: str) -> Path:
    number, path = 1, _beside(target, word)
    while path.exists():
        number += 1
        path = _beside(target, f"{word}-{number}")
    return path
