"""A share of nothing is a dash for people, not a number that is none."""

import math

from pipelines.console import table_text


def test_a_table_shows_a_dash_for_a_share_of_nothing():
    text = table_text(["", "F1"], [["all pairs", math.nan], ["twins", 0.5]])
    assert "nan" not in text
    assert "0.5000" in text
