"""How common each component is among the pairs of two sources.

Matches sit between the sources; within a source there are few or none. Everything else that makes two records alike,
households, twins, namesakes, neighbours, sits within a source as much as between two. So the pairs within the sources
are a control group: they say what non-matches look like. For any relation that splits people into groups (households,
say) with x and y records of a group in two sources, the pairs within are about half the sums of x squared and of y
squared, those between the sum of x times y, which by Cauchy and Schwarz is at most the geometric mean of the others
and equal to it where the sources cover the groups alike. Shares of such components are therefore modelled as a
product of one *affinity* a source.

With one source there is no control, and each share stands for itself.
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.pair_classes import PairClasses

__all__ = ["affinities_of", "match_caps"]

Floats = npt.NDArray[np.float64]


def affinities_of(
    pairs: Floats, totals: Floats, affinities: Floats, classes: PairClasses, bounds: Floats
) -> Floats:
    """Maximum-likelihood affinities, one source after the other.

    Each is the positive root of its score equation: with expected pairs N_ab q_a q_b, the root in q_a of
    2 N_aa q_a^2 + q_a sum(N_ab q_b) = 2 n_aa + sum(n_ab).

    Parameters
    ----------
    pairs
        float64 (n_pair_classes, n_components): pairs of each component.
    totals
        float64 (n_pair_classes,): all pairs; zero where none were compared.
    affinities
        float64 (n_sources, n_components): the present ones.
    bounds
        float64 (n_components,): most pairs per record of a source, infinite for no bound.
    """
    updated = affinities.copy()
    for source in range(classes.n_sources):
        own = classes.within[source]
        others = np.flatnonzero(((classes.first == source) | (classes.second == source)) & ~classes.is_within)
        partner = np.where(classes.first[others] == source, classes.second[others], classes.first[others])
        linear = (totals[others, None] * updated[partner]).sum(axis=0)
        wanted = 2.0 * pairs[own] + pairs[others].sum(axis=0)
        discriminant = np.sqrt(linear**2 + 8.0 * totals[own] * wanted)
        # The form of the root that stays exact where no pairs within the source were compared.
        root = 2.0 * wanted / np.maximum(linear + discriminant, 1e-300)
        most = np.sqrt(2.0 * bounds / max(classes.n_records[source], 1))
        updated[source] = np.minimum(root, np.minimum(most, 0.5))
    return updated


def match_caps(classes: PairClasses, matches: Floats, exclusive: tuple[bool, ...]) -> Floats:
    """How many matches each pair class can hold at most, float64 (n_pair_classes,).

    Between two sources each record meets at most one child, in as many copies as the other source holds of it: copies
    are counted from the estimated matches within the sources. An exclusive source holds no child twice.
    """
    records = np.array(classes.n_records, dtype=np.float64)
    copies = 1.0 + np.where(exclusive, 0.0, 2.0 * matches[classes.within] / np.maximum(records, 1.0))
    first, second = classes.first, classes.second
    between = np.minimum(records[first] * copies[second], records[second] * copies[first])
    within = np.where(np.array(exclusive)[first], 0.0, classes.total_pairs)
    return np.where(classes.is_within, within, between)
