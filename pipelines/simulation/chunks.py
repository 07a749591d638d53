"""One chunk of a population: its households, its children, and its rows in every feed and in the truth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.plan import SOURCES, Plan
from pipelines.simulation.population.addresses import Area
from pipelines.simulation.population.births import draw_births
from pipelines.simulation.population.children import Children, draw_children
from pipelines.simulation.population.households import draw_households
from pipelines.simulation.recording import feeds
from pipelines.simulation.recording.drafts import Draft
from pipelines.simulation.recording.records import Records, draw_records
from pipelines.simulation.streams import key_of, permuted, stream

__all__ = ["ORDER_COLUMN", "TRUTH_COLUMNS", "ChunkRows", "make_chunk"]

Ints = npt.NDArray[np.int64]

ORDER_COLUMN = "order"
TRUTH_COLUMNS = (
    "source", "record_id", "entity_id", "household_id", "twin", "siblings", "name_origin", "forename_length",
    "surname_changed", "moved", "duplicate", "faults", "birth_year",
)  # fmt: skip
_HALF = 65_536  # ids are permutations of 32-bit numbers
_RECORDS_A_CHUNK = 65_536
_FORMS: dict[str, Callable[[Draft], dict[str, pa.StringArray]]] = {
    "school": feeds.school_feed,
    "gp": feeds.gp_feed,
    "benefits": feeds.benefits_feed,
}
# Without the letters and digits that people confuse, in ascending order, so that texts sort as numbers do.
_REF_LETTERS = np.array(list("23456789ABCDEFGHJKLMNPQRSTUVWXYZ"))


@dataclass(frozen=True)
class ChunkRows:
    """The rows of one source in one chunk, in the order of the column ORDER_COLUMN (32 bits, unique in the source)."""

    source: str
    feed: pa.Table
    truth: pa.Table
    order: npt.NDArray[np.uint32]


def make_chunk(plan: Plan, tables: Tables, area: Area, chunk: int) -> list[ChunkRows]:
    """Make all rows of a chunk; they depend on nothing but the arguments."""
    births = draw_births(stream(plan.seed, chunk, "births"), plan.rates, plan.chunk_size(chunk))
    homes = draw_households(
        stream(plan.seed, chunk, "households"), tables, plan.rates, area, births.n_households
    )
    children = draw_children(stream(plan.seed, chunk, "children"), tables, plan, chunk, births, homes)
    made = []
    for number, source in enumerate(SOURCES):
        rng = stream(plan.seed, chunk, source)
        records, faults = draw_records(rng, tables, plan.rates, children, homes, number)
        draft = Draft(tables, plan.rates, plan.seed, children, homes, records, faults)
        columns = _FORMS[source](draft)
        order = permuted(
            chunk * _RECORDS_A_CHUNK + np.arange(draft.n), _HALF, key_of(plan.seed, f"record {source}")
        )
        ids = _record_ids(source, order)
        columns[feeds.COLUMNS[source][0]] = ids
        rows = np.argsort(order)
        truth = _truth(source, ids, draft, plan.seed)
        made.append(
            ChunkRows(
                source=source,
                feed=pa.table({name: columns[name] for name in feeds.COLUMNS[source]}).take(pa.array(rows)),
                truth=truth.take(pa.array(rows)),
                order=order[rows].astype(np.uint32),
            )
        )
    return made


def _record_ids(source: str, numbers: Ints) -> pa.StringArray:
    """Record ids in a source's style, which sort as their numbers do."""
    if source == "school":
        digits = numbers[:, None] >> np.arange(30, -1, -5) & 31
        letters = pa.array(_REF_LETTERS)
        columns = [letters.take(pa.array(digits[:, at])) for at in range(digits.shape[1])]
        return pc.binary_join_element_wise(pa.scalar("P"), *columns, "")
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 10, "0")
    if source == "gp":
        return pc.binary_join_element_wise(pa.scalar("EM"), padded, "")
    groups = [pc.utf8_slice_codeunits(padded, start, stop) for start, stop in ((0, 3), (3, 6), (6, 10))]
    return pc.binary_join_element_wise(pa.scalar("CB"), *groups, "-")


def _truth(source: str, ids: pa.StringArray, draft: Draft, seed: int) -> pa.Table:
    children, homes, records = draft.children, draft.homes, draft.records
    child = records.child
    household = children.household[child]
    first_number = children.number[0]
    return pa.table(
        {
            "source": pa.array([source]).take(pa.array(np.zeros(draft.n, np.int64))),
            "record_id": ids,
            "entity_id": _numbered("C", children.number[child], key_of(seed, "entity")),
            "household_id": _numbered("H", first_number + household, key_of(seed, "household")),
            "twin": children.twin[child],
            "siblings": children.siblings[child].astype(np.int16),
            "name_origin": pa.array(draft.tables.origins).take(pa.array(children.origin[child])),
            "forename_length": _lengths(draft, children.forename[child]),
            "surname_changed": (children.surname != children.later_surname).any(axis=1)[child],
            "moved": homes.moved[household],
            "duplicate": records.duplicate,
            "faults": draft.faults.counts,
            "birth_year": _years(children, records),
        }
    )


def _lengths(draft: Draft, forename: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    lengths = pc.utf8_length(draft.tables.words).to_numpy()
    return np.asarray(lengths[forename], dtype=np.int16)


def _years(children: Children, records: Records) -> npt.NDArray[np.int16]:
    days = children.born[records.child].astype("datetime64[D]")
    return np.asarray(days.astype("datetime64[Y]").astype(np.int64) + 1970, dtype=np.int16)


def _numbered(letter: str, numbers: Ints, key: int) -> pa.StringArray:
    """Ids without any order to them."""
    padded = pc.utf8_lpad(pa.array(permuted(numbers, _HALF, key)).cast(pa.string()), 10, "0")
    return pc.binary_join_element_wise(pa.scalar(letter), padded, "")
