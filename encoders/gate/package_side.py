"""What the gate takes from an opened package, in one pass and without a key beyond the one that opened it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from encoders.attacks.value_numbers import code_sums
from encoders.gate.leak_scan import LeakScan
from encoders.gate.sampling import IdSample, places_of
from encoders.measures.bit_statistics import BitStatistics, BitTally
from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.rows import pack_rows
from linkage.exchange.schema import RECORD_ID_BYTES, ColumnKind, RecordSchema

__all__ = ["PackageReading", "PackageSide"]

ROW_HEAD = RECORD_ID_BYTES + 2
NARROW_WORDS = 1
SCANNERS = 2
WORD_BYTES = 8


@dataclass(frozen=True, repr=False)
class PackageSide:
    """A package as the gate needs it; canaries are apart from the records.

    Attributes
    ----------
    ids
        uint8, shape (n, 16): every record that is not a delete, in the order of the package.
    deletes, shielded
        Counts.
    codes
        By column, a number of 64 bits for each record's code, 0 where it is missing: uint64, shape (n,).
    bits
        By filter, what its bits look like.
    attacked
        The records of the sample under attack.
    compared, differing
        Records compared bit for bit with their new encoding, and by column how many differ.
    canaries
        The records that prove that both ends encode alike.
    """

    ids: npt.NDArray[np.uint8]
    deletes: int
    shielded: int
    codes: dict[str, npt.NDArray[np.uint64]]
    bits: dict[str, BitStatistics]
    attacked: EncodedRecords
    compared: int
    differing: dict[str, int]
    canaries: EncodedRecords


class PackageReading:
    """Gathers a package batch by batch.

    Parameters
    ----------
    schema
        Its columns.
    attacked
        Which records are kept for the attacks.
    expected
        Records encoded again, with which theirs are compared; none if there is no plaintext.
    scan
        Looks at every byte, row after row, and at narrow columns by themselves; None if there is no plaintext.
    """

    def __init__(
        self,
        schema: RecordSchema,
        *,
        attacked: IdSample | None = None,
        expected: EncodedRecords | None = None,
        scan: LeakScan | None = None,
    ) -> None:
        self._schema = schema
        self._attacked = attacked or IdSample(0, 1)
        self._expected = expected
        self._scan = scan
        self._stops = _stops(schema)
        self._ids: list[npt.NDArray[np.uint8]] = []
        self._codes: dict[str, list[npt.NDArray[np.uint64]]] = {c.label: [] for c in schema.columns}
        self._tallies = {
            column.label: BitTally(column.n_words)
            for kind in (ColumnKind.FILTER, ColumnKind.INCOMPLETE)
            for column in schema.of_kind(kind)
        }
        self._kept: list[EncodedRecords] = [_none(schema)]
        self._canaries: list[EncodedRecords] = [_none(schema)]
        self._deletes = self._shielded = self._compared = self._rows = 0
        self._differing: dict[str, int] = {}

    def read(self, batches: Iterable[EncodedRecords]) -> PackageSide:
        """Go through all batches; each is scanned by two threads while its bits are counted."""
        with ThreadPoolExecutor(SCANNERS) as beside:
            for records in batches:
                scanned = [beside.submit(look) for look in self._looks(records)]
                self._rows += len(records)
                canary = (records.flags & RecordFlag.CANARY) != 0
                self._canaries.append(records.take(canary))
                deleted = records.operations == Operation.DELETE
                self._deletes += int(np.count_nonzero(deleted & ~canary))
                self._add(records.take(~canary & ~deleted))
                for each in scanned:
                    each.result()
        return PackageSide(
            np.concatenate([np.zeros((0, RECORD_ID_BYTES), np.uint8), *self._ids]),
            self._deletes,
            self._shielded,
            {label: np.concatenate([np.zeros(0, np.uint64), *parts]) for label, parts in self._codes.items()},
            {label: tally.statistics() for label, tally in self._tallies.items()},
            EncodedRecords.concatenate(self._kept),
            self._compared,
            self._differing,
            EncodedRecords.concatenate(self._canaries),
        )

    def _add(self, records: EncodedRecords) -> None:
        self._ids.append(records.record_ids)
        self._shielded += int(np.count_nonzero(records.flags & RecordFlag.SHIELDED))
        for column in self._schema.columns:
            codes = records.words[:, column.offset : column.stop]
            self._codes[column.label].append(code_sums(codes))
            if column.label in self._tallies:
                self._tallies[column.label].add(codes)
        self._kept.append(records.take(self._attacked.takes(records.record_ids)))
        if self._expected is not None:
            self._compare(records, self._expected)

    def _compare(self, records: EncodedRecords, expected: EncodedRecords) -> None:
        place = places_of(records.record_ids, expected.record_ids)
        mine, theirs = records.take(place >= 0), expected.take(place[place >= 0])
        self._compared += len(mine)
        differs = mine.words != theirs.words
        for column in self._schema.columns:
            rows = int(np.count_nonzero(differs[:, column.offset : column.stop].any(axis=1)))
            if rows:
                self._differing[column.label] = self._differing.get(column.label, 0) + rows
        others = mine.flags & ~np.uint8(RecordFlag.SHIELDED)
        if others.any():
            self._differing["flags"] = self._differing.get("flags", 0) + int(np.count_nonzero(others))

    def _looks(self, records: EncodedRecords) -> Iterator[Callable[[], None]]:
        """The rows of a batch in two halves, and its narrow columns: what can be scanned side by side."""
        if self._scan is None:
            return
        half = (len(records) + 1) // 2
        rows = np.arange(len(records))
        for start, part in ((0, records.take(rows < half)), (half, records.take(rows >= half))):
            if len(part):
                yield partial(self._look_at_rows, part, self._rows + start, self._scan)
        yield partial(self._look_at_columns, records, self._rows, self._scan)

    def _look_at_rows(self, records: EncodedRecords, first: int, scan: LeakScan) -> None:
        rows = pack_rows(records)
        width = rows.shape[1]
        scan.scan(
            rows.reshape(-1),
            lambda at: self._place(first, at, width),
            lambda at: self._stops[at % width] - at % width,
        )

    def _look_at_columns(self, records: EncodedRecords, first: int, scan: LeakScan) -> None:
        # Side by side, so that what was spread over the rows of a narrow column lies together. A wide one holds any
        # value in one row.
        scan.scan(
            np.ascontiguousarray(records.record_ids).reshape(-1),
            lambda at: f"record ids from row {first + at // RECORD_ID_BYTES + 1} on",
        )
        for column in self._schema.columns:
            if column.n_words > NARROW_WORDS:
                continue
            data = np.ascontiguousarray(records.words[:, column.offset : column.stop]).view(np.uint8)
            scan.scan(data.reshape(-1), _below(column.label, first, WORD_BYTES), _to_end_of_word)

    def _place(self, first: int, at: int, width: int) -> str:
        row, byte = first + at // width + 1, at % width
        if byte < ROW_HEAD:
            return f"the head of row {row}"
        word = (byte - ROW_HEAD) // 8
        label = next((c.label for c in self._schema.columns if c.offset <= word < c.stop), "row")
        return f"{label} of row {row}"


def _below(label: str, first: int, width: int) -> Callable[[int], str]:
    return lambda at: f"{label} from row {first + at // width + 1} on"


def _to_end_of_word(at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return WORD_BYTES - at % WORD_BYTES


def _stops(schema: RecordSchema) -> npt.NDArray[np.int64]:
    """Where the column of each byte of a row ends: int64, shape (bytes of a row,)."""
    stops = np.full(ROW_HEAD + WORD_BYTES * schema.n_words, ROW_HEAD, dtype=np.int64)
    stops[:RECORD_ID_BYTES] = RECORD_ID_BYTES
    for column in schema.columns:
        start, stop = (ROW_HEAD + WORD_BYTES * word for word in (column.offset, column.stop))
        stops[start:stop] = stop
    return stops


def _none(schema: RecordSchema) -> EncodedRecords:
    flags = np.zeros(0, np.uint8)
    return EncodedRecords(
        np.zeros((0, RECORD_ID_BYTES), np.uint8), flags, flags, np.zeros((0, schema.n_words), np.uint64)
    )
