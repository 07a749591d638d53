"""People as rows of tokens: a sparse matrix of 0 and (weighted) 1."""

from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from scipy import sparse

__all__ = ["TokenMatrix", "indicator", "products", "rarity_weighted", "row_lengths", "side_by_side"]

# The stubs' own generic parameters differ between operations; what matters here is that it is sparse and by row.
TokenMatrix: TypeAlias = "sparse.csr_array[Any, Any]"


def indicator(
    rows: npt.NDArray[np.integer[Any]], tokens: npt.NDArray[np.integer[Any]], shape: tuple[int, int]
) -> TokenMatrix:
    """A matrix with 1 where a row has a token, once or several times: float32."""
    matrix = sparse.csr_array((np.ones(len(rows), dtype=np.float32), (rows, tokens)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def side_by_side(parts: Sequence[TokenMatrix]) -> TokenMatrix:
    """Several matrices of the same people as one."""
    return cast("TokenMatrix", sparse.hstack(list(parts), format="csr", dtype=np.float32))


def products(left: TokenMatrix, right: TokenMatrix) -> npt.NDArray[np.float32]:
    """Inner products of all rows of `left` with all rows of `right`: float32, shape (rows left, rows right)."""
    return np.asarray((left @ right.T).toarray(), dtype=np.float32)


def row_lengths(tokens: TokenMatrix) -> npt.NDArray[np.float32]:
    """Euclidean length of each row: float32."""
    return np.sqrt(np.asarray(tokens.multiply(tokens).sum(axis=1), dtype=np.float32).ravel())


def rarity_weighted(tokens: TokenMatrix) -> TokenMatrix:
    """Each token times log(people / people who have it)."""
    people_with = np.maximum(np.bincount(tokens.indices, minlength=tokens.shape[1]), 1)
    weights = np.log(tokens.shape[0] / people_with) + 1e-3
    out = tokens.astype(np.float32)
    out.data *= weights[out.indices].astype(np.float32)
    return out
