"""Filters of simulated people, made by our own encoder: what the matching benchmarks compare.

The people come from `childindex simulate`, their values through our normaliser. The key is fixed and worthless, since
the people are invented; so two runs of a benchmark compare the same bits.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from encoders.filters.bloom import FilterEncoder
from encoders.filters.hardening import FilterHardening
from encoders.normalise import normalise
from linkage.exchange.specification import Specification, default_specification_text, parse_specification
from linkage.exchange.specification.encoding import Diffuse, FilterField, FilterRule, HardeningStep
from pipelines import simulate

__all__ = ["filters", "normalised_records", "simulate_feeds"]

SEED = 1


def simulate_feeds(folder: Path, children: int) -> Path:
    """Simulate feeds of so many children."""
    simulate.run(folder / "feeds", children, seed=SEED, formats=("csv",))
    return folder / "feeds"


def normalised_records(feeds: Path, source: str) -> pa.Table:
    """All fields of a simulated feed, normalised; a value that is missing or unusable is null."""
    specification = _specification()
    rule = specification.sources[source]
    needed = sorted({column for field in specification.fields for column in rule.columns_of(field)})
    table = pa.csv.read_csv(
        feeds / f"{source}.csv",
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(needed, pa.string())),
    )
    values = {}
    for field, kind in specification.fields.items():
        columns = [table[name].combine_chunks() for name in rule.columns_of(field)]
        if not columns:
            continue
        joined = columns[0] if len(columns) == 1 else _joined(columns)
        values[field] = normalise(kind.kind, joined, field=field, date_formats=list(rule.date_formats)).values
    return pa.table(values)


def filters(
    records: pa.Table, fields: tuple[str, ...], *, bits: int, fill: float, inputs: int = 0
) -> npt.NDArray[np.uint64]:
    """One filter over some fields for every record, uint64 (n, bits / 64), diffused over `inputs` bits if not 0."""
    hardening: list[HardeningStep] = [Diffuse(kind="diffuse", inputs=inputs)] if inputs else []
    members = [FilterField(field=field) for field in fields]
    rule = FilterRule(name="_".join(fields), bits=bits, fill=fill, fields=members, hardening=hardening)
    encoder = FilterEncoder(rule, _specification().fields, _worthless_key)
    columns = {field: records[field].combine_chunks() for field in fields}
    columns = {
        name: column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        for name, column in columns.items()
    }
    encoded = encoder.encode(columns, records.num_rows)
    ids = np.zeros((records.num_rows, 16), dtype=np.uint8)
    return FilterHardening(rule, _worthless_key).apply(encoded, ids)


def _specification() -> Specification:
    return parse_specification(default_specification_text("children"), origin="default")


def _joined(columns: list[pa.Array]) -> pa.Array:
    return pa.compute.binary_join_element_wise(*(pa.compute.fill_null(column, "") for column in columns), " ")


def _worthless_key(label: str) -> bytes:
    return label.encode().ljust(32, b".")[:32]
