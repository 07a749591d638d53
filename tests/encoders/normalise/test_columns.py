"""What holds for every kind: alphabet, idempotence, nulls, places of rows, types of columns."""

import re
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.normalise import KINDS, NORMALISER_VERSION, Normalised, normalise
from linkage.exchange.errors import FeedRefused

TODAY = date(2026, 6, 15)
FORMATS = ("%d/%m/%Y", "%Y%m%d")
NORMAL_FORM = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")

# What feeds hold: words that rules look for, digits, accents, and anything at all.
PIECES = st.sampled_from(
    (
        *(
            "mr",
            "Dr",
            "jr",
            "II",
            "o",
            "mc",
            "O'",
            "Brien",
            "-",
            " ",
            "  ",
            ".",
            "/",
            "baby",
            "of",
            "x",
            "1",
            "44",
        ),
        *(
            "(0)",
            "+44",
            "0044",
            "770090012",
            "Flat",
            "no",
            "street",
            "14a",
            "st",
            "sw1a",
            "1aa",
            "zz99",
            "\u00eb",
        ),
        *("\u00df", "\u738b", "\u0130", "\ufb01", "\u0301", "31", "02", "2015", "19000101", "20150309", ".0"),
        *("male", "n/a", "9434765919", "B801200005001"),
    )
)
VALUES = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.lists(PIECES, max_size=5).map("".join),
    st.dates().map("{:%Y%m%d}".format),
)


def _normalise(kind: str, values: list[str | None]) -> Normalised:
    return normalise(kind, pa.array(values, pa.string()), field="f", date_formats=FORMATS, today=TODAY)


def _or_refused(kind: str, values: list[str | None]) -> Normalised | None:
    """A column of random text is rightly refused as dates."""
    try:
        return _normalise(kind, values)
    except FeedRefused:
        assert kind in ("date", "year")
        return None


@pytest.mark.parametrize("kind", KINDS)
@given(values=st.lists(VALUES, max_size=12))
def test_normal_forms_are_of_the_alphabet_and_final(kind: str, values: list[str | None]) -> None:
    once = _or_refused(kind, values)
    if once is None:
        return
    normal = once.values.to_pylist()
    assert all(NORMAL_FORM.fullmatch(value) for value in normal if value is not None)
    assert _normalise(kind, normal).values.to_pylist() == normal


@pytest.mark.parametrize("kind", KINDS)
@given(values=st.lists(VALUES, max_size=12))
def test_a_value_does_not_depend_on_its_neighbours(kind: str, values: list[str | None]) -> None:
    together = _or_refused(kind, values)
    if together is None:
        return
    assert together.values.to_pylist() == [_normalise(kind, [value]).values[0].as_py() for value in values]


@pytest.mark.parametrize("kind", KINDS)
@given(values=st.lists(VALUES, max_size=12))
def test_every_row_that_lost_its_value_is_accounted_for(kind: str, values: list[str | None]) -> None:
    result = _or_refused(kind, values)
    if result is None:
        return
    stated = sum(value is not None and value.strip() != "" for value in values)
    kept = len(values) - result.values.null_count
    assert stated == kept + sum(result.invalid.values()) + len(result.rejected)
    assert len(result.rules) == len(result.rejected)
    assert all(values[row] is not None for row in result.rejected.tolist())
    assert all(rule.startswith("f.") for rule in (*result.rules, *result.invalid, *result.suspicious))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("values", [[], [None], [None, None], ["", None, " "]])
def test_columns_without_values(kind: str, values: list[str | None]) -> None:
    result = _normalise(kind, values)
    assert result.values.to_pylist() == [None] * len(values)
    assert result.rejected.dtype == np.int64
    assert not result.invalid
    assert not result.rules


@pytest.mark.parametrize("kind", KINDS)
def test_slices_chunks_and_dictionaries_are_the_same_column(kind: str) -> None:
    values = [
        "Mr A",
        None,
        "31/02/2015",
        "09/03/2015",
        "14 High St",
        "9434765919",
        "",
        "SW1A 1AA",
        "f",
        "\u00eb\u738b",
    ] * 3
    column = pa.array(values, pa.string())
    expected = normalise(kind, column[4:27], field="f", date_formats=FORMATS, today=TODAY)
    for other in (
        pa.array(values[4:27], pa.string()),
        pa.chunked_array([column[4:9], column[9:9], column[9:27]]),
        column[4:27].dictionary_encode(),
        column.dictionary_encode()[4:27],
        column[4:27].cast(pa.large_string()),
        column[4:27].cast(pa.string_view()),
    ):
        result = normalise(kind, other, field="f", date_formats=FORMATS, today=TODAY)
        assert result.values.equals(expected.values)
        assert result.rejected.tolist() == expected.rejected.tolist()
        assert result.invalid == expected.invalid


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_hold_no_bytes(kind: str) -> None:
    values = _normalise(kind, ["unknown", None, "31/02/2015", "09/03/2015", "12", "M"]).values
    offsets = np.frombuffer(values.buffers()[1], np.int32)[values.offset :][: len(values) + 1]
    assert (np.diff(offsets)[values.is_null().to_numpy(zero_copy_only=False)] == 0).all()
    values.validate(full=True)


def test_numbers_of_a_typed_column() -> None:
    assert normalise("number", pa.array([12, None, 7]), field="f").values.to_pylist() == ["12", None, "7"]
    assert normalise("number", pa.array([12.0, float("nan")]), field="f").values.to_pylist() == ["12", None]
    assert normalise("nhs_number", pa.array([9434765919.0]), field="f").values.to_pylist() == ["9434765919"]
    assert normalise("sex", pa.array([1, 2, 9]), field="f").values.to_pylist() == ["m", "f", None]
    assert normalise("text", pa.array([date(2015, 3, 9)]), field="f").values.to_pylist() == ["2015 03 09"]


def test_an_unknown_kind_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="expected one of date, year, name"):
        normalise("colour", pa.array(["red"]), field="f")


def test_a_nested_column_is_refused() -> None:
    with pytest.raises(FeedRefused, match="'f': expected text, numbers or dates, got list"):
        normalise("name", pa.array([["Zyxwcanary"]]), field="f")


def test_the_version_is_stated() -> None:
    assert NORMALISER_VERSION == "1"


def test_no_field_of_a_large_batch_is_slow() -> None:
    # Not a benchmark: guards against a loop over rows.
    rng = np.random.default_rng(1)
    words = pa.array([f"Flat {a}, {b} High Street {c}" for a, b, c in rng.integers(0, 10**6, (20_000, 3))])
    assert normalise("address", words, field="f").values.null_count == 0
