"""Rules and options say what they were given, and refuse what they cannot say."""

import numpy as np
import pytest

from linkage.resolution import Cardinality, LinkRules, ResolutionOptions, Within


def test_defaults_are_one_to_one_with_direct_duplicates() -> None:
    rules = LinkRules.of(3, 2.5)
    assert (rules.thresholds == 2.5).all()
    assert not rules.several.any()
    assert rules.n_sources == 3


def test_each_source_has_its_own_deduplication() -> None:
    rules = LinkRules.of(
        3, 1.0, within=[Within.NEVER, Within.DIRECT, Within.CHAIN], within_threshold=[2.0, 3.0, 4.0]
    )
    assert rules.thresholds.diagonal().tolist() == [np.inf, 3.0, 4.0]
    assert rules.several.diagonal().tolist() == [False, False, True]
    assert LinkRules.of(2, 1.0, within_threshold=5.0).thresholds.tolist() == [[5.0, 1.0], [1.0, 5.0]]


def test_cardinality_is_read_from_the_first_source_to_the_second() -> None:
    rules = LinkRules.of(
        3, 0.0, cardinality={(0, 1): Cardinality.ONE_TO_MANY, (2, 0): Cardinality.MANY_TO_MANY}
    )
    # One record of 0 may have several of 1: a cluster that holds 0 allows several of 1.
    assert rules.several.tolist() == [[False, False, True], [True, False, False], [True, False, False]]
    many = LinkRules.of(2, 0.0, cardinality=Cardinality.MANY_TO_MANY)
    assert many.several.tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    "arguments, fault",
    [
        ({"within": [Within.NEVER]}, "expected 2 entries"),
        ({"within_threshold": [1.0, 2.0, 3.0]}, "expected 2 entries"),
        ({"cardinality": Cardinality.ONE_TO_MANY}, "direction"),
        ({"cardinality": {(0, 2): Cardinality.ONE_TO_ONE}}, "two of 2 sources"),
        ({"cardinality": {(0, 1): Cardinality.ONE_TO_ONE, (1, 0): Cardinality.ONE_TO_ONE}}, "twice"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused(arguments: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        LinkRules.of(2, 0.0, **arguments)


def test_arrays_that_are_no_rules_are_refused() -> None:
    several = np.zeros((2, 2), dtype=np.bool_)
    with pytest.raises(ValueError, match="square"):
        LinkRules(np.zeros((2, 3)), several)
    with pytest.raises(ValueError, match="symmetric"):
        LinkRules(np.array([[0.0, 1.0], [2.0, 0.0]]), several)
    with pytest.raises(ValueError, match="symmetric"):
        LinkRules(np.full((2, 2), -np.inf), several)


@pytest.mark.parametrize(
    "arguments", [{"absent_penalty": np.inf}, {"bridge_side": 0}, {"largest_cluster": 0}, {"exact_limit": 15}]
)
def test_options_out_of_range_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"expected"):
        ResolutionOptions(LinkRules.of(1, 0.0), **arguments)
