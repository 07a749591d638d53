"""Compiled loops over flat arrays: numpy and Numba only, no files, no domain rules."""

from linkage.kernels.union_find import connected_components

__all__ = ["connected_components"]
