"""The vector programs of the similarity join: a stretch of the filters of one query and 64 records.

Limits: counts are 16 bits wide, so a filter has at most 32,768 bits.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic

from linkage.kernels.lanes import LANES, Lanes

__all__ = ["distance_stretch", "overlap_stretch"]


def _count(
    lanes: Lanes, b: Any, pointers: tuple[Any, Any, Any], places: tuple[Any, Any, Any], *, differ: bool
) -> Any:
    """Add the bits that both set, or that differ, in pieces `first` to `stop - 1` to what `counts` holds.

    Counts start afresh with the first piece.
    """
    tile, queries, counts = pointers
    query, first, stop = places

    def add_piece(i: Any, values: list[Any]) -> list[Any]:
        piece = b.add(first, i)
        column = lanes.load(tile, b.mul(piece, lanes.index(LANES)))
        spread = lanes.spread(lanes.scalar(queries, b.add(query, piece)))
        bits = b.xor(column, spread) if differ else b.and_(column, spread)
        return [b.add(values[0], lanes.set_bits(bits))]

    fresh = lanes.spread_condition(b.icmp_signed("==", first, lanes.index(0)))
    start = lanes.where(fresh, lanes.constant(0), lanes.load(counts, lanes.index(0)))
    (total,) = lanes.repeat(b.sub(stop, first), [start], add_piece)
    lanes.store(total, counts, lanes.index(0))
    return total


@intrinsic
def _overlap_stretch(
    _typing: Any,
    tile: Any,
    queries: Any,
    _query: Any,
    _first: Any,
    _stop: Any,
    counts: Any,
    rests: Any,
    _rest: Any,
    _query_rest: Any,
    _need: Any,
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        tile, queries, counts, rests = (lanes.pointer(signature.args[i], values[i]) for i in (0, 1, 5, 6))
        places = (values[2], values[3], values[4])
        overlap = _count(lanes, b, (tile, queries, counts), places, differ=False)
        rest = lanes.load(rests, b.mul(values[7], lanes.index(LANES)))
        query_rest = lanes.spread(b.trunc(values[8], rest.type.element))
        smaller = lanes.where(b.icmp_unsigned("<", rest, query_rest), rest, query_rest)
        need = lanes.spread(b.trunc(values[9], rest.type.element))
        return lanes.mask(b.icmp_unsigned(">=", b.add(overlap, smaller), need))

    number = types.int64
    arguments = (tile, queries, number, number, number, counts, rests, number, number, number)
    return number(*arguments), generate


@intrinsic
def _distance_stretch(
    _typing: Any, tile: Any, queries: Any, _query: Any, _first: Any, _stop: Any, counts: Any, _most: Any
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        tile, queries, counts = (lanes.pointer(signature.args[i], values[i]) for i in (0, 1, 5))
        places = (values[2], values[3], values[4])
        distance = _count(lanes, b, (tile, queries, counts), places, differ=True)
        most = lanes.spread(b.trunc(values[6], distance.type.element))
        return lanes.mask(b.icmp_unsigned("<=", distance, most))

    number = types.int64
    return number(tile, queries, number, number, number, counts, number), generate


overlap_stretch = cast("Callable[..., int]", _overlap_stretch)
"""`overlap_stretch(tile, queries, query, first, stop, counts, rests, rest, query_rest, need)`.

Add the overlap in pieces `first` to `stop - 1` to `counts` uint16 (64,), which starts at 0 with the first
piece. Gives one bit a lane: whether the overlap so far, with the smaller of the set bits that remain on
both sides (row `rest` of `rests`, and `query_rest`), can still come to `need`. The query's pieces start at
`query`.
"""

distance_stretch = cast("Callable[..., int]", _distance_stretch)
"""`distance_stretch(tile, queries, query, first, stop, counts, most)`.

Add the distance in pieces `first` to `stop - 1` to `counts`, and give one bit a lane: whether it is still
at most `most`.
"""
