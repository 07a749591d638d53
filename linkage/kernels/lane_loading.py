"""The vector programs that prepare a tile: 16-bit pieces of its words, and what follows from its set bits."""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic

from linkage.kernels.lanes import LANES, Lanes
from linkage.kernels.tile_layout import MISSING_DISTANCE, PIECES_A_WORD

__all__ = ["cut_pieces", "distance_facts", "overlap_facts"]


def _set_bits(lanes: Lanes, b: Any, words: Any, word: Any, n_words: Any) -> Any:
    """Set bits, 32 bits wide, of the filter of each lane that starts at row `word` of `words`."""

    def add_word(i: Any, values: list[Any]) -> list[Any]:
        row = lanes.load(words, b.mul(b.add(word, i), lanes.index(LANES)), 64)
        return [b.add(values[0], lanes.narrow(lanes.set_bits(row), 32))]

    return lanes.repeat(n_words, [lanes.constant(0, 32)], add_word)[0]


@intrinsic
def _cut_pieces(_typing: Any, words: Any, _word: Any, pieces: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        words, pieces = (
            lanes.pointer(signature.args[0], values[0]),
            lanes.pointer(signature.args[2], values[2]),
        )
        row = lanes.load(words, b.mul(values[1], lanes.index(LANES)), 64)
        first = b.mul(values[1], lanes.index(LANES * PIECES_A_WORD))
        for piece in range(PIECES_A_WORD):
            shifted = b.lshr(row, lanes.constant(16 * piece, 64))
            lanes.store(lanes.narrow(shifted, 16), pieces, b.add(first, lanes.index(LANES * piece)))
        return context.get_dummy_value()

    return types.void(words, types.int64, pieces), generate


@intrinsic
def _overlap_facts(
    _typing: Any,
    words: Any,
    _word: Any,
    _n_words: Any,
    _base: Any,
    thresholds: Any,
    _threshold: Any,
    _n_thresholds: Any,
    facts: Any,
    _fact: Any,
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        words, thresholds, facts = (lanes.pointer(signature.args[i], values[i]) for i in (0, 4, 7))
        bits = _set_bits(lanes, b, words, values[1], values[2])
        first = b.mul(values[8], lanes.index(LANES))
        none = lanes.constant(0, 32)
        missing = b.icmp_unsigned("==", bits, none)
        base = lanes.spread(b.trunc(values[3], none.type.element))
        lanes.store(lanes.narrow(lanes.where(missing, none, base), 16), facts, first)

        def add_threshold(k: Any, _values: list[Any]) -> list[Any]:
            threshold = lanes.spread(lanes.scalar(thresholds, b.add(values[5], k), 32))
            need = b.mul(bits, threshold)
            less = b.sub(need, lanes.where(missing, none, lanes.constant(1, 32)))
            whole = b.udiv(less, lanes.constant(2000, 32))
            rest = b.sub(need, b.mul(whole, lanes.constant(2000, 32)))
            row = b.add(first, b.mul(b.add(b.mul(k, lanes.index(2)), lanes.index(1)), lanes.index(LANES)))
            lanes.store(lanes.narrow(whole, 16), facts, row)
            lanes.store(lanes.narrow(rest, 16), facts, b.add(row, lanes.index(LANES)))
            return []

        lanes.repeat(values[6], [], add_threshold)
        return context.get_dummy_value()

    number = types.int64
    arguments = (words, number, number, number, thresholds, number, number, facts, number)
    return types.void(*arguments), generate


@intrinsic
def _distance_facts(
    _typing: Any, words: Any, _word: Any, _n_words: Any, _base: Any, facts: Any, _fact: Any
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        words, facts = (
            lanes.pointer(signature.args[0], values[0]),
            lanes.pointer(signature.args[4], values[4]),
        )
        bits = _set_bits(lanes, b, words, values[1], values[2])
        none = lanes.constant(0)
        missing = b.icmp_unsigned("==", bits, lanes.constant(0, 32))
        base = lanes.spread(b.trunc(values[3], none.type.element))
        first = b.mul(values[5], lanes.index(LANES))
        lanes.store(lanes.where(missing, none, base), facts, first)
        start = lanes.where(missing, lanes.constant(MISSING_DISTANCE), none)
        lanes.store(start, facts, b.add(first, lanes.index(LANES)))
        return context.get_dummy_value()

    number = types.int64
    return types.void(words, number, number, number, facts, number), generate


cut_pieces = cast("Callable[..., None]", _cut_pieces)
"""`cut_pieces(words, word, pieces)`: rows `4 * word` to `4 * word + 3` of `pieces` from row `word` of `words`."""

overlap_facts = cast("Callable[..., None]", _overlap_facts)
"""`overlap_facts(words, word, n_words, base, thresholds, threshold, n_thresholds, facts, fact)`.

The facts of a Dice view, from row `fact` on, of the filters in rows `word` to `word + n_words - 1` of `words`;
`thresholds` int32 are thousandths, from place `threshold` on.
"""

distance_facts = cast("Callable[..., None]", _distance_facts)
"""`distance_facts(words, word, n_words, base, facts, fact)`: the facts of a Hamming view."""
