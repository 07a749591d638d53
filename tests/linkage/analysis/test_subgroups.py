"""Sums by group are what counting record by record gives, and few records are not told of."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.analysis.subgroups import Grouping, group_links, record_links
from linkage.evaluation import pair_quality

records = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 3), st.integers(-1, 2)), max_size=25)


def counted(rows, group):
    known = [row for row in rows if row[1] >= 0]
    sums = [0, 0, 0, 0]
    for place, (cluster, entity, own) in enumerate(known):
        if own != group:
            continue
        others = [row for other, row in enumerate(known) if other != place]
        sums[0] += 1
        sums[1] += sum(row[1] == entity for row in others)
        sums[2] += sum(row[1] == entity and row[0] == cluster for row in others)
        sums[3] += sum(row[0] == cluster for row in others)
    return sums


@settings(deadline=None)
@given(records)
def test_sums_are_those_of_record_by_record(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3)
    links = record_links(columns[:, 0], columns[:, 1])
    assert links.quality() == pair_quality(columns[:, 0], columns[:, 1])
    grouping = Grouping("c", ("a", "b", "c"), columns[:, 2])
    found = {each.value: each for each in group_links(links, [grouping])}
    for group, value in enumerate(grouping.values):
        sums = counted(rows, group)
        assert (value in found) == (sums[0] > 0)
        if sums[0]:
            each = found[value]
            assert [each.records, each.due, each.found, each.linked] == sums


def test_shares_and_small_groups():
    labels, truth = np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1])
    grouping = Grouping("twin", ("no", "yes"), np.array([0, 0, 0, 1]))
    (told,) = group_links(record_links(labels, truth), [grouping], least=2)
    assert (told.value, told.recall, told.precision) == ("no", 2 / 6, 1.0)
    (_, few) = group_links(record_links(labels, truth), [grouping])
    assert math.isnan(few.recall)
    assert math.isnan(few.precision)
