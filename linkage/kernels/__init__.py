"""Compiled loops over flat arrays: numpy and Numba only, no files, no domain rules."""

from linkage.kernels.similarity_join import Similarity, SimilarPairs, similarity_join
from linkage.kernels.union_find import connected_components

__all__ = ["SimilarPairs", "Similarity", "connected_components", "similarity_join"]
