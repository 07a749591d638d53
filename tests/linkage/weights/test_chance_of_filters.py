"""Full agreement by chance of a filter over several fields is as rare as its parts make it."""

import numpy as np

from linkage.weights.chance import LEAST_PAIRS, _with_rare_tops
from linkage.weights.components import LevelRule, alike_plan, household_plan
from linkage.weights.slots import Slots
from linkage.weights.traits import ComparisonTraits, FieldTrait, Nature, nature_of_field

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


def test_people_who_are_alike_never_share_what_makes_one_person():
    person, birth = FieldTrait("forename", Nature.PERSON), FieldTrait("birth_date", Nature.BIRTH)
    place = FieldTrait("postcode", Nature.PLACE)
    comparisons = (
        ComparisonTraits("person", 5, fields=(person, birth)),
        ComparisonTraits("place", 5, fields=(person, place)),
        ComparisonTraits("identifier", 3, fields=(FieldTrait("nhs_number", Nature.PERSON),)),
    )
    plan = alike_plan(comparisons, np.array([2, 4, 1]), 1)
    assert plan.barred_levels(comparisons).tolist() == [4, -1, 2]


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
