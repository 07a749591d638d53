"""Data quality of a feed, at the source: counts and shares, never a value.

Read before the first package is made: an empty column, a wrong date format or a placeholder in a tenth of the rows
costs more links than any threshold.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from encoders.feeds.feed import open_feed
from encoders.feeds.field_values import read_columns
from encoders.normalise import Normalised, normalise
from encoders.value_counts import ValueCounts
from linkage.exchange.specification.model import NamePart

__all__ = ["FeedProfile", "FieldProfile", "ProfiledField", "RecordIdProfile", "profile_feed"]


class ProfiledField(NamedTuple):
    """A field: kind, columns of the feed that hold it, date formats of its source, part of the names there."""

    name: str
    kind: str
    columns: Sequence[str]
    date_formats: Sequence[str] = ()
    part: NamePart | None = None


@dataclass(frozen=True)
class FieldProfile:
    """A field of a feed, in counts of rows.

    Attributes
    ----------
    present
        Rows with anything in the cell.
    valid
        Rows with a value after normalisation.
    invalid, rejected, suspicious
        Rows whose value became missing, rejected the record, or was kept in doubt, by rule.
    distinct, most_frequent, second_most_frequent
        Distinct normalised values, and rows with the most frequent of them and with the next; exact where
        `counts_exact`, otherwise an estimate and lower bounds.
    shortest, longest, mean_length
        Characters of a normalised value; zero where there is none.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    rows: int
    present: int
    valid: int
    invalid: Mapping[str, int]
    rejected: Mapping[str, int]
    suspicious: Mapping[str, int]
    distinct: int
    most_frequent: int
    second_most_frequent: int
    counts_exact: bool
    shortest: int
    longest: int
    mean_length: float

    @property
    def completeness(self) -> float:
        """Share of rows with a usable value."""
        return self.valid / self.rows

    @property
    def validity(self) -> float:
        """Share of the values present that are usable; 1 where none is present."""
        return self.valid / self.present if self.present else 1.0

    @property
    def most_frequent_share(self) -> float:
        """Share of the usable values that are one and the same value; 0 where there is none."""
        return self.most_frequent / self.valid if self.valid else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Counts and shares, for JSON."""
        shares = {
            "completeness": round(self.completeness, 6),
            "validity": round(self.validity, 6),
            "most_frequent_share": round(self.most_frequent_share, 6),
        }
        return asdict(self) | {"columns": list(self.columns)} | shares


@dataclass(frozen=True)
class RecordIdProfile:
    """The column of record ids.

    Attributes
    ----------
    missing
        Rows without an id, which `encode` rejects.
    repeated
        Rows whose id another row has, which `encode` refuses; 0 where there are too many ids to tell (not `exact`).
    """

    column: str
    missing: int
    repeated: int
    exact: bool


@dataclass(frozen=True)
class FeedProfile:
    """All fields of a feed.

    Attributes
    ----------
    rows
        Rows of the feed, at least one.
    rejected_rows
        Rows that a rule of any field rejects.
    complete_rows
        Rows with a usable value in every field.
    fields
        In the order asked for.
    record_id
        None where no column of record ids was named.
    """

    rows: int
    rejected_rows: int
    complete_rows: int
    fields: tuple[FieldProfile, ...]
    record_id: RecordIdProfile | None = None

    def as_dict(self) -> dict[str, Any]:
        """Counts and shares, for JSON."""
        return asdict(self) | {"fields": [field.as_dict() for field in self.fields]}


def profile_feed(
    path: Path | str,
    fields: Iterable[ProfiledField | tuple[str, str, Sequence[str], Sequence[str]]],
    *,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    record_id: str | None = None,
    today: date | None = None,
    progress: Callable[[int], None] | None = None,
) -> FeedProfile:
    """Profile a feed in one pass, in bounded memory.

    Parameters
    ----------
    path, encoding, delimiter
        As for `encoders.feeds.feed.open_feed`.
    fields
        The fields to look at; those without columns are left out.
    record_id
        The column of record ids, looked at as well.
    today
        What "future" is measured from; the current day (UTC) where not given.
    progress
        Called after each batch with the number of bytes read so far.

    Raises
    ------
    FeedRefused
        If the feed cannot be read, or its dates have none of the formats.
    """
    tallies = [_Tally(ProfiledField(*field)) for field in fields]
    tallies = [tally for tally in tallies if tally.field.columns]
    rows = rejected_rows = complete_rows = 0
    columns = [column for tally in tallies for column in tally.field.columns]
    ids = _RecordIds(record_id) if record_id else None
    if record_id:
        columns.insert(0, record_id)
    with open_feed(path, columns=columns, encoding=encoding, delimiter=delimiter) as feed:
        for batch in feed:
            if ids is not None:
                ids.add(batch)
            rejected = np.zeros(batch.num_rows, np.bool_)
            complete = np.ones(batch.num_rows, np.bool_)
            for tally in tallies:
                result = tally.add(batch, today, first_row=rows + 1)
                rejected[result.rejected] = True
                complete &= result.values.is_valid().to_numpy(zero_copy_only=False)
            rows += batch.num_rows
            rejected_rows += int(rejected.sum())
            complete_rows += int(complete.sum())
            if progress is not None:
                progress(feed.bytes_read())
    fields_told = tuple(tally.profile(rows) for tally in tallies)
    return FeedProfile(rows, rejected_rows, complete_rows, fields_told, ids.profile() if ids else None)


def _usable(result: Normalised) -> pa.StringArray:
    """The values without those that break a rule and are encoded as typed."""
    if not len(result.rejected):
        return result.values
    fine = np.ones(len(result.values), np.bool_)
    fine[result.rejected] = False
    return pc.if_else(pa.array(fine), result.values, pa.scalar(None, pa.string()))


class _RecordIds:
    """What has been counted of the record ids so far."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._missing = self._stated = 0
        self._values = ValueCounts()

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the ids of a batch."""
        ids = pc.utf8_trim_whitespace(batch.column(self._column).cast(pa.string()))
        stated = ids.filter(pc.fill_null(pc.not_equal(ids, ""), fill_value=False))
        self._missing += len(ids) - len(stated)
        self._stated += len(stated)
        self._values.add(stated)

    def profile(self) -> RecordIdProfile:
        """What was found."""
        repeated = max(self._stated - self._values.n_distinct, 0) if self._values.is_exact else 0
        return RecordIdProfile(self._column, self._missing, repeated, self._values.is_exact)


class _Tally:
    """What has been counted of one field so far."""

    def __init__(self, field: ProfiledField) -> None:
        self.field = field
        self._present = self._valid = self._characters = self._longest = 0
        self._shortest: int | None = None
        self._invalid: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._suspicious: Counter[str] = Counter()
        self._values = ValueCounts()

    def add(self, batch: pa.RecordBatch, today: date | None, *, first_row: int) -> Normalised:
        """Normalise the field in a batch that begins with a row of the feed and count what comes of it."""
        column = read_columns(batch, self.field.columns, self.field.part)
        result = normalise(
            self.field.kind,
            column,
            field=self.field.name,
            date_formats=self.field.date_formats,
            columns=self.field.columns,
            today=today,
            first_row=first_row,
        )
        values = _usable(result)
        valid = len(column) - values.null_count
        self._valid += valid
        # Every value that is not blank is kept, made missing by a rule, or rejects its record.
        self._present += valid + sum(result.invalid.values()) + len(result.rejected)
        self._invalid.update(result.invalid)
        self._rejected.update(result.rules)
        self._suspicious.update(result.suspicious)
        self._values.add(values)
        if valid:
            lengths = pc.binary_length(values)
            shortest, longest = (bound.as_py() for bound in pc.min_max(lengths).values())
            self._shortest = shortest if self._shortest is None else min(self._shortest, shortest)
            self._longest = max(self._longest, longest)
            self._characters += pc.sum(lengths).as_py()
        return result

    def profile(self, rows: int) -> FieldProfile:
        """The field's profile after `rows` rows."""
        return FieldProfile(
            name=self.field.name,
            kind=self.field.kind,
            columns=tuple(self.field.columns),
            rows=rows,
            present=self._present,
            valid=self._valid,
            invalid=dict(self._invalid),
            rejected=dict(self._rejected),
            suspicious=dict(self._suspicious),
            distinct=self._values.n_distinct,
            most_frequent=self._values.most_frequent,
            second_most_frequent=self._values.second_most_frequent,
            counts_exact=self._values.is_exact,
            shortest=self._shortest or 0,
            longest=self._longest,
            mean_length=round(self._characters / self._valid, 3) if self._valid else 0.0,
        )
