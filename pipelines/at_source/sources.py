"""Finding a source in a specification."""

from difflib import get_close_matches
from pathlib import Path

from linkage.exchange.errors import SpecificationRefused
from linkage.exchange.specification import Specification
from linkage.exchange.specification.model import SourceRule

__all__ = ["source_rule"]


def source_rule(specification: Specification, source: str, origin: Path) -> SourceRule:
    """The section of a source.

    Raises
    ------
    SpecificationRefused
        If there is none; the message lists those that there are.
    """
    rule = specification.sources.get(source)
    if rule is None:
        known = ", ".join(sorted(specification.sources)) or "none"
        meant = get_close_matches(source, specification.sources, n=1)
        hint = f" (did you mean {meant[0]!r}?)" if meant else ""
        raise SpecificationRefused(
            f"{origin}: there is no source {source!r} under [sources]{hint}; known: {known}"
        )
    return rule
