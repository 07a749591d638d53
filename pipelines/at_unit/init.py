"""The job that makes an empty index at the linkage unit."""

from pathlib import Path

from linkage.comparison.specified import plan_of
from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import read_specification
from linkage.index import create_index

__all__ = ["run"]


def run(index: Path, specification: Path) -> str:
    """Make an index for the sources of a specification; returns the specification's fingerprint.

    Raises
    ------
    InputRefused
        If the specification has faults or names no source, or there is something at `index` already.
    """
    agreed = read_specification(specification)
    if not agreed.sources:
        raise SpecificationRefused(f"{specification}: an index needs at least one source under [sources]")
    try:
        plan_of(agreed)
    except ValueError as fault:
        raise SpecificationRefused(f"{specification}: comparisons: {fault}") from None
    text = specification.read_text(encoding="utf-8")
    create_index(index, text, agreed.fingerprint, agreed.record_schema, list(agreed.sources))
    return agreed.fingerprint
