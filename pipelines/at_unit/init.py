"""The job that makes an empty index at the linkage unit."""

from pathlib import Path

from linkage.comparison.specified import plan_of
from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import Specification, read_specification
from linkage.index import create_index

__all__ = ["agreed_for_index", "run"]


def run(index: Path, specification: Path) -> str:
    """Make an index for the sources of a specification; returns the specification's fingerprint.

    Raises
    ------
    InputRefused
        If the specification has faults or names no source, or there is something at `index` already.
    """
    agreed = agreed_for_index(specification)
    text = specification.read_text(encoding="utf-8")
    create_index(index, text, agreed.fingerprint, agreed.record_schema, list(agreed.sources))
    return agreed.fingerprint


def agreed_for_index(specification: Path) -> Specification:
    """Read a specification under which an index is to be made.

    Raises
    ------
    SpecificationRefused
        If it has faults, names no source, or its comparisons are too many.
    """
    agreed = read_specification(specification)
    if not agreed.sources:
        raise SpecificationRefused(f"{specification}: an index needs at least one source under [sources]")
    try:
        plan_of(agreed)
    except ValueError as fault:
        raise SpecificationRefused(f"{specification}: comparisons: {fault}") from None
    return agreed
