"""What a simulation was asked for, and how it is cut into chunks."""

from dataclasses import dataclass

from linkage.exchange.errors import InputRefused
from pipelines.simulation.rates import Rates

__all__ = ["CHUNK_CHILDREN", "MOST_CHILDREN", "SOURCES", "Plan"]

SOURCES = ("school", "gp", "benefits")
# At most 32,767, so that a chunk's records have numbers of 16 bits even if every child had two in a feed.
CHUNK_CHILDREN = 25_000
# NHS numbers: 400 million bodies, twelve candidates for every child (identifiers.py).
MOST_CHILDREN = 33_000_000


@dataclass(frozen=True)
class Plan:
    """A population to simulate.

    `chunk_children` belongs to the population like the seed: another size gives other children.

    Raises
    ------
    InputRefused
        A number that is out of range.
    """

    children: int
    seed: int
    rates: Rates
    chunk_children: int = CHUNK_CHILDREN

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 1 <= self.children <= MOST_CHILDREN:
            raise InputRefused(f"number of children: expected 1 to {MOST_CHILDREN:,}, got {self.children:,}")
        if not 1 <= self.chunk_children <= 32_767:
            raise InputRefused(f"children a chunk: expected 1 to 32,767, got {self.chunk_children:,}")
        if not 0 <= self.seed < 2**63:
            raise InputRefused(f"seed: expected a number from 0 to 2**63 - 1, got {self.seed}")

    @property
    def n_chunks(self) -> int:
        """Chunks of households; the last may be smaller."""
        return -(-self.children // self.chunk_children)

    def chunk_size(self, chunk: int) -> int:
        """Children in a chunk."""
        return min(self.chunk_children, self.children - chunk * self.chunk_children)
