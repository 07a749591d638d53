"""What a simulation was asked for, and how it is cut into chunks."""

from dataclasses import dataclass

from linkage.exchange.errors import InputRefused
from pipelines.simulation.rates import Rates

__all__ = ["CHUNK_CHILDREN", "MOST_CHILDREN", "SOURCES", "Plan"]

SOURCES = ("school", "gp", "benefits")
# Part of the definition of a population: another size would give other children for the same seed.
CHUNK_CHILDREN = 25_000
# NHS numbers: 400 million bodies, twelve candidates for every child (identifiers.py).
MOST_CHILDREN = 33_000_000


@dataclass(frozen=True)
class Plan:
    """A population to simulate.

    Raises
    ------
    InputRefused
        A number that is out of range.
    """

    children: int
    seed: int
    rates: Rates

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not 1 <= self.children <= MOST_CHILDREN:
            raise InputRefused(f"number of children: expected 1 to {MOST_CHILDREN:,}, got {self.children:,}")
        if not 0 <= self.seed < 2**63:
            raise InputRefused(f"seed: expected a number from 0 to 2**63 - 1, got {self.seed}")

    @property
    def n_chunks(self) -> int:
        """Chunks of households; the last may be smaller."""
        return -(-self.children // CHUNK_CHILDREN)

    def chunk_size(self, chunk: int) -> int:
        """Children in a chunk."""
        return min(CHUNK_CHILDREN, self.children - chunk * CHUNK_CHILDREN)
