"""Compiled loops over flat arrays: numpy and Numba only, no files, no domain rules."""

from linkage.kernels.assignment import best_one_to_one, greedy_one_to_one
from linkage.kernels.similarity_join import Similarity, SimilarPairs, similarity_join
from linkage.kernels.union_find import connected_components

__all__ = [
    "SimilarPairs",
    "Similarity",
    "best_one_to_one",
    "connected_components",
    "greedy_one_to_one",
    "similarity_join",
]
