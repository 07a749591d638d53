"""Filters for a plain comparison: from a sealed package, a Parquet table, or a JSON file of CLKs.

The JSON form is the one that clkhash writes: ``{"clks": [base64, ...]}``, the ids being row numbers from 0.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from linkage.exchange.errors import InputRefused, SpecificationRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.package_reader import drop_canaries, open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import load_trusted_sources
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import Column, ColumnKind, RecordSchema
from linkage.exchange.specification import read_specification
from linkage.exchange.unit_keys import load_unit_keys

__all__ = ["FilterTable", "read_filters"]


@dataclass(frozen=True, repr=False)
class FilterTable:
    """One filter a record.

    Attributes
    ----------
    ids
        Text of each record's id.
    filters
        uint64, shape (n, n_words).
    """

    ids: pa.StringArray
    filters: npt.NDArray[np.uint64]


def read_filters(
    path: Path, *, specification: Path | None, keys: Path | None, filter_name: str | None
) -> FilterTable:
    """Read the filters of a file, by its ending.

    Raises
    ------
    InputRefused
        If it cannot be read, has filters of several widths, or a package comes without specification and keys.
    """
    if path.suffix == ".json":
        return _from_clks(path)
    if path.suffix == ".parquet":
        return _from_table(path, filter_name)
    return _from_package(path, specification, keys, filter_name)


def _from_package(path: Path, specification: Path | None, keys: Path | None, name: str | None) -> FilterTable:
    if specification is None or keys is None:
        raise InputRefused(f"{path}: a package needs its specification (--spec) and the unit's keys (--keys)")
    agreed = read_specification(specification)
    column = _filter_column(agreed.record_schema, name)
    expected = Expectation(
        project=agreed.project, specification=agreed.fingerprint, schema=agreed.record_schema
    )
    unit = load_unit_keys(keys, read_passphrase())
    with open_package(path, unit.envelope_key, load_trusted_sources(keys), expected) as package:
        batches = [drop_canaries(batch) for batch in package.batches()]
    records = EncodedRecords.concatenate(batches) if batches else _no_records(agreed.record_schema)
    ids = pa.array([row.tobytes().hex() for row in records.record_ids], pa.string())
    return FilterTable(ids, np.ascontiguousarray(records.words[:, column.offset : column.stop]))


def _filter_column(schema: RecordSchema, name: str | None) -> Column:
    columns = list(schema.of_kind(ColumnKind.FILTER))
    known = ", ".join(column.name for column in columns) or "none"
    if name is None and len(columns) == 1:
        return columns[0]
    for column in columns:
        if column.name == name:
            return column
    raise SpecificationRefused(
        f"which filter is to be compared? Name one with --filter; the packages have: {known}"
    )


def _no_records(schema: RecordSchema) -> EncodedRecords:
    empty = np.empty(0, dtype=np.uint8)
    return EncodedRecords(np.empty((0, 16), np.uint8), empty, empty, np.empty((0, schema.n_words), np.uint64))


def _from_clks(path: Path) -> FilterTable:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["clks"]
        raw = [base64.b64decode(text, validate=True) for text in listed]
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such file") from None
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        raise InputRefused(f'{path}: expected JSON as clkhash writes it, {{"clks": [base64, ...]}}') from None
    return FilterTable(pa.array([str(row) for row in range(len(raw))], pa.string()), _words(path, raw))


def _from_table(path: Path, name: str | None) -> FilterTable:
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such file") from None
    except (pa.ArrowInvalid, OSError):
        raise InputRefused(f"{path}: cannot be read as Parquet") from None
    binary = [
        field.name
        for field in table.schema
        if pa.types.is_binary(field.type) or pa.types.is_fixed_size_binary(field.type)
    ]
    wanted = name or (binary[0] if len(binary) == 1 else None)
    if wanted not in binary or "record_id" not in table.column_names:
        raise InputRefused(
            f"{path}: expected a column 'record_id' and a binary column of filters;"
            f" binary columns here: {', '.join(binary) or 'none'}. Name one with --filter"
        )
    ids = table["record_id"].cast(pa.string()).combine_chunks()
    return FilterTable(ids, _words(path, [value or b"" for value in table[wanted].to_pylist()]))


def _words(path: Path, raw: list[bytes]) -> npt.NDArray[np.uint64]:
    widths = {len(value) for value in raw}
    if len(widths) > 1 or any(width % 8 for width in widths):
        raise InputRefused(
            f"{path}: filters have to be of one width, a multiple of 64 bits; found {len(widths)} widths"
        )
    width = widths.pop() if widths else 8
    return np.frombuffer(b"".join(raw), dtype="<u8").reshape(len(raw), max(width // 8, 1)).astype(np.uint64)
