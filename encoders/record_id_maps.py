"""Where a map of record ids goes, so that none is lost.

A map is good for one key: under another, every record id is another one, and an earlier export can be read with the
earlier map alone. A delta's map has the records of the delta alone. So a map that cannot be made again from the new
one is never written over: an earlier key's is kept under a name that says which, a delta's goes beside the one that is
there.
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["MAP_SCHEMA", "MapPlaces", "map_places", "marked_schema"]

MAP_SCHEMA = pa.schema([("source", pa.string()), ("feed_record_id", pa.string()), ("record_id", pa.string())])
MARK = b"childindex.key"


@dataclass(frozen=True)
class MapPlaces:
    """Where the new map goes, and where one that is there is kept (None if it may be replaced or there is none)."""

    new: Path
    kept: Path | None = None


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
    there = _mark_of(target)
    if there != mark:
        return MapPlaces(target, _free(target, there or "earlier"))
    if delta is not None:
        return MapPlaces(_beside(target, f"delta-{delta}"))
    return MapPlaces(target)


def _mark_of(path: Path) -> str | None:
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
