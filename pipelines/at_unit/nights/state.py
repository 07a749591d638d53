"""What an index holds, in counts: how many children, of which sizes, and how the feeds meet in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.index import LiveRows

__all__ = ["IndexState"]


@dataclass(frozen=True, repr=False)
class IndexState:
    """Counts of live records and their children.

    Attributes
    ----------
    sources
        Names, by number.
    records, unlinked, duplicates
        int64, shape (n_sources,): live records; those that are alone in their child; those beyond the source's
        first in a child.
    met
        int64, shape (n_sources, n_sources): records of one source whose child holds a record of the other.
    sizes
        int64: how many children have 0, 1, 2, ... records.
    """

    sources: tuple[str, ...]
    records: npt.NDArray[np.int64]
    unlinked: npt.NDArray[np.int64]
    duplicates: npt.NDArray[np.int64]
    met: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, live: LiveRows, sources: tuple[str, ...]) -> "IndexState":
        """Count live records; those without a child are left out."""
        n_sources = len(sources)
        known = live.children >= 0
        cell = live.children[known] * n_sources + live.sources[known]
        most = int(live.children.max(initial=-1)) + 1
        held = np.bincount(cell, minlength=most * n_sources).reshape(most, n_sources)
        held = held[held.any(axis=1)]
        total = held.sum(axis=1)
        return cls(
            sources,
            held.sum(axis=0),
            held[total == 1].sum(axis=0),
            (held - (held > 0)).sum(axis=0),
            held.T @ (held > 0),
            np.bincount(total, minlength=1),
        )

    @property
    def children(self) -> int:
        """How many children there are."""
        return int(self.sizes.sum())

    @property
    def largest(self) -> int:
        """Records of the largest child."""
        return len(self.sizes) - 1

    def by_source(self, counts: npt.NDArray[np.int64]) -> dict[str, int]:
        """Counts under the names of the sources."""
        return dict(zip(self.sources, counts.tolist(), strict=True))

    def to_json(self) -> dict[str, object]:
        """As it stands in a run's report."""
        return {
            "records": self.by_source(self.records),
            "children": self.children,
            "unlinked": self.by_source(self.unlinked),
            "duplicates": self.by_source(self.duplicates),
            "met": {
                f"{left} in {right}": int(self.met[a, b])
                for a, left in enumerate(self.sources)
                for b, right in enumerate(self.sources)
                if a != b
            },
            "child_sizes": {str(size): int(n) for size, n in enumerate(self.sizes) if n},
        }
