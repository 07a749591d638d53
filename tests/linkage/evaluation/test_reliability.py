"""Calibration is measured as defined, and honest probabilities pass."""

import numpy as np
import oracle_evaluation as oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.evaluation import reliability


@given(
    st.lists(st.tuples(st.integers(0, 40).map(lambda k: k / 40), st.booleans()), min_size=1),
    st.integers(1, 12),
)
def test_the_error_is_the_mean_distance_over_bins(pairs: list[tuple[float, bool]], n_bins: int) -> None:
    probabilities, right = [p for p, _ in pairs], [r for _, r in pairs]
    measured = reliability(np.array(probabilities), np.array(right), n_bins)
    assert measured.calibration_error == pytest.approx(oracle.calibration_error(probabilities, right, n_bins))
    assert sum(part.right.total for part in measured.bins) == len(pairs)


def test_honest_probabilities_are_calibrated_and_boasting_is_not() -> None:
    rng = np.random.default_rng(11)
    probabilities = rng.random(200_000)
    right = rng.random(200_000) < probabilities
    honest = reliability(probabilities, right)
    assert honest.calibration_error < 0.01
    inside = [part for part in honest.bins if part.right.interval[0] <= part.mean <= part.right.interval[1]]
    assert len(inside) >= 8
    assert reliability(np.sqrt(probabilities), right).calibration_error > 0.1


def test_the_table_can_be_written_down() -> None:
    table = reliability(np.array([0.0, 0.95, 1.0]), np.array([False, True, True])).to_json()
    assert [part["right"]["total"] for part in table["bins"]] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table["bins"][1]["mean"] is None
    assert reliability(np.empty(0), np.empty(0, bool)).to_json()["calibration_error"] is None


def test_faults_are_named() -> None:
    with pytest.raises(ValueError, match="one value a probability"):
        reliability(np.zeros(2), np.zeros(1, bool))
    with pytest.raises(ValueError, match="from 0 to 1"):
        reliability(np.array([np.nan]), np.zeros(1, bool))
    with pytest.raises(ValueError, match="n_bins"):
        reliability(np.zeros(1), np.zeros(1, bool), 0)
