"""No change of a package is accepted, wherever it is and whatever it is."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_parties import parties, records_of, seal

from linkage.exchange.errors import PackageRefused
from linkage.exchange.package_reader import open_package

HEADER = 43 + 2 * (2 + 32 + 1168)
SEALED_CHUNK = 65536 + 16
# 2,500 rows of 66 bytes: two full chunks and a third that holds the manifest.
ROWS = 2_500


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sealed") / "a.cip"
    seal(path, records_of(ROWS))
    return path.read_bytes()


def accepted(raw: bytes) -> bool:
    keys = parties()
    try:
        open_package(io.BytesIO(raw), keys.unit.envelope_key, keys.trusted, keys.expected).close()
    except PackageRefused:
        return False
    return True


def chunks_of(raw: bytes) -> list[bytes]:
    return [raw[at : at + SEALED_CHUNK] for at in range(HEADER, len(raw), SEALED_CHUNK)]


def test_the_package_itself_is_accepted(package: bytes) -> None:
    assert accepted(package)
    assert len(chunks_of(package)) == 3


# The parts of the file are of very different lengths: positions are drawn from each part in turn.
POSITIONS = st.one_of(
    st.integers(0, 42),
    st.integers(43, HEADER - 1),
    st.integers(HEADER, HEADER + SEALED_CHUNK - 1),
    st.integers(HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK - 1),
    st.integers(1, 3_000).map(lambda behind: -behind),
)


@given(position=POSITIONS, change=st.integers(1, 255))
def test_no_byte_can_be_changed(package: bytes, position: int, change: int) -> None:
    raw = bytearray(package)
    raw[position] ^= change
    assert not accepted(bytes(raw))


@given(position=POSITIONS, insertion=st.binary(max_size=40), removed=st.integers(0, 40))
def test_nothing_can_be_put_in_or_taken_out(
    package: bytes, position: int, insertion: bytes, removed: int
) -> None:
    at = position % len(package)
    raw = package[:at] + insertion + package[at + removed :]
    assert accepted(raw) == (raw == package)


@given(length=st.one_of(st.integers(0, HEADER + 40), st.integers(0, 200_000)))
def test_it_cannot_be_cut(package: bytes, length: int) -> None:
    raw = package[: min(length, len(package) - 1)]
    assert not accepted(raw)


@given(raw=st.binary(max_size=4_000))
def test_noise_is_no_package(raw: bytes) -> None:
    assert not accepted(raw)
    assert not accepted(b"\x89CIP\r\n\x1a\n\x00\x01" + raw)


@given(order=st.lists(st.integers(0, 2), max_size=6))
def test_chunks_can_be_neither_moved_nor_repeated_nor_left_out(package: bytes, order: list[int]) -> None:
    chunks = chunks_of(package)
    raw = package[:HEADER] + b"".join(chunks[number] for number in order)
    assert accepted(raw) == (order == [0, 1, 2])


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw + b"\x00",
        lambda raw: raw + raw,
        lambda raw: raw + bytes(SEALED_CHUNK),
        lambda raw: b"\x00" + raw,
        lambda raw: raw.replace(b"\r\n", b"\n", 1),
        lambda raw: raw[:HEADER],
        lambda raw: raw[: HEADER + SEALED_CHUNK],
        lambda raw: raw[: HEADER + 2 * SEALED_CHUNK],
        lambda raw: raw[: HEADER + 2 * SEALED_CHUNK + 16],
        lambda raw: raw[: HEADER + 2 * SEALED_CHUNK + 17],
    ],
)
def test_named_changes(package: bytes, change: Callable[[bytes], bytes]) -> None:
    assert not accepted(change(package))


def test_parts_of_two_packages_do_not_mix(package: bytes, tmp_path: Path) -> None:
    seal(tmp_path / "b.cip", records_of(ROWS))
    other = (tmp_path / "b.cip").read_bytes()
    assert accepted(other)
    assert not accepted(package[:HEADER] + other[HEADER:])
    for number in range(3):
        chunks = chunks_of(package)
        chunks[number] = chunks_of(other)[number]
        assert not accepted(package[:HEADER] + b"".join(chunks))
