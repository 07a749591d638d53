"""Full agreement by chance of a filter over several fields is as rare as its parts make it."""

import numpy as np

from linkage.weights import Evidence, fit_model, log_odds
from linkage.weights.classes.components import LevelRule, alike_plan, household_plan, may_be_alike
from linkage.weights.patterns.chance import LEAST_PAIRS, _with_rare_tops, _with_tops_as_within
from linkage.weights.patterns.pair_classes import PairClasses
from linkage.weights.patterns.slots import Slots
from linkage.weights.patterns.traits import ComparisonTraits, FieldTrait, Nature, nature_of_field

SLOTS = Slots((4, 3))


def adjusted(top, n_fields):
    return _with_rare_tops(np.array([0.0, 900_000.0, 3_000.0, top, 0.0, 5.0, 0.5]), SLOTS, n_fields)


def test_a_top_level_that_was_not_seen_follows_from_its_parts():
    share = 3_000.5 / 903_000.5
    assert np.isclose(adjusted(0.5, (3, 1))[3], 903_000.5 * (share / 3) ** 3, rtol=1e-3)
    assert adjusted(0.5, (60, 1))[3] == LEAST_PAIRS


def test_a_top_level_that_was_plainly_seen_or_is_of_one_field_stays():
    assert adjusted(400.0, (3, 1))[3] == 400.0
    assert adjusted(0.5, (1, 1))[3] == 0.5
    assert adjusted(0.5, ())[3] == 0.5


def test_strangers_agree_between_sources_no_more_than_within_them():
    within, between, other = (
        [0, 10_000, 90, 4, 0, 0, 9],
        [0, 5_000, 40, 900, 0, 0, 800],
        [0, 2_500, 9, 0, 0, 0, 0],
    )
    counts = np.array([within, between, other], dtype=float)
    bounded = _with_tops_as_within(counts, SLOTS, (3, 1), PairClasses((100, 50)))
    assert np.isclose(bounded[1, 3], 5_940 * np.sqrt(9 / 10_094 * 1 / 2_509))
    counts[1, 3] = bounded[1, 3]
    assert np.array_equal(bounded, counts)
    # A source without a pair of its own bounds nothing.
    counts[2], counts[1, 3] = 0.0, 900.0
    assert np.array_equal(_with_tops_as_within(counts, SLOTS, (3, 1), PairClasses((100, 1))), counts)


def test_pairs_that_nearly_agree_in_one_filter_are_no_more_common_between_sources():
    within, between, other = (
        [0, 100_000, 9, 0, 0, 0, 0],
        [0, 200_000, 50, 0, 0, 0, 0],
        [0, 100_000, 4, 0, 0, 0, 0],
    )
    counts = np.array([within, between, other], dtype=float)
    bounded = _with_tops_as_within(counts, SLOTS, (3, 1), PairClasses((450, 450)))
    most = 200_050 * np.sqrt((9 + 6 + 1) / 100_009 * (4 + 4 + 1) / 100_004)
    assert np.isclose(bounded[1, 2], most)
    # The level above is bounded by what neither source shows and has its part of the same room.
    counts[1, 3] = 10.0
    bounded = _with_tops_as_within(counts, SLOTS, (3, 1), PairClasses((450, 450)))
    top = 200_060 * np.sqrt(1 / 100_009 * 1 / 100_004)
    assert np.isclose(bounded[1, 3], top)
    assert np.isclose(bounded[1, 2], most * 200_060 / 200_050 - top)
    # Of a filter over one field strangers who nearly agree are many, and counted.
    assert np.array_equal(_with_tops_as_within(counts, SLOTS, (1, 1), PairClasses((450, 450))), counts)


def test_the_only_filter_that_two_sources_share_tells_matches_from_strangers():
    names, birth = (FieldTrait("forename", Nature.PERSON), FieldTrait("surname", Nature.FAMILY)), Nature.BIRTH
    date, place = FieldTrait("birth_date", birth), FieldTrait("address", Nature.PLACE)
    comparisons = (
        ComparisonTraits("names_birth", 4, fields=(*names, date)),
        ComparisonTraits("names_address", 4, fields=(*names, place)),
    )
    counts = np.zeros((3, 16), dtype=np.int64)
    # Of a pattern "level, level" the code has the first level times four. Only the first source holds addresses.
    counts[0, 5], counts[0, 6], counts[0, 9] = 1_980_000, 10_000, 9_000
    counts[2, 4], counts[2, 8] = 1_980_000, 19_000
    counts[1, 4], counts[1, 8], counts[1, 12] = 3_950_000, 38_700, 1_500
    counts[0, 5] += 1_999_000 - counts[0].sum()
    counts[2, 4] += 1_999_000 - counts[2].sum()
    counts[1, 4] += 4_000_000 - counts[1].sum()
    odds = log_odds(fit_model(Evidence(comparisons, (2_000, 2_000), counts, counts)), 1)
    assert odds[12] > 4.0
    assert odds[8] < 0.0


def test_people_who_are_alike_never_share_what_makes_one_person():
    person, birth = FieldTrait("forename", Nature.PERSON), FieldTrait("birth_date", Nature.BIRTH)
    place = FieldTrait("postcode", Nature.PLACE)
    comparisons = (
        ComparisonTraits("person", 5, fields=(person, birth)),
        ComparisonTraits("place", 5, fields=(person, place)),
        ComparisonTraits("identifier", 3, fields=(FieldTrait("nhs_number", Nature.PERSON),)),
    )
    plan = alike_plan(comparisons, np.array([2, 4, 1]), 1)
    by_chance = plan.where(LevelRule.TOP_AS_CHANCE) | plan.where(LevelRule.AS_CHANCE)
    assert by_chance.tolist() == [True, False, True]


def test_namesakes_of_one_birth_date_live_elsewhere():
    person, birth = FieldTrait("forename", Nature.PERSON), FieldTrait("birth_date", Nature.BIRTH)
    comparisons = (
        ComparisonTraits("person", 5, fields=(person, birth)),
        ComparisonTraits("place", 5, fields=(person, FieldTrait("postcode", Nature.PLACE))),
        ComparisonTraits("identifier", 3, fields=(FieldTrait("nhs_number", Nature.PERSON),)),
    )
    # Alike in part; namesakes; the same place too; place not known; a common identifier.
    patterns = np.array([[3, 4, 1], [4, 1, 1], [4, 4, 1], [4, 0, 1], [4, 1, 2]])
    assert may_be_alike(comparisons, patterns).tolist() == [True, True, False, False, False]
    plan = alike_plan(comparisons, np.array([4, 1, 1]), 1)
    by_chance = plan.where(LevelRule.TOP_AS_CHANCE) | plan.where(LevelRule.AS_CHANCE)
    assert by_chance.tolist() == [False, True, True]


def test_a_whole_name_in_one_field_is_partly_shared_by_siblings():
    assert nature_of_field("name", "name") is Nature.FULL_NAME
    assert nature_of_field("patient_name", "name") is Nature.FULL_NAME
    assert nature_of_field("mother_name", "name") is Nature.FAMILY
    assert nature_of_field("maiden_name", "name") is Nature.FAMILY
    assert nature_of_field("village_name", "name") is Nature.PLACE
    comparisons = (
        ComparisonTraits("name", 5, fields=(FieldTrait("name", Nature.FULL_NAME),)),
        ComparisonTraits("address", 4, fields=(FieldTrait("address", Nature.PLACE),)),
    )
    plan = household_plan(comparisons, np.full(9, 0.25))
    assert plan is not None
    assert plan.rules == (LevelRule.TOP_AS_CHANCE, LevelRule.FREE)
