"""What every job at the linkage unit starts from: the specification that lies in the index."""

from pathlib import Path

from linkage.exchange.specification import Specification, parse_specification
from linkage.index.storage.folder import IndexFolder

__all__ = ["index_specification"]


def index_specification(index: Path) -> Specification:
    """The specification under which an index was made.

    Raises
    ------
    IndexRefused
        If there is no index at that place.
    """
    folder = IndexFolder(index)
    folder.read_card()
    return parse_specification(
        folder.specification.read_text(encoding="utf-8"), origin=str(folder.specification)
    )
