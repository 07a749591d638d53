"""How many twins a source holds, where it holds more than any population has.

A class of children, a trial of twins or a sample of families may hold far more twins than are born. Bounded at the
share of births (`components.py`), the rest of them would pass for matches with another forename. Within a source there
are hardly any matches: pairs of one birth date and home whose forenames differ altogether are twins, save for the
duplicates whose forename is wrong, which are fewer than those whose forename is the same.
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import TWIN_PAIRS_PER_CHILD
from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["twin_pairs_per_record"]

Flags = npt.NDArray[np.bool_]

# Wrong forenames for one that is the same among duplicates: three times what is known beforehand (`priors.py`).
WRONG_FORENAMES = 0.25
DEVIATIONS = 2.0
# Twins of which a field is wrong or missing are not counted.
ROOM = 2.0


def twin_pairs_per_record(cells: Cells, comparisons: tuple[ComparisonTraits, ...]) -> float:
    """Most pairs of twins for each record of a source; that of all births where the sources do not show more."""
    names = _top_of(comparisons, [traits.natures == {Nature.PERSON} for traits in comparisons])
    births = _top_of(comparisons, [traits.natures == {Nature.BIRTH} for traits in comparisons])
    homes = _top_of(comparisons, [traits.natures == {Nature.PLACE} for traits in comparisons])
    families = _top_of(comparisons, [traits.natures == {Nature.FAMILY} for traits in comparisons])
    kept = np.array([not traits.is_identifier for traits in comparisons])
    if not ((names > 0) & kept).any() or not (births > 0).any():
        return TWIN_PAIRS_PER_CHILD
    shared = [part for part in (homes, families) if (part > 0).any()]
    if not shared:
        return TWIN_PAIRS_PER_CHILD
    alike = _agrees(cells, births) & np.logical_and.reduce([_agrees(cells, part) for part in shared])
    person = cells.levels[:, (names > 0) & kept]
    tops = names[(names > 0) & kept]
    different = alike & (person == 1).all(axis=1)
    same = alike & (person >= tops).any(axis=1)
    within = cells.pair_classes.within
    twins = cells.by_pair_class(cells.candidates * different)[within]
    copies = cells.by_pair_class(cells.candidates * same)[within]
    records = np.maximum(np.array(cells.pair_classes.n_records, dtype=np.float64), 1.0)
    sure = twins - WRONG_FORENAMES * copies - DEVIATIONS * np.sqrt(twins + copies)
    return max(TWIN_PAIRS_PER_CHILD, ROOM * float((sure / records).max(initial=0.0)))


def _top_of(comparisons: tuple[ComparisonTraits, ...], where: list[bool]) -> npt.NDArray[np.int64]:
    """The level of full agreement of these comparisons, zero for others, int64 (n_comparisons,)."""
    tops = np.array([traits.n_plain_levels - 1 for traits in comparisons], dtype=np.int64)
    return np.where(where, tops, 0)


def _agrees(cells: Cells, tops: npt.NDArray[np.int64]) -> Flags:
    """Cells in which one of these comparisons agrees fully, bool (n_cells,)."""
    return np.asarray((cells.levels[:, tops > 0] >= tops[tops > 0]).any(axis=1))
