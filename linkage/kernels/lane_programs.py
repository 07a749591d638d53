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
    INCREMENTS,
    LEFT,
    MISSING_DISTANCE,
    N_PIECES,
    N_STOPS,
    N_THRESHOLDS,
    N_VIEW_FIELDS,
    NEED,
    RIGHT,
    STOPS,
    THRESHOLDS,
)

__all__ = [
    "append_levels",
    "distance_levels",
    "equal_cells",
    "equal_codes",
    "equal_keys",
    "listed_codes",
    "overlap_levels",
    "write_cells",
]


class _View:
    """What the programs read of one view, for two queries behind each other."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any) -> None:
        self.b, self.lanes = builder, Lanes(context, builder)
        lanes = self.lanes
        pointers = [
            value if isinstance(kind, types.Integer) else lanes.pointer(kind, value)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        views, view, self._tile, self._facts, self._queries, self._needs, query, *others = pointers
        self._constants, self._levels = others
        first = builder.mul(view, lanes.index(N_VIEW_FIELDS))
        self._fields = [
            lanes.scalar(views, builder.add(first, lanes.index(field)), 64) for field in range(N_VIEW_FIELDS)
        ]
        both = [query, builder.add(query, lanes.index(1))]
        widths = [lanes.shape(signature.args[place], values[place], 1) for place in (4, 5)]
        self._lefts = [builder.add(self.field(LEFT), builder.mul(one, widths[0])) for one in both]
        self._first_needs = [builder.add(self.field(NEED), builder.mul(one, widths[1])) for one in both]

    def field(self, field: int) -> Any:
        return self._fields[field]

    def count(
        self, start: Any, stop: Any, counts: list[Any], combine: Callable[[Any, Any], Any]
    ) -> list[Any]:
        """Add the set bits of combined pieces `start` to `stop - 1` to the counts of both queries."""
        b, lanes = self.b, self.lanes

        def add_piece(i: Any, values: list[Any]) -> list[Any]:
            piece = b.add(start, i)
            # One load of the tile serves both queries.
            column = lanes.load(self._tile, b.mul(b.add(self.field(RIGHT), piece), lanes.index(LANES)))
            queries = [lanes.spread(lanes.scalar(self._queries, b.add(left, piece))) for left in self._lefts]
            return [
                b.add(value, lanes.set_bits(combine(column, query)))
                for value, query in zip(values, queries, strict=True)
            ]

        return lanes.repeat(b.sub(stop, start), counts, add_piece)

    def fact(self, row: Any) -> Any:
        """A row of what the tile knows of its 64 filters in this view."""
        return self.lanes.load(
            self._facts, self.b.mul(self.b.add(self.field(FACT), row), self.lanes.index(LANES))
        )

    def need(self, query: int, place: Any) -> Any:
        """A need of one of the queries, in every lane."""
        return self.lanes.spread(self.lanes.scalar(self._needs, self.b.add(self._first_needs[query], place)))

    def constant(self, field: int, place: Any) -> Any:
        """A constant of the view."""
        return self.lanes.scalar(self._constants, self.b.add(self.field(field), place))

    def raise_levels(self, reached: Callable[[Any], list[Any]]) -> None:
        """Add up the increments of the thresholds reached; keep the greater of that and the levels so far."""
        b, lanes = self.b, self.lanes

        def add_threshold(k: Any, values: list[Any]) -> list[Any]:
            increment = lanes.spread(self.constant(INCREMENTS, k))
            return [
                b.add(value, lanes.where(condition, increment, lanes.constant(0)))
                for value, condition in zip(values, reached(k), strict=True)
            ]

        base = self.fact(lanes.index(0))
        levels = lanes.repeat(self.field(N_THRESHOLDS), [base, base], add_threshold)
        for query, level in enumerate(levels):
            # The first need is all ones, or 0 where the query has no filter and every lane is missing.
            own = b.and_(level, self.need(query, lanes.index(0)))
            row = lanes.index(LANES * query)
            best = lanes.load(self._levels, row)
            lanes.store(lanes.where(b.icmp_unsigned(">", own, best), own, best), self._levels, row)


def _view_program(build: Callable[[_View], None]) -> Callable[..., None]:
    @intrinsic
    def program(
        _typing: Any,
        views: Any,
        _view: Any,
        tile: Any,
        facts: Any,
        queries: Any,
        needs: Any,
        _query: Any,
        constants: Any,
        levels: Any,
    ) -> Any:
        number = types.int64
        arguments = (views, number, tile, facts, queries, needs, number, constants, levels)

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            build(_View(context, builder, signature, values))
            return context.get_dummy_value()

        return types.void(*arguments), generate

    return cast("Callable[..., None]", program)


def _build_overlap(view: _View) -> None:
    b, lanes = view.b, view.lanes
    none = lanes.constant(0)
    overlaps = view.count(lanes.index(0), view.field(N_PIECES), [none, none], b.and_)

    def reached(k: Any) -> list[Any]:
        first = b.add(b.mul(k, lanes.index(2)), lanes.index(1))
        second = b.add(first, lanes.index(1))
        whole, rest = view.fact(first), view.fact(second)
        conditions = []
        for query, overlap in enumerate(overlaps):
            carry = b.zext(b.icmp_unsigned(">", rest, view.need(query, second)), rest.type)
            limit = b.add(b.add(whole, view.need(query, first)), carry)
            conditions.append(b.icmp_unsigned(">", overlap, limit))
        return conditions

    view.raise_levels(reached)


def _build_distance(view: _View) -> None:
    b, lanes = view.b, view.lanes
    # The second row of facts is where the distance starts: beyond every threshold if the filter is missing.
    start = view.fact(lanes.index(1))

    def add_stretch(s: Any, values: list[Any]) -> list[Any]:
        before, stop = (
            b.zext(view.constant(STOPS, place), lanes.index(0).type)
            for place in (s, b.add(s, lanes.index(1)))
        )
        return view.count(before, stop, values, b.xor)

    def hopeless(s: Any, values: list[Any]) -> Any:
        cut = lanes.spread(view.constant(CUTS, s))
        beyond = [lanes.mask(b.icmp_unsigned(">", value, cut)) for value in values]
        return b.icmp_signed("==", b.and_(*beyond), lanes.index(-1))

    # Whoever is stopped has come to no threshold, though the bits so far may differ less than it allows.
    beyond = lanes.constant(MISSING_DISTANCE)
    distances = lanes.repeat(view.field(N_STOPS), [start, start], add_stretch, hopeless, [beyond, beyond])

    def reached(k: Any) -> list[Any]:
        threshold = lanes.spread(view.constant(THRESHOLDS, k))
        return [b.icmp_unsigned("<=", distance, threshold) for distance in distances]

    view.raise_levels(reached)


overlap_levels = _view_program(_build_overlap)
"""`overlap_levels(views, view, tile, facts, queries, needs, query, constants, levels)`.

Raise both rows of `levels` uint16 (2, 64) by a Dice view, of rows `query` and `query + 1` of `queries` and
`needs`.
"""

distance_levels = _view_program(_build_distance)
"""The same, with the same arguments, for a Hamming view.

Stops at one of the view's points, before the last bit, once every lane of both queries is beyond the weakest
threshold, or surely enough so: see `linkage.kernels.stopping`.
"""


@intrinsic
def _append_levels(_typing: Any, codes: Any, _slot: Any, _group: Any, levels: Any, _radix: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, levels = (lanes.pointer(signature.args[i], values[i]) for i in (0, 3))
        factor = lanes.spread(b.trunc(values[4], lanes.constant(0).type.element))
        for query in range(2):
            slot = b.mul(b.add(values[1], lanes.index(query)), lanes.index(2))
            start = b.mul(b.add(slot, values[2]), lanes.index(LANES))
            row = lanes.index(LANES * query)
            longer = b.add(b.mul(lanes.load(codes, start), factor), lanes.load(levels, row))
            lanes.store(longer, codes, start)
            lanes.store(lanes.constant(0), levels, row)
        return context.get_dummy_value()

    number = types.int64
    return types.void(codes, number, number, levels, number), generate


@intrinsic
def _write_cells(
    _typing: Any,
    codes: Any,
    _slot: Any,
    _radix: Any,
    offsets: Any,
    _row: Any,
    _met: Any,
    _dump: Any,
    cells: Any,
) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, offsets, cells = (lanes.pointer(signature.args[i], values[i]) for i in (0, 3, 7))
        first = b.mul(values[1], lanes.index(2 * LANES))
        high = lanes.widen(lanes.load(codes, first), 32)
        low = lanes.widen(lanes.load(codes, b.add(first, lanes.index(LANES))), 32)
        narrow = high.type.element
        code = b.add(b.mul(high, lanes.spread(b.trunc(values[2], narrow))), low)
        offset = lanes.load(offsets, b.mul(values[4], lanes.index(LANES)), 32)
        dumped = lanes.spread(b.trunc(values[6], narrow))
        offset = lanes.where(lanes.condition(values[5]), dumped, offset)
        lanes.store(b.add(offset, code), cells, lanes.index(0), 32)
        return context.get_dummy_value()

    number = types.int64
    return types.void(codes, number, number, offsets, number, number, number, cells), generate


@intrinsic
def _equal_keys(_typing: Any, keys: Any, _row: Any, _key: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        keys = lanes.pointer(signature.args[0], values[0])
        column = lanes.load(keys, b.mul(values[1], lanes.index(LANES)), 64)
        return lanes.mask(b.icmp_unsigned("==", column, lanes.spread(values[2])))

    return types.int64(keys, types.int64, types.uint64), generate


@intrinsic
def _equal_cells(_typing: Any, cells: Any, _cell: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        row = lanes.load(lanes.pointer(signature.args[0], values[0]), lanes.index(0), 32)
        return lanes.mask(b.icmp_unsigned("==", row, lanes.spread(b.trunc(values[1], row.type.element))))

    return types.int64(cells, types.int64), generate


@intrinsic
def _listed_codes(_typing: Any, codes: Any, _slot: Any, listed: Any, _place: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes, listed = (lanes.pointer(signature.args[i], values[i]) for i in (0, 2))
        code = lanes.widen(lanes.load(codes, b.mul(values[1], lanes.index(2 * LANES))), 64)
        bits = lanes.spread(lanes.scalar(listed, values[3], 64))
        bit = b.and_(b.lshr(bits, code), lanes.constant(1, 64))
        return lanes.mask(b.icmp_unsigned("!=", bit, lanes.constant(0, 64)))

    return types.int64(codes, types.int64, listed, types.int64), generate


@intrinsic
def _equal_codes(_typing: Any, codes: Any, _slot: Any, _high: Any, _low: Any, _both: Any) -> Any:
    def generate(context: Any, b: Any, signature: Any, values: Any) -> Any:
        lanes = Lanes(context, b)
        codes = lanes.pointer(signature.args[0], values[0])
        first = b.mul(values[1], lanes.index(2 * LANES))
        masks = []
        for group, value in enumerate(values[2:4]):
            row = lanes.load(codes, b.add(first, lanes.index(LANES * group)))
            masks.append(
                lanes.mask(b.icmp_unsigned("==", row, lanes.spread(b.trunc(value, row.type.element))))
            )
        return b.select(values[4], b.and_(*masks), masks[0])

    number = types.int64
    return types.int64(codes, number, number, number, types.boolean), generate


append_levels = cast("Callable[..., None]", _append_levels)
"""`append_levels(codes, slot, group, levels, radix)`: make the codes of two queries one comparison longer.

`codes` uint16 (n_slots, 2, 64) has a slot a query and a row a group of comparisons. The rows of `group` at
`slot` and `slot + 1` are multiplied by `radix` (0 starts a new code); `levels` uint16 (2, 64) are added,
and cleared.
"""

write_cells = cast("Callable[..., None]", _write_cells)
"""`write_cells(codes, slot, radix, offsets, row, met, dump, cells)`: cells of a table from the codes of a
slot.

The code of a lane is that of the first group times `radix` and that of the second. Its cell is the code
plus row `row` of `offsets` int32, or plus `dump` where its bit of `met` is set.
"""

equal_keys = cast("Callable[..., int]", _equal_keys)
"""`equal_keys(keys, row, key)`: one bit a lane, set where row `row` of `keys` holds `key`."""

equal_cells = cast("Callable[..., int]", _equal_cells)
"""`equal_cells(cells, cell)`: one bit a lane, set where `cells` int32 (64,) is `cell`."""

listed_codes = cast("Callable[..., int]", _listed_codes)
"""`listed_codes(codes, slot, listed, place)`: one bit a lane, set where the code of the first group is
listed.

Codes are below 64; the listed ones are the bits of place `place` of `listed` uint64.
"""

equal_codes = cast("Callable[..., int]", _equal_codes)
"""`equal_codes(codes, slot, high, low, both)`: one bit a lane, set where the code of the first group is `high` and,
if `both`, that of the second is `low`.
"""
