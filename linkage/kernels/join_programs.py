"""The vector programs of the similarity join: a stretch of the filters of one or two queries and 64 records.

All take the same arguments, so that the kernel reads alike for either measure:

``program(tile, pieces, query, first, stop, counts, row, rests, rest, query_rests, query_rest, limits,
alive)``

Pieces `first` to `stop - 1` of the tile meet those of the query whose pieces start at place `query`; the
counts of the lanes are added to row `row` of `counts` uint16 (2, 64), and start afresh with the first
piece. Of ``alive[row]``, one bit a lane, those stay that can still be similar: by distance, lanes of at
most ``limits[row]``; by overlap, lanes that come to ``limits[row]`` if all the set bits that remain on the
side with fewer (row `rest` of `rests`, and place `query_rest` of `query_rests`) were shared. The programs
for two take the query behind as well, with the next place of everything, and load the tile once for both.

Limits: counts are 16 bits wide, so a filter has at most 32,768 bits.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic

from linkage.kernels.lanes import LANES, Lanes

__all__ = ["distance_one", "distance_two", "overlap_one", "overlap_two"]

Program = Callable[..., None]


class _Stretch:
    """The values of one call: what it reads and writes for each of its queries."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any, n_queries: int) -> None:
        self.b, self.lanes = builder, Lanes(context, builder)
        pointers = [
            value if isinstance(kind, types.Integer) else self.lanes.pointer(kind, value)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        self.tile, self.pieces, self.query, self.first, self.stop, self.counts, self.row, *others = pointers
        self.rests, self.rest, self.query_rests, self.query_rest, self.limits, self.alive = others
        # A panel holds queries behind each other, each of as many pieces as the tile.
        n_pieces = self.lanes.shape(signature.args[0], values[0], 0)
        self.places = [
            builder.add(self.query, builder.mul(n_pieces, self.lanes.index(k))) for k in range(n_queries)
        ]

    def counted(self, combine: Callable[[Any, Any], Any]) -> list[Any]:
        """Counts of each query at the end of the stretch, which are also stored."""
        b, lanes = self.b, self.lanes
        fresh = lanes.spread_condition(b.icmp_signed("==", self.first, lanes.index(0)))
        rows = [b.mul(self._of(k), lanes.index(LANES)) for k in range(len(self.places))]
        before = [lanes.where(fresh, lanes.constant(0), lanes.load(self.counts, row)) for row in rows]

        def add_piece(i: Any, values: list[Any]) -> list[Any]:
            piece = b.add(self.first, i)
            column = lanes.load(self.tile, b.mul(piece, lanes.index(LANES)))
            queries = [lanes.spread(lanes.scalar(self.pieces, b.add(place, piece))) for place in self.places]
            return [
                b.add(value, lanes.set_bits(combine(column, query)))
                for value, query in zip(values, queries, strict=True)
            ]

        after = lanes.repeat(b.sub(self.stop, self.first), before, add_piece)
        for count, row in zip(after, rows, strict=True):
            lanes.store(count, self.counts, row)
        return after

    def keep(self, k: int, condition: Any) -> None:
        """Leave those lanes of a query alive that also fulfil a condition."""
        place = self.b.gep(self.alive, [self._of(k)])
        self.b.store(self.b.and_(self.b.load(place), self.lanes.mask(condition)), place)

    def limit(self, k: int) -> Any:
        """The limit of a query in every lane."""
        return self._spread(self.lanes.scalar(self.limits, self._of(k), 64))

    def behind(self, k: int) -> Any:
        """Set bits that remain, on the side with fewer, in every lane."""
        b, lanes = self.b, self.lanes
        theirs = lanes.load(self.rests, b.mul(self.rest, lanes.index(LANES)))
        own = lanes.spread(lanes.scalar(self.query_rests, b.add(self.query_rest, lanes.index(k))))
        return lanes.where(b.icmp_unsigned("<", theirs, own), theirs, own)

    def _of(self, k: int) -> Any:
        return self.b.add(self.row, self.lanes.index(k))

    def _spread(self, number: Any) -> Any:
        return self.lanes.spread(self.b.trunc(number, self.lanes.constant(0).type.element))


def _overlap(stretch: _Stretch) -> None:
    b = stretch.b
    for k, overlap in enumerate(stretch.counted(b.and_)):
        stretch.keep(k, b.icmp_unsigned(">=", b.add(overlap, stretch.behind(k)), stretch.limit(k)))


def _distance(stretch: _Stretch) -> None:
    b = stretch.b
    for k, distance in enumerate(stretch.counted(b.xor)):
        stretch.keep(k, b.icmp_unsigned("<=", distance, stretch.limit(k)))


def _program(build: Callable[[_Stretch], None], n_queries: int) -> Program:
    @intrinsic
    def program(
        _typing: Any,
        tile: Any,
        pieces: Any,
        _query: Any,
        _first: Any,
        _stop: Any,
        counts: Any,
        _row: Any,
        rests: Any,
        _rest: Any,
        query_rests: Any,
        _query_rest: Any,
        limits: Any,
        alive: Any,
    ) -> Any:
        number = types.int64
        arguments = (tile, pieces, number, number, number, counts, number, rests, number, query_rests, number)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            build(_Stretch(context, builder, signature, values, n_queries))
            return context.get_dummy_value()

        return types.void(*arguments, limits, alive), generate

    return cast("Program", program)


overlap_one = _program(_overlap, 1)
overlap_two = _program(_overlap, 2)
distance_one = _program(_distance, 1)
distance_two = _program(_distance, 2)
