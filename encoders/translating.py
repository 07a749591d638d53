"""The pairs of a translation, from a source's maps of record ids and both project keys.

A map is read for the source's own ids, and both record ids are derived from them anew: so a record that the source has
not encoded under the later key has a pair too, if any map names it, and a map that is of neither key is noticed.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from encoders.hashing.keyed_values import given_ids, keyed_ids
from encoders.keys.project_key import ProjectKey, Purpose, key_check
from encoders.record_id_maps import MAP_SCHEMA, hexadecimal_ids, map_mark, mark_of_map
from linkage.exchange.errors import FeedRefused
from linkage.exchange.plurals import counted
from linkage.exchange.translations import Translated

__all__ = ["translated_ids"]

Ids = npt.NDArray[np.uint8]


def translated_ids(
    maps: Sequence[Path], source: str, earlier: ProjectKey, later: ProjectKey, *, pseudonymised: bool
) -> Translated:
    """Every record that some map names, with its id under both keys.

    Parameters
    ----------
    maps
        Maps that ``encode`` left, of either key: of snapshots, and of deltas.
    pseudonymised
        Whether record ids are keyed; otherwise they are the source's own pseudonyms, and stay as they are.

    Raises
    ------
    FeedRefused
        If a map cannot be read, is of another source, or is of neither key.
    """
    keys = {map_mark(key.epoch, key_check(key)): key for key in (earlier, later)}
    own: list[pa.Array] = [pa.array([], pa.string())]
    for path in maps:
        key = keys.get(mark_of_map(path) or "")
        if key is None:
            raise FeedRefused(
                f"{path}: this is no map of record ids of epoch {earlier.epoch} or {later.epoch} and these project"
                " keys; name the files that `encode` left beside the feed (FEED.record_ids*.parquet)"
            )
        own.append(_own_ids(path, source, key if pseudonymised else None))
    ids = pc.unique(pa.concat_arrays(own))
    if not pseudonymised:
        same = given_ids(ids, np.arange(len(ids)))
        return Translated(same, same)
    return Translated(_derived(earlier, source, ids), _derived(later, source, ids))


def _own_ids(path: Path, source: str, key: ProjectKey | None) -> pa.StringArray:
    """The source's own ids in a map, whose record ids are seen to be those of its key."""
    try:
        table = pq.read_table(path, columns=MAP_SCHEMA.names).combine_chunks()
    except (pa.ArrowInvalid, OSError):
        raise FeedRefused(
            f"{path}: the map of record ids cannot be read; restore it from its backup"
        ) from None
    sources = table["source"].unique().to_pylist()
    if sources not in ([], [source]):
        raise FeedRefused(f"{path}: this map is not of source '{source}'; each source translates its own")
    own = _flat(table["feed_record_id"])
    if key is not None:
        expected = hexadecimal_ids(_derived(key, source, own))
        n_wrong = pc.sum(pc.not_equal(_flat(table["record_id"]), expected)).as_py()
        if n_wrong:
            raise FeedRefused(
                f"{path}: {counted(n_wrong, 'record id')} of this map came of another key than the project key of epoch"
                f" {key.epoch};"
                " restore the map, or encode the feed again"
            )
    return own


def _derived(key: ProjectKey, source: str, own: pa.StringArray) -> Ids:
    return keyed_ids(key.derive(Purpose.RECORD_IDS, source), own)


def _flat(column: pa.ChunkedArray) -> pa.StringArray:
    return pa.concat_arrays(column.chunks or [pa.array([], pa.string())])
