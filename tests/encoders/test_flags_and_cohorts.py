"""What a source says beside the content of a record: flags by columns, and the keyed cohort."""

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest

from encoders.cohorts import cohort_token, cohort_words
from encoders.feeds.flags import flag_columns, flags_of
from linkage.exchange.errors import FeedRefused
from linkage.exchange.records import RecordFlag
from linkage.exchange.specification.model import SourceRule
from linkage.exchange.specification.people import CohortRule

KEY = bytes(range(32))
SOURCE = SourceRule(
    record_id="id",
    columns={},
    shielded={"column": "protected", "values": ["Yes", "1"]},
    later_age={"column": "leaver", "values": ["y"], "otherwise": ["-"]},
)


def batch(protected: list[str | None], leaver: list[str | None]) -> pa.RecordBatch:
    columns = [pa.array(protected, pa.string()), pa.array(leaver, pa.string())]
    return pa.RecordBatch.from_arrays(columns, names=["protected", "leaver"])


def test_flags_by_columns() -> None:
    assert flag_columns(SOURCE) == ["protected", "leaver"]
    flags = flags_of(batch([" YES", "no", None, "1 "], ["-", "Y", "-", "y"]), SOURCE, 1)
    later, shielded = RecordFlag.LATER_AGE, RecordFlag.SHIELDED
    assert flags.tolist() == [shielded, later, 0, shielded | later]


def test_a_source_without_flags() -> None:
    source = SourceRule(record_id="id", columns={})
    assert flag_columns(source) == []
    assert flags_of(batch(["anything"], ["else"]), source, 1).tolist() == [0]


def test_an_unknown_spelling_is_refused_by_row_and_never_quoted() -> None:
    with pytest.raises(FeedRefused, match=r"column 'protected', row 12: .* \(2 such rows\)") as refused:
        flags_of(batch(["no", "no", "secret", "hush"], ["-"] * 4), SOURCE, 10)
    assert "secret" not in str(refused.value)
    with pytest.raises(FeedRefused, match="column 'leaver', row 1"):
        flags_of(batch(["no"], [None]), SOURCE, 1)


def test_a_cohort_is_a_keyed_token_of_the_month() -> None:
    dates = pa.array(["20081130", "20081101", "20081201", None, "20081330", "2008"], pa.string())
    words = cohort_words(KEY, CohortRule(field="birth_date"), dates)
    assert words[0] == words[1] == cohort_token(KEY, "200811") != words[2] == cohort_token(KEY, "200812")
    assert words[3:].tolist() == [0, 0, 0], "no date, or none that exists, has no cohort"
    expected = hmac.new(KEY, b"200811", hashlib.sha256).digest()[:8]
    assert int(words[0]) == int.from_bytes(expected, "little")


def test_another_key_gives_other_tokens_and_years_are_years() -> None:
    dates = pa.array(["20081130", "20080101"], pa.string())
    years = cohort_words(KEY, CohortRule(field="birth_date", part="year"), dates)
    assert years[0] == years[1] == np.uint64(cohort_token(KEY, "2008"))
    assert cohort_token(KEY, "2008") != cohort_token(bytes(32), "2008")
