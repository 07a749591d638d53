"""The live records of an index: what they cost, and whether they are compared in memory or streamed from disk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linkage.candidates import BlockSpace, SpaceBlocks, blocks_of_keys, plan_candidates
from linkage.candidates.specified import AddedColumns, added_columns, spaces_of
from linkage.comparison import CommonValues, ComparisonPlan, View, find_common_values
from linkage.comparison.plan import MAX_PATTERNS
from linkage.comparison.specified import countable_comparisons, plan_of, rare_words_of
from linkage.exchange.errors import IndexRefused
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index, LiveRows
from linkage.kernels.running import available_threads
from pipelines.at_unit.linking.checkpoints import Checkpoints, digest_of
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.at_unit.linking.in_memory import RANDOM_PAIRS, RANDOM_SEED, ComparableRecords
from pipelines.at_unit.linking.memory import default_memory_mb, fits_whole, require_whole, rows_at_once
from pipelines.at_unit.linking.model_choice import model_in_use
from pipelines.at_unit.linking.resources import Resources
from pipelines.at_unit.linking.streamed import StreamedRecords

__all__ = [
    "checkpoints_of",
    "common_values",
    "live_records",
    "near_blocks",
    "open_records",
    "read_records",
    "space_blocks",
]

COUNTED_RECORDS = 2_000_000
# Blocking keys: each takes some words a record while it is sorted.
SORTED_AT_ONCE = 2
# Tables of patterns may grow by this factor for rare values: three comparisons of six levels.
RARE_PATTERNS = 1.6


@contextmanager
def open_records(
    index: Index,
    specification: Specification,
    resources: Resources | None = None,
    common: tuple[CommonValues, ...] | None = None,
) -> Iterator[Comparable]:
    """Give the live records of an index and what they cost: in memory if they fit, streamed from disk if not.

    What a streamed run did so far is kept in the index until a run is published.

    Parameters
    ----------
    resources
        Of which the memory counts here; the defaults if None.
    common
        Values that are common for a model that is in use; None to find them.

    Raises
    ------
    IndexRefused
        If there are none.
    InputRefused
        If the memory is too small for so many records.
    """
    live = live_records(index)
    memory_mb = (resources or Resources()).memory_mb or default_memory_mb()
    every_pair = compares_every_pair(specification, len(live))
    common = common_values(index, specification, live) if common is None else common
    added = _added(specification, common, every_pair=every_pair)
    n_words = added.n_compared
    if every_pair and resources is not None and resources.memory_mb is not None:
        require_whole(len(live), n_words, memory_mb)
    if every_pair or fits_whole(len(live), n_words, memory_mb):
        yield _in_memory(index, specification, live, common, added)
        return
    rows_in_memory = rows_at_once(len(live), n_words, memory_mb)
    plan, keyed = plan_of(specification, common), spaces_of(specification)
    spaces = (*keyed, *added.spaces)
    with index.row_file(live.rows) as file:
        yield StreamedRecords(
            live=live,
            sources=index.sources,
            plan=plan,
            common=common,
            spaces=spaces,
            file=file,
            added=added,
            blocks=(*(space_blocks(index, live, space) for space in keyed), *near_blocks(index, live, added)),
            rows_at_once=rows_in_memory,
            checkpoints=checkpoints_of(index, live, plan, spaces, common),
            n_words=n_words,
            random_pairs=RANDOM_PAIRS,
            random_seed=RANDOM_SEED,
        )


def checkpoints_of(
    index: Index,
    live: LiveRows,
    plan: ComparisonPlan,
    spaces: tuple[BlockSpace, ...],
    common: tuple[CommonValues, ...],
) -> Checkpoints:
    """What is kept of an earlier run over the same records, compared in the same way."""
    values = json.dumps([each.to_json() for each in common])
    state = digest_of(
        "2",
        index.fingerprint,
        repr(plan),
        repr(spaces),
        values,
        live.rows.tobytes(),
        live.sources.tobytes(),
    )
    return Checkpoints(index.linking_folder, state)


def read_records(index: Index, specification: Specification) -> ComparableRecords:
    """Read the live records of an index into memory and plan their comparison, as by the model in use.

    Raises
    ------
    IndexRefused
        If there are none.
    """
    live = live_records(index)
    decided = model_in_use(index).decided
    common = () if decided is None else decided.common
    added = _added(specification, common, every_pair=compares_every_pair(specification, len(live)))
    return _in_memory(index, specification, live, common, added)


def live_records(index: Index) -> LiveRows:
    """The live rows of an index that is not empty."""
    live = index.live_rows()
    if not len(live):
        raise IndexRefused("the index holds no records yet; load packages with `childindex load`")
    return live


def common_values(index: Index, specification: Specification, live: LiveRows) -> tuple[CommonValues, ...]:
    """The common values of the live records, where the specification lets them be counted.

    Of very many records evenly spaced ones are counted.
    """
    if specification.decision.rare_values == "ignore":
        return ()
    columns = {column.offset: column for column in index.schema.columns}
    rows = live.rows[:: -(-len(live) // COUNTED_RECORDS)]

    def filters(view: View) -> npt.NDArray[np.uint64]:
        return np.asarray(index.column(columns[view.left_offset])[rows])

    room = min(RARE_PATTERNS, MAX_PATTERNS / plan_of(specification).n_patterns)
    return find_common_values(countable_comparisons(specification), filters, most_patterns=room)


def _added(
    specification: Specification, common: tuple[CommonValues, ...], *, every_pair: bool
) -> AddedColumns:
    return added_columns(specification, every_pair=every_pair, evidence=rare_words_of(specification, common))


def _in_memory(
    index: Index,
    specification: Specification,
    live: LiveRows,
    common: tuple[CommonValues, ...],
    added: AddedColumns,
) -> ComparableRecords:
    words = index.words(live.rows, spare=added.n_added)
    added.fill(words)
    spaces = (*spaces_of(specification), *added.spaces)
    candidates = plan_candidates(
        words,
        live.sources,
        spaces,
        n_sources=len(index.sources),
        threads=min(available_threads(), SORTED_AT_ONCE),
    )
    plan = plan_of(specification, common)
    return ComparableRecords(live, words, index.sources, plan, candidates, common)


def space_blocks(index: Index, live: LiveRows, space: BlockSpace) -> SpaceBlocks:
    """The blocks of one space, from its key columns alone."""
    columns = [column for column in index.schema.columns if column.offset in space.offsets]
    keys = np.stack([np.asarray(index.column(column)[live.rows, 0]) for column in columns], axis=1)
    return blocks_of_keys(keys, live.sources, len(index.sources))


def near_blocks(index: Index, live: LiveRows, added: AddedColumns) -> Iterator[SpaceBlocks]:
    """The blocks of near filters, one space after the other."""
    for tables in added.tables:
        column = next(column for column in index.schema.columns if column.offset == tables.offset)
        keys = replace(tables, offset=0).keys(np.asarray(index.column(column)[live.rows]))
        yield blocks_of_keys(keys, live.sources, len(index.sources))
