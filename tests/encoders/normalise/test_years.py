"""Years of birth are the same text whether a feed has dates or years."""

import datetime as dt

import pyarrow as pa
import pytest

from encoders.normalise import normalise
from linkage.exchange.errors import FeedRefused

TODAY = dt.date(2026, 3, 1)


def _years(values, formats=()):
    return normalise("year", pa.array(values), field="born", date_formats=formats, today=TODAY)


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["2013", " 1999 ", None, "2026"], ()),
        ([2013, 1999, None, 2026], ()),
        (["2013.0", "1999.", "", "2026.00"], ()),
        (["26/07/2013", "01/01/1999", None, "02/01/2026"], ["%d/%m/%Y"]),
        (["2013", "31.12.1999", "", "2026"], ["%d.%m.%Y"]),
        ([dt.date(2013, 7, 26), dt.date(1999, 1, 1), None, dt.date(2026, 1, 9)], ()),
    ],
)
def test_years_and_dates_give_years(values, formats):
    assert _years(values, formats).values.to_pylist() == ["2013", "1999", None, "2026"]


def test_what_is_no_birth_is_missing_by_the_rules_for_dates():
    found = _years(["2030", "1700", "UNKNOWN", "01/01/1900", "2013"], ["%d/%m/%Y"])
    assert found.values.to_pylist() == [None, None, None, None, "2013"]
    assert found.invalid == {"born.future": 1, "born.too_old": 1, "born.placeholder": 2}


def test_a_day_that_does_not_exist_rejects_the_record_as_in_a_date():
    found = _years(["2013-02-30"], ["%Y-%m-%d"])
    assert found.rules == ("born.impossible",)


def test_ages_are_refused_as_what_they_are_not():
    with pytest.raises(FeedRefused, match="born"):
        _years(["7", "12", "9"])


def test_this_year_is_no_future_on_new_years_day():
    found = normalise("year", pa.array(["2026", "2027"]), field="born", today=dt.date(2026, 1, 1))
    assert found.values.to_pylist() == ["2026", None]
