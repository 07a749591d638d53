"""What a match looks like before any pair is seen, as pseudo-counts that a few dozen matches outweigh.

A file of fifty records holds too few matches to learn from, and without a first idea of them the fit takes whatever is
alike, siblings or neighbours, for matches. What is known beforehand is rough but never far off: a child keeps the
birth date nearly always, the names mostly, the address for some years. The shares follow from that knowledge and are
the same for every data set:

* wrong or changed altogether: sex and identifiers 2 to 3 in a hundred, birth dates 3, names 7 (other names, pet forms,
  swaps), what belongs to a place 17 (one household in eight moves within a year or two, and feeds are of different
  ages), fields that nothing is known of 12;
* written alike without being the same: 4 in a hundred birth dates, 8 to 10 in a hundred names and places.

A prior of `PRIOR_MATCHES` matches is a Dirichlet prior of that mean; the fit is then the maximum of the posterior.
"""

import numpy as np
import numpy.typing as npt

from linkage.weights.patterns.slots import Slots
from linkage.weights.patterns.traits import ComparisonTraits, Nature

__all__ = ["PRIOR_MATCHES", "PRIOR_MATCHES_ALONE", "household_prior", "match_prior", "match_states"]

Floats = npt.NDArray[np.float64]

# Matches that the prior is worth.
PRIOR_MATCHES = 10.0
# Matches that it is worth by field where filters share fields and there is one source. Nothing else holds the class of
# matches to people there: free, it goes to namesakes whose birth dates are a little alike.
PRIOR_MATCHES_ALONE = 300.0
# Pairs of siblings that the prior of households is worth.
PRIOR_SIBLINGS = 10.0
# Shares of matches whose field is another one altogether, and is the same.
DIFFERENT = {
    Nature.PERSON: 0.07,
    Nature.BIRTH: 0.03,
    Nature.SEX: 0.02,
    Nature.FAMILY: 0.07,
    Nature.FULL_NAME: 0.07,
    Nature.PLACE: 0.17,
    Nature.UNKNOWN: 0.12,
}
EQUAL = {
    Nature.PERSON: 0.84,
    Nature.BIRTH: 0.93,
    Nature.SEX: 0.98,
    Nature.FAMILY: 0.84,
    Nature.FULL_NAME: 0.84,
    Nature.PLACE: 0.73,
    Nature.UNKNOWN: 0.78,
}
# Identifiers: exact tokens of a person.
DIFFERENT_IDENTIFIER = 0.03
# Of a field that is neither, this share is slightly different rather than partly or much.
SLIGHTLY = 2.0 / 3.0
# Siblings share name and place as two records of one child do, save a second family name or home.
SIBLINGS_AGREE = 0.8


def match_prior(comparisons: tuple[ComparisonTraits, ...]) -> Floats:
    """Pseudo-counts of every level among matches, float64 (n_slots,); zero for missing."""
    return PRIOR_MATCHES * np.concatenate([_levels_of_matches(traits) for traits in comparisons])


def household_prior(comparisons: tuple[ComparisonTraits, ...], chance: Floats) -> Floats:
    """Pseudo-counts among siblings: what a household shares agrees, the rest is as among strangers.

    Parameters
    ----------
    chance
        float64 (n_slots,): probabilities of the levels among strangers.
    """
    slots = Slots(
        tuple(traits.n_levels for traits in comparisons), tuple(traits.equal_shares for traits in comparisons)
    )
    shared = slots.spread(np.array([traits.is_of_household for traits in comparisons], dtype=bool))
    equal = SIBLINGS_AGREE * slots.full_shares
    mean = np.where(shared, (1.0 - SIBLINGS_AGREE) * chance + equal, chance)
    return np.where(slots.is_missing, 0.0, PRIOR_SIBLINGS * mean)


def match_states(natures: tuple[Nature, ...]) -> Floats:
    """Probability that a field of a match differs, is less and less different, or the same, (n_fields, 5)."""
    rows = []
    for nature in natures:
        rest = 1.0 - DIFFERENT[nature] - EQUAL[nature]
        partly = (1.0 - SLIGHTLY) * rest
        rows.append([DIFFERENT[nature], partly / 2, partly / 2, SLIGHTLY * rest, EQUAL[nature]])
    states = np.maximum(np.array(rows, dtype=np.float64).reshape(-1, 5), 0.002)
    return np.asarray(states / states.sum(axis=1, keepdims=True))


def _levels_of_matches(traits: ComparisonTraits) -> Floats:
    """Mean of the prior of one comparison, float64 (n_levels,), zero for missing."""
    natures = [field.nature for field in traits.fields] or sorted(traits.natures)
    equal = float(np.prod([EQUAL[nature] for nature in natures]))
    different = 1.0 - float(np.prod([1.0 - DIFFERENT[nature] for nature in natures]))
    n_levels = traits.n_plain_levels
    levels = np.zeros(n_levels)
    if n_levels == 3:
        agree = 1.0 - DIFFERENT_IDENTIFIER if natures == [Nature.PERSON] else equal
        levels[1:] = 1.0 - agree, agree
    else:
        levels[1], levels[-1] = different, equal
        # Small errors are more common than large ones: each level twice as common as the one below.
        between = np.exp2(np.arange(n_levels - 3))
        levels[2:-1] = (1.0 - different - equal) * between / between.sum()
    # A match has a common value as often as a record has.
    return np.concatenate([levels[:-1], levels[-1] * np.array(traits.equal_shares)])
