"""Order constraint on agreement levels: stronger agreement never speaks less for a match.

Maximum likelihood under a likelihood-ratio order is an isotonic regression of the ratios with the other
distribution's probabilities as weights (Dykstra, Kochar and Robertson 1995, "Inference for likelihood ratio
ordering in the two-sample problem").
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.slots import Slots

__all__ = ["impose_likelihood_ratio_order", "order_slots"]

Floats = npt.NDArray[np.float64]


def impose_likelihood_ratio_order(probabilities: Floats, reference: Floats) -> Floats:
    """The probabilities nearest in likelihood whose ratio to the reference does not fall.

    Parameters
    ----------
    probabilities, reference
        float64 (n,): distributions over the same ascending levels, the reference above zero everywhere.

    Returns
    -------
    float64 (n,)
        `probabilities` itself where its ratio does not fall anywhere; the sum is kept.
    """
    ratio = probabilities / reference
    if (np.diff(ratio) >= 0).all():
        return probabilities
    # Pool adjacent violators: blocks of [mass, reference mass, length] whose ratios ascend.
    blocks: list[list[float]] = []
    for mass, weight in zip(probabilities.tolist(), reference.tolist(), strict=True):
        blocks.append([mass, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
            mass_above, weight_above, length_above = blocks.pop()
            blocks[-1][0] += mass_above
            blocks[-1][1] += weight_above
            blocks[-1][2] += length_above
    pooled = np.repeat(
        [mass / weight for mass, weight, _ in blocks], [int(length) for _, _, length in blocks]
    )
    return np.asarray(pooled * reference)


def order_slots(probabilities: Floats, reference: Floats, slots: Slots) -> Floats:
    """Impose the order in every comparison of one row of slots, float64 (n_slots,)."""
    falls = np.diff(probabilities / reference) < 0
    falls &= (slots.comparison[1:] == slots.comparison[:-1]) & ~slots.is_missing[:-1]
    if not falls.any():
        return probabilities
    ordered = probabilities.copy()
    for comparison in np.unique(slots.comparison[1:][falls]):
        levels = slots.present(int(comparison))
        ordered[levels] = impose_likelihood_ratio_order(probabilities[levels], reference[levels])
    return ordered
