"""Normalising a few values given as a list, for tables of rules."""

from collections.abc import Callable, Sequence
from datetime import date

import pyarrow as pa
import pytest

from encoders.normalise import Normalised, normalise

TODAY = date(2026, 6, 15)
Normalise = Callable[..., Normalised]


@pytest.fixture(scope="session")
def normalise_list() -> Normalise:
    """Normalise a list of strings as a field called ``f`` on 15 June 2026."""

    def run(kind: str, values: Sequence[str | None], *date_formats: str) -> Normalised:
        column = pa.array(values, pa.string())
        return normalise(kind, column, field="f", date_formats=date_formats, today=TODAY)

    return run


@pytest.fixture(scope="session")
def outcome(normalise_list: Normalise) -> Callable[..., str | None]:
    """What one value becomes: its normal form, None where it was empty, or the rule that fired in angle brackets."""

    def run(kind: str, value: str, *date_formats: str) -> str | None:
        result = normalise_list(kind, [value], *date_formats)
        fired = [*result.rules, *result.invalid]
        assert len(fired) <= 1
        return f"<{fired[0].removeprefix('f.')}>" if fired else result.values[0].as_py()

    return run
