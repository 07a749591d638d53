"""Rules for dates of birth."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.normalise import Normalised, normalise
from linkage.exchange.errors import FeedRefused

Outcome = Callable[..., str | None]
TODAY = date(2026, 6, 15)


@pytest.mark.parametrize(
    ("value", "date_format", "expected"),
    [
        ("2015-03-09", "%Y-%m-%d", "20150309"),
        ("20150309", "%Y%m%d", "20150309"),
        ("09/03/2015", "%d/%m/%Y", "20150309"),
        ("9/3/2015", "%d/%m/%Y", "20150309"),
        (" 09/03/2015 ", "%d/%m/%Y", "20150309"),
        ("03/09/2015", "%m/%d/%Y", "20150309"),
        ("09.03.15", "%d.%m.%y", "20150309"),
        ("09.03.26", "%d.%m.%y", "20260309"),
        ("09.03.27", "%d.%m.%y", "19270309"),
        ("09.03.99", "%d.%m.%y", "19990309"),
        ("09 Mar 2015", "%d %b %Y", "20150309"),
        ("9 MARCH  2015", "%d %b %Y", "20150309"),
        ("09-Sept-2015", "%d-%B-%Y", "20150909"),
        ("March 9, 2015", "%B %d, %Y", "20150309"),
        ("09032015", "%d%m%Y", "20150309"),
        ("150309", "%y%m%d", "20150309"),
        ("2015-03-09T14:15:16", "%Y-%m-%dT%H:%M:%S", "20150309"),
        ("2015-03-09 14:15:16.123456", "%Y-%m-%d %H:%M:%S.%f", "20150309"),
        ("2015-03-09 00:00:00", "%Y-%m-%d", "20150309"),
        ("2015-03-09T00:00:00.000Z", "%Y-%m-%d", "20150309"),
        ("20150309.0", "%Y%m%d", "20150309"),
        ("\uff12\uff10\uff11\uff15-03-09", "%Y-%m-%d", "20150309"),
        ("100% 2015-03-09", "100%% %Y-%m-%d", "20150309"),
        ("2016-02-29", "%Y-%m-%d", "20160229"),
        ("2000-02-29", "%Y-%m-%d", "20000229"),
        ("2026-06-15", "%Y-%m-%d", "20260615"),
        ("1906-06-15", "%Y-%m-%d", "19060615"),
        ("2015-03-09 10:00:00", "%Y-%m-%d", "<unreadable>"),
        ("2015-3-9", "%Y%m%d", "<unreadable>"),
        ("2015039", "%Y%m%d", "<unreadable>"),
        ("9 Foo 2015", "%d %b %Y", "<unreadable>"),
        ("about 2015", "%Y-%m-%d", "<unreadable>"),
        ("31/02/2015", "%d/%m/%Y", "<impossible>"),
        ("29/02/2015", "%d/%m/%Y", "<impossible>"),
        ("29/02/1900", "%d/%m/%Y", "<impossible>"),
        ("31/04/2015", "%d/%m/%Y", "<impossible>"),
        ("01/13/2015", "%d/%m/%Y", "<impossible>"),
        ("32/01/2015", "%d/%m/%Y", "<impossible>"),
        ("01/99/2015", "%d/%m/%Y", "<impossible>"),
        ("00/03/2015", "%d/%m/%Y", "<incomplete>"),
        ("2015-00-00", "%Y-%m-%d", "<incomplete>"),
        ("1900-01-01", "%Y-%m-%d", "<placeholder>"),
        ("1901-01-01", "%Y-%m-%d", "<placeholder>"),
        ("1970-01-01", "%Y-%m-%d", "<placeholder>"),
        ("9999-12-31", "%Y-%m-%d", "<placeholder>"),
        ("99999999", "%Y%m%d", "<placeholder>"),
        ("00/00/0000", "%d/%m/%Y", "<placeholder>"),
        ("unknown", "%d/%m/%Y", "<placeholder>"),
        ("-", "%d/%m/%Y", "<placeholder>"),
        ("2026-06-16", "%Y-%m-%d", "<future>"),
        ("1906-06-14", "%Y-%m-%d", "19060614"),
        ("1806-06-14", "%Y-%m-%d", "<too_old>"),
        ("0015-03-09", "%Y-%m-%d", "<too_old>"),
        ("", "%Y-%m-%d", None),
        ("  ", "%Y-%m-%d", None),
    ],
)
def test_reading(outcome: Outcome, value: str, date_format: str, expected: str | None) -> None:
    assert outcome("date", value, date_format) == expected


@pytest.mark.parametrize(
    ("value", "formats", "expected"),
    [
        ("03/04/2015", ("%d/%m/%Y", "%m/%d/%Y"), "20150403"),
        ("03/04/2015", ("%m/%d/%Y", "%d/%m/%Y"), "20150304"),
        ("03/14/2015", ("%d/%m/%Y", "%m/%d/%Y"), "20150314"),
        ("13/13/2015", ("%d/%m/%Y", "%m/%d/%Y"), "<impossible>"),
        ("31/02/2015", ("%Y-%m-%d", "%d/%m/%Y"), "<impossible>"),
        ("2015-03-09", (), "20150309"),
        ("20150309", (), "20150309"),
    ],
)
def test_formats_are_tried_in_order(
    outcome: Outcome, value: str, formats: tuple[str, ...], expected: str
) -> None:
    assert outcome("date", value, *formats) == expected


@pytest.mark.parametrize(
    "date_format", ["%d/%m", "%d/%m/%Y %Y", "%d/%m/%Q", "%d/%m/%Y %", "%d/%m/%b/%Y", "%c", ""]
)
def test_a_format_that_is_no_date_is_refused(outcome: Outcome, date_format: str) -> None:
    with pytest.raises(FeedRefused, match="expected day, month and year once each"):
        outcome("date", "01/02/2015", date_format)


def test_rejected_rows_keep_their_places(normalise_list: Callable[..., Normalised]) -> None:
    values = ["2015-02-31", None, "2015-01-01", "", "2015-13-01", "1900-01-01", "2015-02-31", "2014-05-06"]
    result = normalise_list("date", values, "%Y-%m-%d")
    assert result.rejected.tolist() == [0, 4, 6]
    assert result.rules == ("f.impossible",) * 3
    assert result.values.to_pylist() == [
        *("20150231", None, "20150101", None, "20151301", None, "20150231", "20140506"),
    ]
    assert result.invalid == {"f.placeholder": 1}
    assert result.suspicious == {"f.first_of_january": 1}


@pytest.mark.parametrize(
    "column",
    [
        pa.array([date(2015, 3, 9), None, date(1900, 1, 1), date(2015, 1, 1)], pa.date32()),
        pa.array([date(2015, 3, 9), None, date(1900, 1, 1), date(2015, 1, 1)], pa.date64()),
        pa.array(np.array(["2015-03-09T07", "NaT", "1900-01-01", "2015-01-01"], "datetime64[ms]")),
        pa.array(
            [
                datetime(2015, 3, 8, 20, tzinfo=UTC),
                None,
                datetime(1899, 12, 31, 16, tzinfo=UTC),
                datetime(2015, 1, 1, tzinfo=UTC),
            ],
            pa.timestamp("s", "Asia/Tokyo"),
        ),
    ],
)
def test_typed_dates(column: pa.Array) -> None:
    result = normalise("date", column, field="f", date_formats=["%d/%m/%Y"], today=TODAY)
    assert result.values.to_pylist() == ["20150309", None, None, "20150101"]
    assert result.invalid == {"f.placeholder": 1}
    assert result.suspicious == {"f.first_of_january": 1}


@given(
    st.lists(st.dates(date(1908, 1, 1), date(2026, 6, 15)), min_size=1),
    st.sampled_from(["%d/%m/%Y", "%Y%m%d", "%d %b %Y"]),
)
def test_whatever_python_writes_is_read(days: list[date], date_format: str) -> None:
    written = normalise(
        "date",
        pa.array([day.strftime(date_format) for day in days]),
        field="f",
        date_formats=[date_format],
        today=TODAY,
    )
    typed = normalise("date", pa.array(days, pa.date32()), field="f", today=TODAY)
    assert written.values.equals(typed.values)
    assert written.invalid == typed.invalid
    kept = [day.strftime("%Y%m%d") for day, value in zip(days, written.values, strict=True) if value.is_valid]
    assert written.values.drop_null().to_pylist() == kept


@given(st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99))
def test_a_day_is_impossible_exactly_where_the_calendar_lacks_it(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    result = normalise("date", pa.array([text]), field="f", date_formats=["%Y-%m-%d"], today=TODAY)
    try:
        date(year, month, day)
    except ValueError:
        if year < 1900 or year > TODAY.year:
            assert result.values[0].as_py() is None or result.rules == ("f.impossible",)
        elif month and day:
            assert result.rules == ("f.impossible",)
            assert result.values[0].as_py() == text.replace("-", "")
        else:
            assert result.values[0].as_py() is None
    else:
        assert result.rules == ()


# ---------------------------------------------------------------- wrong formats

CANARY = "31-Zyxwcanary"


def test_a_column_in_another_format_is_refused(normalise_list: Callable[..., Normalised]) -> None:
    with pytest.raises(FeedRefused) as caught:
        normalise_list(
            "date", [CANARY, "2015-03-09", "2014-01-02", None, "", "unknown"], "%d/%m/%Y", "%d %b %Y"
        )
    message = str(caught.value)
    assert "f: unreadable date format: expected '%d/%m/%Y', '%d %b %Y', but 3 of 3 dates have none" in message
    assert "(rows 1, 2, 3)" in message
    assert "correct date_formats" in message
    assert CANARY not in message


def test_exchanged_days_and_months_are_refused(normalise_list: Callable[..., Normalised]) -> None:
    told = r"28 of 40 dates are days that do not exist \(rows 1, 2, 3, ...\); '%m/%d/%Y' would fit"
    with pytest.raises(FeedRefused, match=told):
        normalise_list("date", ["03/25/2015"] * 28 + ["03/05/2015"] * 12, "%d/%m/%Y")


@pytest.mark.parametrize(
    ("n_wrong", "n_right", "refused"),
    [
        (2, 0, False),
        (3, 0, True),
        (26, 3, False),
        (28, 3, True),
        (27, 3, False),
        (91, 9, True),
        (90, 10, False),
    ],
)
def test_how_many_unreadable_dates_are_too_many(
    normalise_list: Callable[..., Normalised], n_wrong: int, n_right: int, refused: bool
) -> None:
    values = ["9 3 15"] * n_wrong + ["2015-03-09"] * n_right
    if refused:
        with pytest.raises(FeedRefused):
            normalise_list("date", values, "%Y-%m-%d")
    else:
        assert normalise_list("date", values, "%Y-%m-%d").invalid == {"f.unreadable": n_wrong}


def test_placeholders_say_nothing_about_the_format(normalise_list: Callable[..., Normalised]) -> None:
    result = normalise_list("date", ["unknown"] * 50 + [""] * 50 + ["2015-03-09"], "%Y-%m-%d")
    assert result.invalid == {"f.placeholder": 50}
