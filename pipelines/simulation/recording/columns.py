"""Working on whole columns of text: from codes, joined, and edited in the few rows where something is to change."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulation.lists.tables import NO_WORD

__all__ = ["blanked", "edited", "joined", "replaced", "words_at"]

Flags = npt.NDArray[np.bool_]


def words_at(words: pa.StringArray, codes: npt.NDArray[np.int32]) -> pa.StringArray:
    """The words of codes; null for NO_WORD."""
    return words.take(pa.array(codes, pa.int32(), mask=codes == NO_WORD))


def joined(separator: str, *columns: pa.StringArray) -> pa.StringArray:
    """Columns joined row by row; nulls are left out, and a row of nothing but nulls is null."""
    # Not null_handling="skip", which drops the row where every column is null (pyarrow 26).
    first, *others = columns
    for other in others:
        first = pc.coalesce(pc.binary_join_element_wise(first, other, separator), first, other)
    return first


def blanked(texts: pa.StringArray, where: Flags) -> pa.StringArray:
    """The column with null in some rows."""
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), texts)


def replaced(texts: pa.StringArray, where: Flags, other: pa.StringArray | str) -> pa.StringArray:
    """The column with another column's texts, or one text, in some rows."""
    new = pa.scalar(other) if isinstance(other, str) else other
    return pc.if_else(pa.array(where), new, texts)


def edited(
    texts: pa.StringArray, where: Flags, edit: Callable[[str, Sequence[int]], str], rng: np.random.Generator
) -> pa.StringArray:
    """The column with some rows passed through a function; nulls and empty texts stay.

    Parameters
    ----------
    texts, where
        The column and the rows to edit.
    edit
        Takes a text and four numbers, uniform below a million.
    rng
        Gives the numbers.
    """
    rows = np.flatnonzero(where)
    if not len(rows):
        return texts
    draws = rng.integers(0, 1_000_000, (len(rows), 4)).tolist()
    old = texts.take(pa.array(rows)).to_pylist()
    new = [edit(text, draw) if text else text for text, draw in zip(old, draws, strict=True)]
    return pc.replace_with_mask(texts, pa.array(where), pa.array(new, pa.string()))
