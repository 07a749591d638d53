"""Batches of a feed through the encoder and into the package: all processors at work, a few batches in memory."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.batches import BatchEncoder, EncodedBatch
from encoders.in_order import in_order
from encoders.spill import BucketShuffle
from linkage.exchange.errors import FeedRefused
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.processors import available_threads

__all__ = ["encoded_batches", "seal_shuffled"]

SHOWN_DUPLICATES = 5

T = TypeVar("T")


def encoded_batches(feed: Iterable[pa.RecordBatch], encoder: BatchEncoder) -> Iterator[EncodedBatch]:
    """Encode batches on all processors and give them back in the order of the feed, a few at a time."""

    def calls() -> Iterator[Callable[[], EncodedBatch]]:
        first_row = 1
        for batch in feed:
            yield partial(encoder.encode, batch, first_row)
            first_row += batch.num_rows

    return in_order(calls(), available_threads())


def seal_shuffled(
    shuffle: BucketShuffle, writer: PackageWriter, feed: Path, reach: Callable[[int], None]
) -> None:
    """Write the shuffled records into the package, and say after each bucket how many are done.

    Raises
    ------
    FeedRefused
        If two rows of the feed have one record id; the message has their numbers.
    """
    done = 0
    # A bucket is read back and sorted while the one before it is sealed.
    for records, rows in _one_ahead(shuffle.drain()):
        _refuse_duplicates(records.record_ids, rows, feed)
        writer.write(records)
        done += len(records)
        reach(done)


def _one_ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; each is made by another thread while the one before is in use."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _refuse_duplicates(ids: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64], feed: Path) -> None:
    same = np.flatnonzero((ids[1:] == ids[:-1]).all(axis=1))
    if len(same):
        # In the order of the feed: that of the ids is random.
        twice = sorted(sorted((int(rows[i]), int(rows[i + 1]))) for i in same)
        shown = "; ".join(f"rows {first} and {second}" for first, second in twice[:SHOWN_DUPLICATES])
        raise FeedRefused(
            f"{feed}: a record id is given more than once ({shown}{', ...' if len(same) > SHOWN_DUPLICATES else ''});"
            " a record id names one record, so remove the repeats or map another column as 'record_id'"
        )
