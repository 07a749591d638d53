"""How many pairs of one person there can be, from the pairs that agree in forename and birth date.

A household shares its surname and address, namesakes their names. Where hardly anybody is held twice such pairs are far
more than the matches, and a class of matches fitted to them is sure of itself. But people can be counted without a fit:
of the pairs of one person a fair share agrees fully in forename and birth date, and hardly any other pair does. So
their number, less those by chance, bounds the matches.

A feed may write one of the two in a way of its own: birth dates of another calendar, initials for forenames. Pairs that
agree fully in the other, a surname and a place count as well, where they are more than twins, and parents and children
of one name, can be. One source writes them in one way.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.weights.classes.components import TWIN_PAIRS_PER_CHILD
from linkage.weights.classes.priors import PRIOR_MATCHES
from linkage.weights.patterns.evidence import Cells
from linkage.weights.patterns.traits import ComparisonTraits, FieldTrait, Nature

__all__ = ["Lookalikes", "People", "count_people", "fewest_matches", "lookalikes"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# At least so many matches agree fully in forename and birth date. Forenames are the same in 84 of 100 and birth dates
# in 93 (`priors.py`); feeds that are twice as wrong as any known come to no less.
FULLY_AGREEING = 0.2
# Things that agree where forename or birth date does not.
LEAST_WITNESSES = 2
# What is known beforehand: forename, birth date and one more field are the same.
USUALLY = 0.66
# Deviations of chance within which a count is no evidence of fewer.
DEVIATIONS = 2.0


@dataclass(frozen=True)
class People:
    """Pairs that agree as one person does, beyond those by chance.

    Attributes
    ----------
    found
        float64 (n_pair_classes,).
    share
        float64 (n_pair_classes,): share of the pairs that hold what is needed to tell.
    """

    found: Floats
    share: Floats

    @property
    def most(self) -> Floats:
        """Most matches that they leave room for, float64 (n_pair_classes,); infinite where nothing can be told.

        A few pairs cannot say that a feed is bad: the fewer they are, the more of all matches they are taken for.
        """
        least = (PRIOR_MATCHES * USUALLY + self.found * FULLY_AGREEING) / (PRIOR_MATCHES + self.found)
        return self._matches(self.found + DEVIATIONS * np.sqrt(self.found) + 1.0, least)

    @property
    def usual(self) -> Floats:
        """Matches if they agree as often as is known beforehand, and one more, float64 (n_pair_classes,).

        The one more stands for itself: where few pairs hold what is needed to tell, none seen is no reason to expect
        many.
        """
        return self._matches(self.found, np.full(len(self.found), USUALLY)) + 1.0

    def _matches(self, pairs: Floats, agreeing: Floats) -> Floats:
        return np.where(self.share > 0, pairs / np.maximum(agreeing * self.share, 1e-300), np.inf)


@dataclass(frozen=True)
class Lookalikes:
    """Which cells hold pairs that agree as one person does; it follows from the cells alone.

    Attributes
    ----------
    same
        bool (n_cells,): forename and birth date are the same, or an identifier is.
    nearly
        bool (n_cells,): one of the two is, and a surname and a place.
    share
        float64 (n_pair_classes,): share of the pairs that hold what is needed to tell.
    """

    same: Flags
    nearly: Flags
    share: Floats


def lookalikes(cells: Cells, comparisons: tuple[ComparisonTraits, ...]) -> Lookalikes:
    """Find the cells of pairs that agree as one person does.

    Returns
    -------
    Of share zero where people cannot be so counted: where neither forename nor birth date is compared.
    """
    present = cells.levels > 0
    agrees = cells.levels >= np.array([traits.n_plain_levels - 1 for traits in comparisons])
    name, births = _name(cells, agrees, comparisons), _holders(comparisons, {Nature.BIRTH})
    shared = [
        _union(_holders(comparisons, {nature}), comparisons) for nature in (Nature.FAMILY, Nature.PLACE)
    ]
    wanted = [_settled(part, comparisons) for part in (*name, *births)]
    if not name or not births:
        wanted += [_union(shared, comparisons)] if wanted and _union(shared, comparisons).any() else []
    if not wanted:
        nothing = np.zeros(len(cells.pattern), dtype=bool)
        return Lookalikes(nothing, nothing, np.zeros(len(cells.total_pairs)))
    identified = agrees[:, [traits.is_identifier for traits in comparisons]].any(axis=1)
    # A filter that holds a place agrees fully only where its other fields do: where a feed writes surnames in a way of
    # its own, no other has a forename and a birth date that are the same.
    same = (
        _all_of(agrees, wanted)
        | _all_of(agrees, [*name, *births] if name and births else wanted)
        | identified
    )
    nearly = np.zeros(len(same), dtype=bool)
    for own, other in ((name, births), (births, name)):
        witnesses = [part & ~_union(own, comparisons) for part in (*other, *shared)] if own and other else []
        witnesses = [part for part in witnesses if part.any()]
        if cells.pair_classes.n_sources > 1 and len(witnesses) >= LEAST_WITNESSES:
            nearly |= _all_of(agrees, witnesses) & ~same
    judged = _all_of(present, wanted) | identified
    return Lookalikes(same, nearly, cells.by_pair_class(cells.random * judged) / cells.random_totals)


def count_people(cells: Cells, alike: Lookalikes, pairs: Floats, strangers: Floats) -> People:
    """Count the pairs that agree as one person does.

    Parameters
    ----------
    pairs
        float64 (n_cells,): all pairs, with the strangers that blocking left out. Among a million records millions of
        strangers have forename and birth date in common, and hardly any of them is a candidate: taken from the
        candidates they would leave nobody.
    strangers
        float64 (n_cells,): pairs expected by chance.
    """

    def beyond(where: Flags) -> Floats:
        return np.maximum(cells.by_pair_class((pairs - strangers) * where), 0.0)

    relatives = 2.0 * TWIN_PAIRS_PER_CHILD * cells.pair_classes.smaller
    found = beyond(alike.same) + np.maximum(beyond(alike.nearly) - relatives, 0.0)
    return People(found, alike.share)


def fewest_matches(cells: Cells, alike: Lookalikes, pairs: Floats, strangers: Floats) -> Floats:
    """Matches that the pairs of one forename and birth date cannot be without, float64 (n_pair_classes,).

    Namesakes of one birth date, and strangers whom chance does not explain, are as many within the sources: between two
    there are at most twice the geometric mean of those within (Cauchy and Schwarz, see
    `linkage.weights.fitting.shares`). Zero within a source, where duplicates cannot be told from them so. Parameters as
    of `count_people`.
    """
    classes = cells.pair_classes
    same = np.maximum(cells.by_pair_class((pairs - strangers) * alike.same), 0.0)
    within = same[classes.within]
    namesakes = 2.0 * np.sqrt(within[classes.first] * within[classes.second])
    return np.where(classes.is_within, 0.0, np.maximum(same - namesakes - DEVIATIONS * np.sqrt(same), 0.0))


def _name(cells: Cells, agrees: Flags, comparisons: tuple[ComparisonTraits, ...]) -> list[Flags]:
    """The comparisons that hold the most telling name of a person, none or one bool (n_comparisons,).

    Initials of middle names are the same in one pair of strangers out of ten.
    """
    names = _holders(comparisons, {Nature.PERSON, Nature.FULL_NAME})
    kept = np.array([not traits.is_identifier for traits in comparisons])
    return sorted(
        (part for part in names if kept[part].any()),
        key=lambda part: float((cells.random * agrees[:, part].any(axis=1)).sum()),
    )[:1]


def _holders(comparisons: tuple[ComparisonTraits, ...], natures: set[Nature]) -> list[Flags]:
    """For each field of these natures the comparisons that hold it, bool (n_comparisons,)."""
    held: dict[str, Flags] = {}
    for number, traits in enumerate(comparisons):
        fields = traits.fields or tuple(FieldTrait(traits.name, nature) for nature in sorted(traits.natures))
        for field in fields:
            if field.nature in natures:
                held.setdefault(field.name, np.zeros(len(comparisons), dtype=bool))[number] = True
    return list(held.values())


def _settled(holds: Flags, comparisons: tuple[ComparisonTraits, ...]) -> Flags:
    """Those of the comparisons that hold no place, since places are shared and change; all where there are none."""
    settled = holds & ~np.array([traits.holds_place for traits in comparisons])
    return settled if settled.any() else holds


def _union(parts: Iterable[Flags], comparisons: tuple[ComparisonTraits, ...]) -> Flags:
    return np.asarray(sum(parts, np.zeros(len(comparisons), dtype=bool)))


def _all_of(shown: Flags, wanted: Iterable[Flags]) -> Flags:
    """Cells in which of each of these sets of comparisons one is shown, bool (n_cells,)."""
    return np.asarray(np.logical_and.reduce([shown[:, part].any(axis=1) for part in wanted]))
