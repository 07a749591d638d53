"""What a partition changes is counted from the records that it touches, as if all were looked at."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.analysis.changes import changes_against
from linkage.index import LiveRows
from linkage.index.children.identity import continue_children

partitions = st.integers(0, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-1, 8), min_size=n, max_size=n),
        st.lists(st.integers(0, 8), min_size=n, max_size=n),
    )
)


def live_rows(children):
    n = len(children)
    zeros = np.zeros(n, dtype=np.int64)
    numbers = np.array(children, dtype=np.int64)
    return LiveRows(
        np.arange(n) * 3, zeros.astype(np.int16), zeros.astype(np.uint8), numbers, zeros.astype(bool)
    )


def counted_over_all(children, labels):
    children, labels = np.array(children, dtype=np.int64), np.array(labels, dtype=np.int64)
    found = continue_children(labels, children, np.arange(len(labels)) * 3, first_new=100)
    after = found.child_of_record
    parts = {}
    for child, part in zip(children.tolist(), after.tolist(), strict=True):
        if child >= 0:
            parts.setdefault(child, set()).add(part)
    known = children >= 0
    return {
        "new_children": found.n_new,
        "merged_children": len(found.merged),
        "split_children": sum(len(held) > 1 for held in parts.values()),
        "moved_records": int((children[known] != after[known]).sum()),
    }


@settings(deadline=None, max_examples=300)
@given(partitions)
def test_only_touched_records_count(partition):
    children, labels = partition
    found = changes_against(live_rows(children), np.array(labels, dtype=np.int64))
    assert vars(found) == counted_over_all(children, labels)


def test_the_same_partition_under_other_numbers_changes_nothing():
    found = changes_against(live_rows([0, 0, 1, 2, 2]), np.array([7, 7, 3, 5, 5]))
    assert set(vars(found).values()) == {0}


def test_a_child_that_falls_apart_and_one_that_is_swallowed():
    found = changes_against(live_rows([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    # The first child stays with its two records, the third record joins the second child.
    assert vars(found) == {"new_children": 0, "merged_children": 0, "split_children": 1, "moved_records": 1}
