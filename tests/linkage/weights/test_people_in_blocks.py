"""People are counted among the pairs that blocking leaves: what it left out by the million takes none of them away."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from linkage.weights import ComparisonTraits, Evidence, fit_model
from linkage.weights.classes.people import count_people, fewest_matches, lookalikes
from linkage.weights.patterns.evidence import cells_of
from linkage.weights.patterns.traits import fields_of

# Name, kind, levels with missing, chance of agreement, agreement of matches and of siblings.
FIELDS = (
    ("forename", "name", 4, 0.005, 0.85, 0.005),
    ("surname", "name", 4, 0.003, 0.88, 0.9),
    ("birth_date", "date", 4, 0.0002, 0.93, 0.0002),
    ("sex", "sex", 3, 0.5, 0.98, 0.5),
    ("postcode", "postcode", 4, 0.00001, 0.8, 0.95),
)
COMPARISONS = tuple(
    ComparisonTraits(name, levels, fields=fields_of([(name, kind)])) for name, kind, levels, *_ in FIELDS
)
N_LEVELS = tuple(traits.n_levels for traits in COMPARISONS)
N_RECORDS = 600_000
N_MATCHES = 400_000
RANDOM_PAIRS = 5_000_000


def densities(column: int) -> npt.NDArray[np.float64]:
    """Probability of every pattern, near agreement as common as three in ten of the rest are not far off."""
    by_field = []
    for field in FIELDS:
        n_levels, agreeing = field[2], float(field[column])
        levels = np.zeros(n_levels)
        levels[1], levels[-1] = 1.0 - agreeing, agreeing
        if n_levels == 4:
            near = min(3 * agreeing, 0.3 * (1.0 - agreeing))
            levels[1], levels[2] = 1.0 - agreeing - near, near
        by_field.append(levels)
    return np.array([np.prod(one) for one in itertools.product(*by_field)])


def blocked() -> Evidence:
    """Expected counts of two large sources, as far as blocks of a surname or birth date at one postcode show them."""
    levels = np.array(list(itertools.product(*(range(n) for n in N_LEVELS))))
    tops = levels == np.array(N_LEVELS) - 1
    candidate = tops[:, 4] & (tops[:, 1] | tops[:, 2])
    candidate |= tops[:, 0] & tops[:, 1] & tops[:, 2]
    strangers, matches, siblings = (densities(column) for column in (3, 4, 5))
    within, between = N_RECORDS * (N_RECORDS - 1) / 2, N_RECORDS**2
    pairs = np.stack(
        [
            within * strangers + 150_000 * siblings,
            between * strangers + N_MATCHES * matches + 300_000 * siblings,
            within * strangers + 150_000 * siblings,
        ]
    )
    candidates = np.rint(pairs * candidate).astype(np.int64)
    random = np.rint(np.tile(RANDOM_PAIRS * strangers, (3, 1))).astype(np.int64)
    return Evidence(COMPARISONS, (N_RECORDS, N_RECORDS), candidates, random)


def test_more_namesakes_left_out_than_matches_do_not_hide_them():
    model = fit_model(blocked())
    found = model.report.estimated_matches
    assert found[1] == pytest.approx(N_MATCHES, rel=0.1)
    assert not model.report.warnings


def test_people_are_counted_above_chance_in_each_kind_of_pair():
    cells = cells_of(blocked())
    chance = densities(3)[cells.pattern] * cells.total_pairs[cells.pair_class]
    people = count_people(cells, lookalikes(cells, COMPARISONS), np.maximum(cells.candidates, chance), chance)
    # Of the matches in blocks, those with the same forename and birth date.
    assert people.most[1] > N_MATCHES
    assert people.found[1] < N_MATCHES


def test_matches_that_there_are_at_least_lie_between_the_sources_and_are_no_more_than_there_are():
    cells = cells_of(blocked())
    chance = densities(3)[cells.pattern] * cells.total_pairs[cells.pair_class]
    fewest = fewest_matches(
        cells, lookalikes(cells, COMPARISONS), np.maximum(cells.candidates, chance), chance
    )
    assert 0.3 * N_MATCHES < fewest[1] < N_MATCHES
    assert fewest[[0, 2]] == pytest.approx(0.0)
