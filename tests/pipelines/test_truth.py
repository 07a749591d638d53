"""Groups of a truth file, by which an evaluation is told."""

import pandas as pd

from pipelines.truth import grouping_columns


def test_whole_numbers_with_gaps_are_whole_numbers():
    facts = pd.DataFrame(
        {"siblings": [1.0, None, 2.0], "share": [0.5, 1.0, None], "origin": ["a", "b", None]}
    )
    found = {column: names for column, names, _ in grouping_columns(facts)}
    assert found == {"siblings": ("1", "2"), "share": ("0.5", "1"), "origin": ("a", "b")}
