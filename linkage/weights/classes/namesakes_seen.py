"""How many namesakes of a family there can be, where filters share fields.

Parent and child of one name agree in every filter that holds names and no birth date. A source of which no such filter
can be compared says nothing of them, and a class that nothing contradicts would take the matches of every source
without birth dates. So the class may be as large as the pairs within the sources that agree so, and no larger.
"""

import numpy as np

from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["namesake_pairs_per_record"]

DEVIATIONS = 2.0
# A source tells how many there are where more than this share of its pairs can be compared so.
MOST = 0.5
# Namesakes of whom a field is wrong or missing are not counted.
ROOM = 2.0


def namesake_pairs_per_record(cells: Cells, comparisons: tuple[ComparisonTraits, ...]) -> float | None:
    """Most pairs of namesakes for each record of a source; None where no source could tell them from matches."""
    names = np.array([_is_name_alone(traits) for traits in comparisons], dtype=bool)
    tops = np.array([traits.n_plain_levels - 1 for traits in comparisons])
    within = cells.pair_classes.within
    told = cells.by_pair_class(cells.random * (cells.levels[:, names] > 0).any(axis=1))[within]
    share = told / cells.random_totals[within]
    tells = share > MOST
    if not tells.any():
        return None
    agree = (cells.levels[:, names] >= tops[names]).any(axis=1)
    seen = cells.by_pair_class(cells.candidates * agree)[within]
    most = seen + DEVIATIONS * np.sqrt(seen) + 1.0
    records = np.array(cells.pair_classes.n_records, dtype=np.float64)
    return ROOM * float((most / np.maximum(share * records, 1e-300))[tells].max())


def _is_name_alone(traits: ComparisonTraits) -> bool:
    """Whether it holds a person's name beside what a family shares, and no birth date."""
    shared = bool(traits.natures & {Nature.FAMILY, Nature.PLACE, Nature.FULL_NAME})
    return traits.is_personal and shared and Nature.BIRTH not in traits.natures
