"""What `encode` tells people."""

from collections import Counter
from pathlib import Path

from encoders.batches import FeedCounts
from pipelines.at_source.encode_summary import EncodeSummary


def _told(kind="snapshot", **counts):
    paths = (Path("a.cip"), Path("ids.parquet"), Path("rejects.csv"))
    return EncodeSummary("a", *paths, 1, "00", FeedCounts(rows=3, encoded=3, **counts), 1.0, kind=kind).text()


def test_missing_values_are_told_by_field_and_nothing_of_none():
    assert "no value is missing\n" in _told()
    some = _told(missing=Counter({"birth_date": 2}), invalid=Counter({"birth_date.unreadable": 1}))
    assert [line.split() for line in some.splitlines()][3] == ["birth_date", "2", "1"]


def test_deletions_are_told_apart_and_records_without_a_value_explained():
    assert "3 of 3 records" in _told()
    assert "operation" not in _told()
    assert "1 record and 2 deletions of 3 rows" in _told(deleted=2)
    assert "2 records have no value" in _told(empty=2)
    assert "`operation` under [sources.a]" in _told(empty=2)


def test_a_question_takes_no_place_among_the_packages():
    assert "package 1 of a" in _told()
    assert "package" not in _told("question").splitlines()[0]
