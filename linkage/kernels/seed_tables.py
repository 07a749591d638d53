"""What a join of many records with few (`linkage.kernels.key_join`) works on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linkage.kernels.emission_tables import EmissionTables
from linkage.kernels.key_table import KeyTable
from linkage.kernels.plan_arrays import PlanArrays

__all__ = ["JoinKeys", "JoinPass", "Joined", "Seeds"]


class Joined(NamedTuple):
    """Buffer of pairs that reach the cutoff: seed, row, pattern and space, int64 (capacity, 4), and how many."""

    pairs: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]


class Seeds(NamedTuple):
    """The few records.

    Attributes
    ----------
    words
        uint64 (n, n_words).
    packed
        uint64 (n, n_packed): a head, and what is compared of them side by side, in the order of the comparisons.
    pieces
        The same as uint16 (n, 4 * n_packed). The first are the head: the source, and the set bits of what each view
        sees on the left.
    """

    words: npt.NDArray[np.uint64]
    packed: npt.NDArray[np.uint64]
    pieces: npt.NDArray[np.uint16]


class JoinKeys(NamedTuple):
    """Where the keys lie in a row, in the order of the spaces.

    Attributes
    ----------
    offsets, spaces
        int64 (n_columns,): word offset and space of each block column.
    first_rivals
        int64 (n_columns,): first column of the same space that may hold the same key.
    meetings
        int64 (n, 2): word offsets of two block columns of one space whose keys can meet.
    first_meetings
        int64 (n_spaces + 1,): where those of each space start.
    """

    offsets: npt.NDArray[np.int64]
    spaces: npt.NDArray[np.int64]
    first_rivals: npt.NDArray[np.int64]
    meetings: npt.NDArray[np.int64]
    first_meetings: npt.NDArray[np.int64]


class JoinPass(NamedTuple):
    """What does not change from row to row.

    `plan` has the comparisons in the order of `tables`, its left sides in packed seeds, its right sides in whole rows;
    `classes` int64 (n_sources, n_sources) are the pair classes; of most seeds, `n_lines` cache lines are read.
    """

    table: KeyTable
    keys: JoinKeys
    seeds: Seeds
    plan: PlanArrays
    tables: EmissionTables
    classes: npt.NDArray[np.int64]
    n_lines: int
