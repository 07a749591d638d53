"""Masks that are known for the run are those that are hashed anew, also once all were forgotten."""

import numpy as np
import oracle_bloom
import pyarrow as pa
import pytest

from encoders.filters import listed_masks
from encoders.filters.listed_masks import ListedMasks
from encoders.filters.positions import positions_of
from encoders.filters.tokens import tokens_of_value
from linkage.exchange.specification.encoding import TokenKind

KEY = b"k" * 32


def bits_of(value, n_bits):
    tokens = tokens_of_value(TokenKind.DATE_PARTS, value)
    return set(positions_of(KEY, tokens, n_bits=n_bits, k=5).ravel().tolist())


@pytest.mark.parametrize("known_bytes", [0, 200, 8 << 20])
def test_masks_do_not_depend_on_what_came_before(monkeypatch, known_bytes):
    monkeypatch.setattr(listed_masks, "KNOWN_BYTES", known_bytes)
    masks = ListedMasks(TokenKind.DATE_PARTS, KEY, n_bits=128, k=5)
    batches = [["20100214", "20110305"], ["20110305"], [], ["20120101", "20100214", "1999"], ["20110305"]]
    for batch in batches:
        found = masks.of(pa.array(batch, pa.string()))
        assert found.shape == (len(batch), 2)
        for value, row in zip(batch, found, strict=True):
            assert oracle_bloom.bits_of(row) == bits_of(value, 128)


def test_what_is_known_is_bounded(monkeypatch):
    monkeypatch.setattr(listed_masks, "KNOWN_BYTES", 16 * 4)
    masks = ListedMasks(TokenKind.WHOLE, KEY, n_bits=128, k=5)
    for number in range(30):
        masks.of(pa.array([f"{number}", f"{number}x"]))
        assert len(masks._known[0]) == len(masks._known[1]) <= 4
    assert np.array_equal(masks.of(pa.array(["7"])), masks.of(pa.array(["7"])))


def test_no_key_in_the_representation():
    assert "107" not in repr(ListedMasks(TokenKind.WHOLE, KEY, n_bits=128, k=5))
    assert "kkk" not in repr(ListedMasks(TokenKind.WHOLE, KEY, n_bits=128, k=5))
