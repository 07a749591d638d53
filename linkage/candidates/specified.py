"""The block spaces that a specification asks for."""

from linkage.candidates.spaces import BlockSpace
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import Specification

__all__ = ["spaces_of"]


def spaces_of(specification: Specification) -> tuple[BlockSpace, ...]:
    """One space for each name, in the order in which the specification first names it: the order of the strata."""
    offsets: dict[str, list[int]] = {}
    for rule in specification.blocking_keys:
        column = specification.record_schema.column(ColumnKind.BLOCK, rule.name)
        offsets.setdefault(rule.space_name, []).append(column.offset)
    return tuple(BlockSpace(name, tuple(places)) for name, places in offsets.items())
