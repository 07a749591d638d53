"""Codes as matrices of bits, as the attacks see them."""

import numpy as np
import numpy.typing as npt

__all__ = ["bits_of", "present_rows", "signs_of"]


def bits_of(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """The bits of codes of shape (n, words): uint8, shape (n, 64 words), of 0 and 1."""
    flat = np.ascontiguousarray(codes, dtype="<u8").view(np.uint8)
    return np.unpackbits(flat, axis=1, bitorder="little")


def signs_of(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.float32]:
    """The bits as -1 and +1: float32, shape (n, 64 words); a missing code, all zero, is a row of zeros."""
    signs = bits_of(codes).astype(np.float32) * 2 - 1
    signs[~present_rows(codes)] = 0
    return signs


def present_rows(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    """Which codes are not missing: bool, shape (n,)."""
    return np.asarray(codes.any(axis=1))
