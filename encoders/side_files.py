"""What `encode` leaves beside the feed, at the source: the map of its record ids, and the rejected rows.

The map translates the index's record ids into the source's own, so that the source alone can read its rows of an
export. The reject file gives row numbers (from 1, the header not counted), rules, and whether the record was
rejected or a value kept as typed; never a value: the rows themselves stay in the feed.
Both are written under a temporary name and appear whole or not at all.
"""

import csv
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from encoders.batches import Reject
from encoders.record_id_maps import MapPlaces, hexadecimal_ids, marked_schema
from linkage.exchange.errors import FeedRefused

__all__ = ["SideFiles"]

COLUMNS = ("row", "rule", "effect")


class SideFiles:
    """Writes the record-id map and the reject file of one run.

    Use it in a ``with`` block; the files get their names when `keep` was called, and vanish otherwise.

    Parameters
    ----------
    source
        Name of the source.
    id_map
        Where the map goes, and where one that is there is kept.
    mark
        Which key the map is of.
    rejects
        Where the reject file goes; an existing one is replaced.

    Raises
    ------
    FeedRefused
        If a place is a folder, cannot be written, or holds a file that is not a reject file.
    """

    def __init__(self, source: str, *, id_map: MapPlaces, mark: str, rejects: Path) -> None:
        self._source = source
        self._places = id_map
        self._schema = marked_schema(mark)
        self._targets = (id_map.new, rejects)
        self._partials = tuple(
            path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial") for path in self._targets
        )
        self._kept = False
        for target in self._targets:
            if target.is_dir():
                raise FeedRefused(f"{target}: this is a folder; name a file in it")
        if rejects.exists() and not _is_reject_file(rejects):
            raise FeedRefused(
                f"{rejects}: there is a file that `encode` has not made; name another place with --rejects"
            )

    def __enter__(self) -> Self:
        try:
            for partial in self._partials:
                # Before a byte is in it: a file that is closed to others later was open to them until then.
                partial.touch(mode=0o600, exist_ok=False)
            self._map = pq.ParquetWriter(self._partials[0], self._schema, compression="zstd")
            self._reject_file = self._partials[1].open("w", newline="", encoding="utf-8")
        except OSError as error:
            for partial in self._partials:
                with suppress(OSError):
                    partial.unlink()
            raise FeedRefused(
                f"{self._targets[0].parent}: the record-id map and the reject file cannot be written there"
                f" ({error.strerror}); name another place for them with --id-map and --rejects"
            ) from None
        self._rejects = csv.writer(self._reject_file)
        self._rejects.writerow(COLUMNS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._map.close()
        self._reject_file.close()
        if self._kept and kind is None and self._places.kept is not None:
            self._places.new.rename(self._places.kept)
        for partial, target in zip(self._partials, self._targets, strict=True):
            if self._kept and kind is None:
                partial.replace(target)
            else:
                with suppress(FileNotFoundError):
                    partial.unlink()

    def add(
        self,
        feed_record_ids: pa.StringArray,
        record_ids: npt.NDArray[np.uint8],
        rejects: tuple[Reject, ...],
    ) -> None:
        """Add a batch: the ids of encoded records (uint8, shape (n, 16)), and what was rejected."""
        source = pa.repeat(pa.scalar(self._source, pa.string()), len(record_ids))
        columns = [source, feed_record_ids, hexadecimal_ids(record_ids)]
        self._map.write_table(pa.table(columns, schema=self._schema))
        self._rejects.writerows((reject.row, reject.rule, reject.effect) for reject in rejects)

    def keep(self) -> None:
        """Say that the run succeeded, so that the files stay."""
        self._kept = True


def _is_reject_file(path: Path) -> bool:
    heading = ",".join(COLUMNS).encode()
    with path.open("rb") as file:
        return file.read(len(heading)) in (heading, b"")
