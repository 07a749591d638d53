"""How child ids are written and read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.exchange.errors import IndexRefused
from linkage.index.reading.child_ids import (
    ALPHABET,
    CHILD_ID_CHARACTERS,
    format_child_id,
    format_child_ids,
    parse_child_id,
)

ids = st.binary(min_size=16, max_size=16)


def slowly(id_bytes: bytes) -> str:
    """Crockford's base 32 by its definition."""
    number = int.from_bytes(id_bytes, "big")
    digits = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(26)))
    check = (ALPHABET + "*~$=U")[number % 37]
    return f"{digits[:7]}-{digits[7:14]}-{digits[14:20]}-{digits[20:]}{check}"


@given(ids)
def test_written_as_crockford_says(id_bytes: bytes) -> None:
    assert format_child_id(id_bytes) == slowly(id_bytes)


@given(ids)
def test_read_back(id_bytes: bytes) -> None:
    assert parse_child_id(format_child_id(id_bytes)) == id_bytes


@pytest.mark.parametrize(
    "id_bytes", [bytes(16), b"\xff" * 16, bytes(8) + b"\xff" * 8, b"\xff" * 8 + bytes(8)]
)
def test_read_back_at_the_edges(id_bytes: bytes) -> None:
    assert parse_child_id(slowly(id_bytes)) == id_bytes == parse_child_id(format_child_id(id_bytes))


def test_people_may_write_it_their_way() -> None:
    id_bytes = bytes(range(16))
    text = format_child_id(id_bytes)
    assert parse_child_id(" " + text.lower().replace("-", "").replace("0", "o").replace("1", "l")) == id_bytes


@given(ids, st.data())
def test_a_wrong_character_is_noticed(id_bytes: bytes, data: st.DataObject) -> None:
    text = list(format_child_id(id_bytes))
    place = data.draw(st.sampled_from([p for p, letter in enumerate(text) if letter != "-"]))
    text[place] = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != text[place]]))
    with pytest.raises(IndexRefused):
        parse_child_id("".join(text))


@given(ids, st.integers(0, 24))
def test_swapped_neighbours_are_noticed(id_bytes: bytes, place: int) -> None:
    text = list(format_child_id(id_bytes).replace("-", ""))
    if text[place] == text[place + 1]:
        return
    text[place], text[place + 1] = text[place + 1], text[place]
    with pytest.raises(IndexRefused):
        parse_child_id("".join(text))


@pytest.mark.parametrize("text", ["", "0", "U" * 27, "Z" * 26 + "0", "0" * 28, "é" * 27])
def test_nonsense_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(IndexRefused) as refusal:
        parse_child_id(text)
    assert len(text) < 2 or text not in str(refusal.value)


def test_many_and_none() -> None:
    random = np.random.default_rng(1).integers(0, 256, (100, 16), dtype=np.uint8)
    assert format_child_ids(random).to_pylist() == [slowly(bytes(row)) for row in random]
    assert len(format_child_ids(np.empty((0, 16), dtype=np.uint8))) == 0
    assert len(format_child_id(bytes(16))) == CHILD_ID_CHARACTERS


def test_a_wrong_width_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="16 bytes, got 3"):
        format_child_id(b"abc")
