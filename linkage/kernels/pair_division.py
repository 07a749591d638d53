"""Dividing the pairs of every cell among the classes of a mixture, and summing them where they are needed, in one pass.

A step of expectation and maximisation needs no array of cells by classes: only the sums of a class over the halves of
patterns (`linkage.weights.patterns.halves`) and over the pair classes, and the likelihood.
"""

import numpy as np
import numpy.typing as npt

from linkage.kernels.compiling import kernel

__all__ = ["divide_pairs"]

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@kernel
def divide_pairs(
    codes: tuple[Indices, Indices, Indices],
    strangers: Floats,
    pairs: Floats,
    shares: Floats,
    densities: tuple[Floats, Floats],
    sums: tuple[Floats, Floats, Floats],
) -> float:
    """Add what each class has of the pairs to `sums`, and give the log likelihood of all pairs.

    Parameters
    ----------
    codes
        int64 (n_cells,) each: the pair class, and the codes of the two halves of the pattern.
    strangers
        float64 (n_cells,): probability of the cell's levels among strangers.
    pairs
        float64 (n_cells,): pairs in the cell.
    shares
        float64 (n_pair_classes, 1 + n_components): of strangers, and of each component.
    densities
        float64 (n_codes, n_components) for either half: probability of its levels.
    sums
        float64, changed: (n_pair_classes, n_components), and as `densities`.
    """
    pair_classes, firsts, seconds = codes
    of_first, of_second = densities
    by_class, by_first, by_second = sums
    n_components = of_first.shape[1]
    joint = np.empty(n_components)
    likelihood = 0.0
    for cell in range(pairs.size):
        pair_class, first, second = pair_classes[cell], firsts[cell], seconds[cell]
        total = shares[pair_class, 0] * strangers[cell]
        for component in range(n_components):
            joint[component] = (
                shares[pair_class, 1 + component] * of_first[first, component] * of_second[second, component]
            )
        for component in range(n_components):
            total += joint[component]
        likelihood += pairs[cell] * np.log(total)
        scale = pairs[cell] / total
        for component in range(n_components):
            own = joint[component] * scale
            by_class[pair_class, component] += own
            by_first[first, component] += own
            by_second[second, component] += own
    return likelihood
