"""Sealed chunks open to what was sealed, in their place and whole."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.framing import CHUNK_BYTES, SEGMENT_BYTES, ChunkOpener, ChunkSealer
from linkage.exchange.primitives import TAG_BYTES, Cipher, NotAuthentic

KEY = bytes(range(32))
SEALED_CHUNK = CHUNK_BYTES + 16


def sealed(parts: list[bytes]) -> bytes:
    out = bytearray()
    sealer = ChunkSealer(KEY, out.extend)
    for part in parts:
        sealer.write(part)
    sealer.finish()
    return bytes(out)


def opened(raw: bytes) -> bytes:
    opener = ChunkOpener(KEY, io.BytesIO(raw), 0, len(raw))
    plain = b"".join(bytes(opener.segment(number)[1]) for number in range(opener.n_segments))
    assert len(plain) == opener.plain_bytes
    return plain


@pytest.mark.parametrize(
    "n_bytes",
    [
        1,
        2,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        2 * CHUNK_BYTES,
        SEGMENT_BYTES - 1,
        SEGMENT_BYTES,
        SEGMENT_BYTES + 1,
        2 * SEGMENT_BYTES,
        2 * SEGMENT_BYTES + CHUNK_BYTES + 5,
    ],
)
def test_every_length_comes_back(n_bytes: int) -> None:
    plain = bytes(index * 7 % 251 for index in range(1000)) * (n_bytes // 1000 + 1)
    raw = sealed([plain[:n_bytes]])
    assert len(raw) == n_bytes + TAG_BYTES * -(-n_bytes // CHUNK_BYTES)
    assert opened(raw) == plain[:n_bytes]


@given(sizes=st.lists(st.integers(0, 90_000), max_size=6))
def test_the_pieces_that_are_written_leave_no_trace(sizes: list[int]) -> None:
    parts = [bytes([number]) * size for number, size in enumerate(sizes)] + [b"end"]
    assert sealed(parts) == sealed([b"".join(parts)])


def test_nonces_count_and_the_last_chunk_is_marked() -> None:
    raw = sealed([b"a" * (CHUNK_BYTES + 1)])
    cipher = Cipher(KEY)
    assert cipher.open(bytes(12), raw[:SEALED_CHUNK], about=b"") == b"a" * CHUNK_BYTES
    assert cipher.open(bytes(10) + b"\x01\x01", raw[SEALED_CHUNK:], about=b"") == b"a"


@given(n_bytes=st.integers(1, 200_000), tail=st.integers(0, 100_000))
def test_the_tail_is_the_end_of_the_plaintext(n_bytes: int, tail: int) -> None:
    plain = (b"0123456789" * (n_bytes // 10 + 1))[:n_bytes]
    raw = sealed([plain])
    assert ChunkOpener(KEY, io.BytesIO(raw), 0, len(raw)).tail(tail) == plain[max(0, n_bytes - tail) :]


@pytest.mark.parametrize("length", [0, 1, 15, 16, SEALED_CHUNK + 1, SEALED_CHUNK + 16])
def test_a_length_that_no_stream_has_is_refused(length: int) -> None:
    with pytest.raises(NotAuthentic):
        ChunkOpener(KEY, io.BytesIO(bytes(length)), 0, length)


def test_a_full_chunk_does_not_pass_for_the_last() -> None:
    raw = sealed([b"a" * (2 * CHUNK_BYTES)])
    opener = ChunkOpener(KEY, io.BytesIO(raw[:SEALED_CHUNK]), 0, SEALED_CHUNK)
    with pytest.raises(NotAuthentic):
        opener.segment(0)


def test_a_stream_lies_anywhere_in_a_file_that_may_shrink() -> None:
    raw = sealed([b"abc"])
    opener = ChunkOpener(KEY, io.BytesIO(b"before" + raw), 6, len(raw))
    assert bytes(opener.segment(0)[1]) == b"abc"
    short = ChunkOpener(KEY, io.BytesIO(b"before" + raw[:-1]), 6, len(raw))
    with pytest.raises(NotAuthentic):
        short.segment(0)


def test_an_empty_stream_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        sealed([])
