"""The vector programs of the matching core: levels, codes and cells of 64 pairs (one query row, one tile).

Exact: an overlap `o` of filters with `a` and `b` set bits reaches a threshold of `t` thousandths if ``2000
* o >= t * (a + b)``. With ``t * a = 2000 * U + u`` and ``t * b = 2000 * V + v``, where 0 <= u < 2000 and 0
< v <= 2000, that is ``o > U + V + (v > 2000 - u)``: everything fits 16 bits, the parts of `a` are worked
out once a query and those of `b` once a tile.

Limits: counts are 16 bits wide, so a filter has at most 32,768 bits; codes of a group of comparisons stay
below 2**16 and cells below 2**31.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic

from linkage.kernels.lanes import LANES, Lanes
from linkage.kernels.tile_layout import (
    CUTS,
    FACT,
    FIRST_STOP,
    INCREMENTS,
    LEFT,
    N_PIECES,
    N_THRESHOLDS,
    N_VIEW_FIELDS,
    NEED,
    RIGHT,
    SEGMENT_PIECES,
    THRESHOLDS,
)

__all__ = [
    "append_level",
    "distance_levels",
    "equal_keys",
    "listed_codes",
    "overlap_levels",
    "write_cells",
]


class _View:
    """What the programs read of one view: its row of `views`, and the arrays that the row points into."""

    def __init__(self, lanes: Lanes, builder: Any, signature: Any, values: Any) -> None:
        self._lanes, self._builder = lanes, builder
        pointers = [
            value if isinstance(kind, types.Integer) else lanes.pointer(kind, value)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        views, view, self._tile, self._facts, self._query, query, self._needs, needs, *others = pointers
        self._constants, self._levels = others
        first = builder.mul(view, lanes.index(N_VIEW_FIELDS))
        self._fields = [
            lanes.scalar(views, builder.add(first, lanes.index(field)), 64) for field in range(N_VIEW_FIELDS)
        ]
        self._fields[LEFT] = builder.add(self._fields[LEFT], query)
        self._fields[NEED] = builder.add(self._fields[NEED], needs)

    def field(self, field: int) -> Any:
        return self._fields[field]

    def piece(self, i: Any) -> tuple[Any, Any]:
        """The i-th 16 bits of the tile's 64 filters, and those of the query's filter in every lane."""
        b, lanes = self._builder, self._lanes
        column = lanes.load(self._tile, b.mul(b.add(self.field(RIGHT), i), lanes.index(LANES)))
        return column, lanes.spread(lanes.scalar(self._query, b.add(self.field(LEFT), i)))

    def fact(self, row: Any) -> Any:
        """A row of what the tile knows of its 64 filters in this view."""
        b, lanes = self._builder, self._lanes
        return lanes.load(self._facts, b.mul(b.add(self.field(FACT), row), lanes.index(LANES)))

    def need(self, place: Any) -> Any:
        """What the query needs to reach a threshold, in every lane."""
        return self._lanes.spread(self._lanes.scalar(self._needs, self._builder.add(self.field(NEED), place)))

    def constant(self, field: int, place: Any) -> Any:
        """A constant of the view, in every lane."""
        return self._lanes.spread(
            self._lanes.scalar(self._constants, self._builder.add(self.field(field), place))
        )

    def raise_levels(self, reached: Callable[[Any], Any]) -> None:
        """Add up the increments of the thresholds reached, and keep the greater of that and the levels so far."""
        b, lanes = self._builder, self._lanes

        def add_threshold(k: Any, values: list[Any]) -> list[Any]:
            gain = lanes.where(reached(k), self.constant(INCREMENTS, k), lanes.constant(0))
            return [b.add(values[0], gain)]

        (level,) = lanes.repeat(self.field(N_THRESHOLDS), [self.fact(lanes.index(0))], add_threshold)
        best = lanes.load(self._levels, lanes.index(0))
        greater = lanes.where(b.icmp_unsigned(">", level, best), level, best)
        lanes.store(greater, self._levels, lanes.index(0))


def _view_program(build: Callable[[Lanes, Any, _View], None]) -> Callable[..., None]:
    @intrinsic
    def program(
        _typing: Any,
        views: Any,
        _view: Any,
        tile: Any,
        facts: Any,
        query: Any,
        _query: Any,
        needs: Any,
        _need: Any,
        constants: Any,
        levels: Any,
    ) -> Any:
        number = types.int64
        arguments = (views, number, tile, facts, query, number, needs, number, constants, levels)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            lanes = Lanes(context, builder)
            build(lanes, builder, _View(lanes, builder, signature, values))
            return context.get_dummy_value()

        return types.void(*arguments), generate

    return cast("Callable[..., None]", program)


def _build_overlap(lanes: Lanes, b: Any, view: _View) -> None:
    def add_piece(i: Any, values: list[Any]) -> list[Any]:
        column, query = view.piece(i)
        return [b.add(values[0], lanes.set_bits(b.and_(column, query)))]

    (overlap,) = lanes.repeat(view.field(N_PIECES), [lanes.constant(0)], add_piece)

    def reached(k: Any) -> Any:
        first = b.mul(k, lanes.index(2))
        second = b.add(first, lanes.index(1))
        # The first row of facts is the level without a threshold.
        whole, rest = view.fact(second), view.fact(b.add(second, lanes.index(1)))
        carry = b.zext(b.icmp_unsigned(">", rest, view.need(second)), rest.type)
        return b.icmp_unsigned(">", overlap, b.add(b.add(whole, view.need(first)), carry))

    view.raise_levels(reached)


def _build_distance(lanes: Lanes, b: Any, view: _View) -> None:
    segment = lanes.index(SEGMENT_PIECES)

    def add_segment(s: Any, values: list[Any]) -> list[Any]:
        start = b.mul(s, segment)
        left = b.sub(view.field(N_PIECES), start)
        n = b.select(b.icmp_signed("<", left, segment), left, segment)

        def add_piece(i: Any, values: list[Any]) -> list[Any]:
            column, query = view.piece(b.add(start, i))
            return [b.add(values[0], lanes.set_bits(b.xor(column, query)))]

        return lanes.repeat(n, values, add_piece)

    def hopeless(s: Any, values: list[Any]) -> Any:
        beyond = b.icmp_unsigned(">", values[0], view.constant(CUTS, s))
        every = b.icmp_signed("==", lanes.mask(beyond), lanes.index(-1))
        return b.and_(every, b.icmp_signed(">=", s, view.field(FIRST_STOP)))

    n_segments = b.sdiv(b.add(view.field(N_PIECES), lanes.index(SEGMENT_PIECES - 1)), segment)
    # The second row of facts is where the distance starts: beyond every threshold if the filter is missing.
    (distance,) = lanes.repeat(n_segments, [view.fact(lanes.index(1))], add_segment, hopeless)

    def reached(k: Any) -> Any:
        return b.icmp_unsigned("<=", distance, view.constant(THRESHOLDS, k))

    view.raise_levels(reached)


overlap_levels = _view_program(_build_overlap)
"""`overlap_levels(views, view, tile, facts, queries, query, needs, need, constants, levels)`.

Raise `levels` by a Dice view. The pieces of the query start at place `query` of `queries`, its needs at place
`need` of `needs`.
"""

distance_levels = _view_program(_build_distance)
"""The same, with the same arguments, for a Hamming view.

Stops before the last bit once every lane is beyond the weakest threshold, or surely enough so: see `cuts`.
"""


@intrinsic
def _append_level(_typing: Any, codes: Any, _place: Any, levels: Any, _radix: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, levels = (
            lanes.pointer(signature.args[0], values[0]),
            lanes.pointer(signature.args[2], values[2]),
        )
        factor = lanes.spread(b.trunc(values[3], lanes.constant(0).type.element))
        start = b.mul(values[1], lanes.index(LANES))
        longer = b.add(b.mul(lanes.load(codes, start), factor), lanes.load(levels, lanes.index(0)))
        lanes.store(longer, codes, start)
        lanes.store(lanes.constant(0), levels, lanes.index(0))
        return context.get_dummy_value()

    return types.void(codes, types.int64, levels, types.int64), generate


@intrinsic
def _write_cells(
    _typing: Any, codes: Any, _radix: Any, offsets: Any, _row: Any, _met: Any, _dump: Any, cells: Any
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, offsets, cells = (lanes.pointer(signature.args[i], values[i]) for i in (0, 2, 6))
        high = lanes.widen(lanes.load(codes, lanes.index(0)), 32)
        low = lanes.widen(lanes.load(codes, lanes.index(LANES)), 32)
        narrow = high.type.element
        code = b.add(b.mul(high, lanes.spread(b.trunc(values[1], narrow))), low)
        offset = lanes.load(offsets, b.mul(values[3], lanes.index(LANES)), 32)
        dumped = lanes.spread(b.trunc(values[5], narrow))
        offset = lanes.where(lanes.condition(values[4]), dumped, offset)
        lanes.store(b.add(offset, code), cells, lanes.index(0), 32)
        return context.get_dummy_value()

    return types.void(codes, types.int64, offsets, types.int64, types.int64, types.int64, cells), generate


@intrinsic
def _equal_keys(_typing: Any, keys: Any, _row: Any, _key: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        keys = lanes.pointer(signature.args[0], values[0])
        column = lanes.load(keys, b.mul(values[1], lanes.index(LANES)), 64)
        return lanes.mask(b.icmp_unsigned("==", column, lanes.spread(values[2])))

    return types.int64(keys, types.int64, types.uint64), generate


@intrinsic
def _listed_codes(_typing: Any, codes: Any, listed: Any, _place: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, listed = (lanes.pointer(signature.args[i], values[i]) for i in (0, 1))
        code = lanes.widen(lanes.load(codes, lanes.index(0)), 64)
        bits = lanes.spread(lanes.scalar(listed, values[2], 64))
        bit = b.and_(b.lshr(bits, code), lanes.constant(1, 64))
        return lanes.mask(b.icmp_unsigned("!=", bit, lanes.constant(0, 64)))

    return types.int64(codes, listed, types.int64), generate


append_level = cast("Callable[..., None]", _append_level)
"""`append_level(codes, place, levels, radix)`: multiply row `place` of `codes` by `radix`, add and clear `levels`.

A radix of 0 starts a new code.
"""

write_cells = cast("Callable[..., None]", _write_cells)
"""`write_cells(codes, radix, offsets, row, met, dump, cells)`: cells of a table from two rows of codes.

A lane's cell is its code plus row `row` of `offsets`, or plus `dump` where its bit of `met` is set.
"""

equal_keys = cast("Callable[..., int]", _equal_keys)
"""`equal_keys(keys, row, key)`: one bit a lane, set where row `row` of `keys` holds `key`."""

listed_codes = cast("Callable[..., int]", _listed_codes)
"""`listed_codes(codes, listed, place)`: one bit a lane, set where the first row of codes holds a listed code.

Codes are below 64; the listed ones are the bits of place `place` of `listed` uint64.
"""
