"""The fuzz target runs: its seeds, changes of them and noise, at every depth."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

TARGET: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("fuzz_exchange.py")))
one_input: Callable[[bytes], None] = TARGET["one_input"]


def test_seeds_are_read() -> None:
    for seed in TARGET["seeds"]():
        one_input(seed)


@given(depth=st.integers(0, 6), noise=st.binary(max_size=300))
def test_noise_at_every_depth(depth: int, noise: bytes) -> None:
    one_input(bytes([depth]) + noise)


@given(number=st.integers(1, 5), position=st.integers(0, 2_000), change=st.integers(1, 255))
def test_changed_seeds(number: int, position: int, change: int) -> None:
    seed = bytearray(TARGET["seeds"]()[number])
    seed[1 + position % (len(seed) - 1)] ^= change
    one_input(bytes(seed))


@given(rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(0, 5)), max_size=5))
def test_rows_under_a_right_manifest(rows: list[tuple[int, int, int]]) -> None:
    packed = b"".join(
        bytes([0] * 15 + [name, operation, flags]) + b"12345678" for name, operation, flags in rows
    )
    one_input(b"\x04" + packed)
