"""Candidate pairs of few records with many, by looking the few up: no blocks are made, and the many are never sorted.

Gives the pairs, patterns and strata of `emit_pairs` over the same records where a pair is a candidate only if one is a
seed and the other is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from linkage.candidates.ordering import emission_tables
from linkage.candidates.spaces import BlockSpace
from linkage.comparison import ComparisonPlan, n_pair_classes, pair_classes
from linkage.comparison.tiling import packed_plan, tile_layout
from linkage.kernels.key_join import fill_heads, join_rows
from linkage.kernels.key_table import KeyTable, fill_table
from linkage.kernels.plan_arrays import PlanArrays
from linkage.kernels.seed_tables import Joined, JoinKeys, JoinPass, Seeds

__all__ = ["JoinedPairs", "SeedJoin"]

Words = npt.NDArray[np.uint64]
Sources = npt.NDArray[np.int16]

_BUFFER_PAIRS = 1 << 14
_LINE_WORDS = 8
_PIECES_A_WORD = 4
_MOST_LINES = 3
"""Of a seed that are asked for ahead: two filters and what is short."""


@dataclass(frozen=True, repr=False)
class JoinedPairs:
    """Pairs of a seed and a row that reach the cutoff, each once, in the order of the rows.

    Attributes
    ----------
    seeds, rows
        int64 (n,): positions among the seeds, and among the rows that were given.
    patterns
        int64 (n,): pattern codes.
    strata
        int16 (n,): the space under which the pair was compared.
    n_compared
        Pairs that were looked at: one that shares several keys is looked at under each.
    """

    seeds: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    patterns: npt.NDArray[np.int64]
    strata: npt.NDArray[np.int16]
    n_compared: int

    def __len__(self) -> int:
        return self.seeds.size


@dataclass(frozen=True, repr=False)
class SeedJoin:
    """Seeds by their keys, and how they are compared; may be used by several threads at a time."""

    join: JoinPass

    @classmethod
    def of(
        cls,
        words: Words,
        sources: Sources,
        spaces: Sequence[BlockSpace],
        plan: ComparisonPlan,
        score: npt.NDArray[np.float64],
        cutoff: float,
        order: list[int],
    ) -> Self:
        """Prepare a join.

        Parameters
        ----------
        words, sources
            uint64 (n, n_words) and int16 (n,): the seeds.
        spaces
            In the order of the strata.
        score
            float64 (n_pair_classes, n_patterns): match weight of each pattern; tells how many sources there are.
        cutoff
            Pairs with ``score >= cutoff`` are given.
        order
            In which comparisons are made: the result does not depend on it, the time does.

        Raises
        ------
        ValueError
            If shapes do not fit.
        """
        n_sources = int((2 * len(score)) ** 0.5)
        if score.shape != (n_pair_classes(n_sources), plan.n_patterns):
            raise ValueError(
                f"score: expected rows for pair classes and {plan.n_patterns} columns, got {score.shape}"
            )
        if words.ndim != 2 or words.shape[1] < plan.n_words:
            raise ValueError(
                f"words: expected rows of at least {plan.n_words} words, got shape {words.shape}"
            )
        words = np.ascontiguousarray(words)
        ordered = ComparisonPlan(tuple(plan.comparisons[place] for place in order), plan.stop_error)
        layout = tile_layout(ordered, ())
        packed, arrays = _packed(words, np.asarray(sources, dtype=np.int16), layout.packed_words, ordered)
        return cls(
            JoinPass(
                _key_table(words, spaces),
                _join_keys(spaces),
                packed,
                arrays,
                emission_tables(plan, order, score, float(cutoff), layout.groups),
                pair_classes(n_sources),
                min(_MOST_LINES, packed.packed.shape[1] // _LINE_WORDS),
            )
        )

    def meet(self, words: Words, sources: Sources) -> JoinedPairs:
        """Compare rows, uint64 (n, n_words) and int16 (n,), with all seeds with which they share a key."""
        cursor = np.zeros(4, dtype=np.int64)
        joined = Joined(np.empty((_BUFFER_PAIRS, 4), dtype=np.int64), np.zeros(1, dtype=np.int64))
        parts = [joined.pairs[:0]]
        while cursor[0] < len(words):
            joined.written[0] = 0
            join_rows(words, sources, self.join, cursor, joined)
            parts.append(joined.pairs[: joined.written[0]].copy())
        seeds, rows, patterns, spaces = np.ascontiguousarray(np.concatenate(parts).T)
        return JoinedPairs(seeds, rows, patterns, spaces.astype(np.int16), int(cursor[3]))


def _in_lines(n: int, n_words: int) -> Words:
    """Rows of at least so many words, zero, each from the start of a cache line on."""
    width = -(-n_words // _LINE_WORDS) * _LINE_WORDS
    raw = np.zeros(n * width + _LINE_WORDS, dtype=np.uint64)
    skip = -raw.ctypes.data // raw.itemsize % _LINE_WORDS
    return raw[skip : skip + n * width].reshape(n, width)


def _packed(
    words: Words, sources: Sources, packed_words: npt.NDArray[np.int64], plan: ComparisonPlan
) -> tuple[Seeds, PlanArrays]:
    """Seeds with what is compared side by side, and the plan with packed seeds on the left and rows on the right."""
    head = -(-(1 + plan.arrays.left.size) // _PIECES_A_WORD)
    packed = _in_lines(len(words), head + packed_words.size)
    packed[:, head : head + packed_words.size] = words[:, packed_words]
    seeds = Seeds(words, packed, packed.view(np.uint16))
    arrays = plan.arrays._replace(left=packed_plan(plan).left + head)
    fill_heads(seeds, sources, arrays)
    return seeds, arrays


def _key_table(words: Words, spaces: Sequence[BlockSpace]) -> KeyTable:
    """Seeds by their keys; a seed that holds a key twice, say as surname and as former surname, has it once."""
    held = [_holders(words, space) for space in spaces]
    sizes = [max(4, 2 * len(keys) - 1).bit_length() for keys, _, _ in held]
    firsts = np.cumsum([0, *(1 << size for size in sizes)])
    members = np.cumsum([0, *(len(rows) for _, _, rows in held)])
    table = KeyTable(
        _in_lines(-(-int(firsts[-1]) // 4), _LINE_WORDS).reshape(-1, 2),
        firsts[:-1].astype(np.int64),
        np.array([64 - size for size in sizes], dtype=np.uint64),
        np.concatenate([rows for _, _, rows in held]),
    )
    for space, (keys, counts, _) in enumerate(held):
        fill_table(table, space, keys, int(members[space]), counts)
    return table


def _holders(words: Words, space: BlockSpace) -> tuple[Words, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The keys of a space, how many hold each, and who, key by key."""
    offsets = list(space.offsets)
    keys = words[:, offsets].ravel()
    rows = np.repeat(np.arange(len(words), dtype=np.int64), len(offsets))
    rows, keys = rows[keys != 0], keys[keys != 0]
    # Stable, so that rows ascend under a key.
    by_key = np.argsort(keys, kind="stable")
    keys, rows = keys[by_key], rows[by_key]
    new_key = np.diff(keys, prepend=~keys[:1]) != 0
    once = new_key | (np.diff(rows, prepend=-1) != 0)
    keys, rows, new_key = keys[once], rows[once], new_key[once]
    starts = np.flatnonzero(new_key)
    return keys[starts], np.diff(starts, append=len(keys)), rows


def _join_keys(spaces: Sequence[BlockSpace]) -> JoinKeys:
    offsets = [offset for space in spaces for offset in space.offsets]
    owners = [number for number, space in enumerate(spaces) for _ in space.offsets]
    rivals = [owners.index(owner) if spaces[owner].crossing else place for place, owner in enumerate(owners)]
    meetings = [meeting for space in spaces for meeting in space.meetings]
    return JoinKeys(
        np.array(offsets, dtype=np.int64),
        np.array(owners, dtype=np.int64),
        np.array(rivals, dtype=np.int64),
        np.array(meetings, dtype=np.int64).reshape(-1, 2),
        np.cumsum([0, *(len(space.meetings) for space in spaces)]).astype(np.int64),
    )
