"""The job that reads where each source's chain of packages stands in an index."""

from pathlib import Path

from linkage.exchange.following import ChainHead
from linkage.index import open_index

__all__ = ["chain_heads"]


def chain_heads(index: Path) -> dict[str, ChainHead]:
    """The package of each source that was loaded last; a source of which nothing is loaded is not in it.

    Raises
    ------
    IndexRefused
        If there is no index, or it cannot be opened.
    """
    with open_index(index) as opened:
        return {
            source: ChainHead(package.sequence, package.digest)
            for source, package in opened.last_packages().items()
        }
