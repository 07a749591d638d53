"""How many namesakes of a family there can be, where filters share fields.

Parent and child of one name agree in every filter that holds names and no birth date. A source of which no such filter
can be compared says nothing of them, and a class that nothing contradicts would take the matches of every source
without birth dates. So the class may be as large as the pairs within the sources that agree so, and no larger.
"""

import numpy as np

from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["namesake_pairs_per_record", "namesakes_beside_copies"]

DEVIATIONS = 2.0
# A source tells how many there are where more than this share of its pairs can be compared so.
MOST = 0.5
# Namesakes of whom a field is wrong or missing are not counted.
ROOM = 2.0
# Birth dates that are other ones for one that is the same among duplicates: three times what is known beforehand
# (`priors.py`).
WRONG_BIRTHS = 0.1
# Levels that a birth date which is another one takes from full agreement, at the least.
LOST_LEVELS = 4


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


def namesakes_beside_copies(cells: Cells, comparisons: tuple[ComparisonTraits, ...]) -> float:
    """Most pairs of namesakes for each record of one source; zero where none need be there, or nothing tells.

    Pairs of one name and place whose birth dates are other ones altogether are namesakes, save for the duplicates whose
    birth date is wrong, which are far fewer than those whose birth date is the same.
    """
    births = np.array([Nature.BIRTH in traits.natures for traits in comparisons], dtype=bool)
    wanted = [
        np.array([nature in traits.natures for traits in comparisons]) & ~births
        for nature in (Nature.PERSON, Nature.FAMILY, Nature.PLACE)
    ]
    kept = np.array([not traits.is_identifier for traits in comparisons])
    if not births.any() or not all((part & kept).any() for part in wanted):
        return 0.0
    tops = np.array([traits.n_plain_levels - 1 for traits in comparisons])
    agree = cells.levels >= tops
    alike = np.logical_and.reduce([agree[:, part & kept].any(axis=1) for part in wanted])
    of_births, top_births = cells.levels[:, births], tops[births]
    told = (of_births > 0).any(axis=1)
    differ = alike & told & (of_births <= np.maximum(1, top_births - LOST_LEVELS)).all(axis=1)
    same = alike & (of_births >= top_births).any(axis=1)
    seen, copies = (float((cells.candidates * where).sum()) for where in (differ, same))
    sure = seen - WRONG_BIRTHS * copies - DEVIATIONS * np.sqrt(seen + copies)
    records = max(float(sum(cells.pair_classes.n_records)), 1.0)
    return max(0.0, float(ROOM * sure / records))
