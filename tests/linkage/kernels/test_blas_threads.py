"""Small products are computed by the thread that wants them."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from linkage.kernels.blas_threads import one_blas_thread
from linkage.weights import ComparisonTraits, Evidence, fit_model, score_patterns
from linkage.weights.fitted import scoring
from linkage.weights.fitting import fit


def _threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    with threadpool_limits(limits=2, user_api="blas"):
        if _threads() != {2}:
            pytest.skip("the linear algebra of this machine does not tell its threads")
        yield


@pytest.mark.usefixtures("two_threads")
def test_there_is_one_thread_inside_and_as_many_as_before_outside():
    with one_blas_thread():
        assert _threads() == {1}
    assert _threads() == {2}


@pytest.mark.usefixtures("two_threads")
def test_an_error_gives_the_threads_back():
    def failing() -> None:
        with one_blas_thread():
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert _threads() == {2}


@pytest.mark.usefixtures("two_threads")
def test_a_model_is_fitted_and_scored_on_one(monkeypatch):
    seen = []
    for module, name in ((fit, "iterate"), (scoring, "_log_component")):
        real = getattr(module, name)

        def seeing(*given, _real=real, _at=name, **named):
            seen.append((_at, _threads()))
            return _real(*given, **named)

        monkeypatch.setattr(module, name, seeing)
    comparisons = tuple(ComparisonTraits(name, 3) for name in "abc")
    # Levels of missing, different and equal in three comparisons: few pairs agree in all.
    counts = np.zeros((1, 27), dtype=np.int64)
    counts[0, [13, 14, 16, 22, 26]] = [4000, 200, 150, 100, 50]
    model = fit_model(Evidence(comparisons, (96,), counts, counts, exclusive=(False,)))
    score_patterns(model)
    assert {at for at, _ in seen} == {"iterate", "_log_component"}
    assert all(threads == {1} for _, threads in seen)
    assert _threads() == {2}
