"""Nights: simulated feeds as a source would send them, a first snapshot and then what changed since the night before.

::

    OUT/nights/01/SOURCE.csv      the snapshot of the first night
    OUT/nights/02/SOURCE.csv      a delta: new and changed records, and with ``operation`` "delete" those that are gone
    ...
    OUT/after/SOURCE.csv          the feed as it stands after the last night: what a full build would load

A record arrives in one night, and may then move house (it takes the address of another record) or be deleted in a later
one. The truth stays that of the whole simulation. The files depend on feeds, seed and rates only; memory does not grow
with the feed.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from pipelines.simulation.writing import Format, TableWriter

__all__ = ["NightRates", "write_nights"]

OPERATION = "operation"
UPSERT, DELETE = "upsert", "delete"
N_BATCH = 65_536

RECORD_ID = {"school": "pupil_ref", "gp": "patient_id", "benefits": "claim_child_ref"}
ADDRESS = {
    "school": ("address", "postcode"),
    "gp": ("address_line_1", "address_line_2", "post_town", "postcode"),
    "benefits": ("house", "street", "town", "post_code"),
}
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class NightRates:
    """Shares of a feed's records that are new, changed and deleted in each night after the first."""

    new: float = 0.008
    changed: float = 0.002
    deleted: float = 0.0004


@dataclass(frozen=True, repr=False)
class _Fates:
    """Of each record the night in which it arrives, moves and is deleted, from 0; int64, `NEVER` where it does not."""

    arrives: npt.NDArray[np.int64]
    moves: npt.NDArray[np.int64]
    goes: npt.NDArray[np.int64]


def write_nights(
    out: Path, feed: Path, source: str, n_nights: int, seed: int, formats: Sequence[Format], rates: NightRates
) -> None:
    """Cut the feed of one source into nights, and write what it is afterwards.

    Parameters
    ----------
    feed
        The whole feed, CSV or Parquet.
    n_nights
        At least 2: a snapshot and a delta.
    """
    folders = [out / "nights" / f"{night + 1:02d}" for night in range(n_nights)]
    for folder in (*folders, out / "after"):
        folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        nights = [opened.enter_context(TableWriter(folder, source, formats)) for folder in folders]
        after = opened.enter_context(TableWriter(out / "after", source, formats))
        for number, rows in enumerate(_batches(feed)):
            key = (seed, sorted(RECORD_ID).index(source), number)
            rng = np.random.default_rng(np.random.SeedSequence(key))
            fates = _drawn(rng, len(rows), n_nights, rates)
            moved = _with_addresses(rows, source, rng.permutation(len(rows)))
            nights[0].write(rows.filter(pa.array(fates.arrives == 0)))
            for night in range(1, n_nights):
                nights[night].write(_delta(rows, moved, source, fates, night))
            stays = fates.goes == NEVER
            after.write(rows.filter(pa.array(stays & (fates.moves == NEVER))))
            after.write(moved.filter(pa.array(stays & (fates.moves != NEVER))))


def _drawn(rng: np.random.Generator, n: int, n_nights: int, rates: NightRates) -> _Fates:
    """What happens to each record; a record that arrives in a night does nothing else in it."""
    draw = rng.random((3, n))
    arrives = np.zeros(n, dtype=np.int64)
    late = draw[0] < rates.new * (n_nights - 1)
    arrives[late] = rng.integers(1, n_nights, int(late.sum()))
    happens = rng.integers(1, n_nights, (2, n))
    moves = np.where((draw[1] < rates.changed * (n_nights - 1)) & (happens[0] > arrives), happens[0], NEVER)
    goes = np.where((draw[2] < rates.deleted * (n_nights - 1)) & (happens[1] > arrives), happens[1], NEVER)
    # Who is gone does not move any more.
    return _Fates(arrives, np.where(moves < goes, moves, NEVER), goes)


def _delta(rows: pa.Table, moved: pa.Table, source: str, fates: _Fates, night: int) -> pa.Table:
    """One night's changes of a batch, in the order of new, changed, deleted."""
    new = rows.filter(pa.array(fates.arrives == night))
    changed = moved.filter(pa.array(fates.moves == night))
    gone = rows.filter(pa.array(fates.goes == night))
    empty = {
        name: gone.column(name)
        if name == RECORD_ID[source]
        else pa.nulls(len(gone), gone.schema.field(name).type)
        for name in gone.column_names
    }
    upserts = pa.concat_tables([new, changed])
    return pa.concat_tables(
        [
            upserts.append_column(OPERATION, pa.array([UPSERT] * len(upserts), pa.string())),
            pa.table(empty, schema=gone.schema).append_column(
                OPERATION, pa.array([DELETE] * len(gone), pa.string())
            ),
        ]
    )


def _with_addresses(rows: pa.Table, source: str, of: npt.NDArray[np.int64]) -> pa.Table:
    """The records, each with the address of another."""
    for name in ADDRESS[source]:
        place = rows.column_names.index(name)
        rows = rows.set_column(place, rows.schema.field(place), rows.column(name).take(pa.array(of)))
    return rows


def _batches(feed: Path) -> Iterator[pa.Table]:
    """Batches of the same rows whichever format it is; all columns as they are."""
    if feed.suffix == ".parquet":
        with pq.ParquetFile(feed) as file:
            yield from _regrouped(file.iter_batches(N_BATCH))
        return
    names = pyarrow.csv.open_csv(feed).schema.names
    text = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True
    )
    with pyarrow.csv.open_csv(feed, convert_options=text) as file:
        yield from _regrouped(file)


def _regrouped(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    n_held = 0
    for batch in batches:
        held.append(batch)
        n_held += batch.num_rows
        while n_held >= N_BATCH:
            table = pa.Table.from_batches(held)
            yield table.slice(0, N_BATCH).combine_chunks()
            held = table.slice(N_BATCH).to_batches()
            n_held -= N_BATCH
    if n_held:
        yield pa.Table.from_batches(held).combine_chunks()
