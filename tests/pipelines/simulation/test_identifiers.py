"""NHS numbers and UPNs: valid by another's rules, and unique."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from stdnum.gb import nhs, upn

from pipelines.simulation.population.identifiers import nhs_numbers, spaced_nhs_numbers, upns

seeds = st.integers(0, 2**63 - 1)
children = st.lists(st.integers(0, 32_999_999), min_size=1, max_size=40, unique=True)


@given(children, seeds)
def test_nhs_numbers_are_valid_and_unique(numbers: list[int], seed: int) -> None:
    found = nhs_numbers(np.array(numbers), seed)
    assert all(nhs.is_valid(str(number)) for number in found)
    assert len(set(found.tolist())) == len(numbers)


@given(children, seeds, st.integers(2007, 2025))
def test_upns_are_valid_and_unique(numbers: list[int], seed: int, year: int) -> None:
    found = upns(np.array(numbers), np.full(len(numbers), year), seed).to_pylist()
    assert all(upn.is_valid(number) for number in found)
    assert len(set(found)) == len(numbers)
    assert {number[8:10] for number in found} == {f"{(year + 5) % 100:02d}"}


def test_a_hundred_thousand_nhs_numbers_are_unique() -> None:
    found = nhs_numbers(np.arange(100_000), 3)
    assert len(np.unique(found)) == 100_000
    assert found.min() >= 4_000_000_000
    assert found.max() < 8_000_000_000


def test_groups_are_those_of_the_nhs() -> None:
    assert spaced_nhs_numbers(pa.array(["9434765919", None])).to_pylist() == ["943 476 5919", None]
