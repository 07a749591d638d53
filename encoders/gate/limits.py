"""The gate's limits. They can be set otherwise by name; every one that was loosened stands in the certificate."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches

from linkage.exchange.errors import SpecificationRefused

__all__ = ["GateLimits"]


@dataclass(frozen=True)
class GateLimits:
    """Above (or, where the name says least, below) which a package is refused; warnings come at half (at twice).

    Attributes
    ----------
    graph_matching
        Share of records named by graph matching with 20 or 100 seeds, on any filter or all together.
    known_pairs
        Share named by what 1,000 known pairs (at most a tenth of the records) teach, of the filters and of everything.
    frequency
        Share of all records whose value is guessed from frequencies, in any filter, token or blocking key.
    components
        Share whose values are guessed from the sizes of near-neighbour components.
    least_k
        Records in the smallest bucket of a blocking space.
    crowded_codes
        Share of records of a filter over several fields whose code more than three records have. (Pairs and triples
        are twins and repeats, which nobody can count with.)
    spearman
        Rank correlation of plaintext and code similarities over all pairs.
    entropy_loss
        Share of their possible entropy that the bits of a diffused filter lack.
    least_records
        Records below which the attacks conclude nothing.
    """

    graph_matching: float = 0.05
    known_pairs: float = 0.05
    frequency: float = 0.01
    components: float = 0.01
    least_k: float = 5
    crowded_codes: float = 0.01
    spearman: float = 0.10
    entropy_loss: float = 0.01
    least_records: float = 1_000

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "GateLimits":
        """Limits with some set otherwise.

        Raises
        ------
        SpecificationRefused
            With every name that there is not.
        """
        known = [each.name for each in fields(cls)]
        unknown = [name for name in values if name not in known]
        if unknown:
            hints = []
            for name in unknown:
                close = get_close_matches(name, known, n=1)
                hints.append(
                    f"there is no limit {name!r}; "
                    + (f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}")
                )
            raise SpecificationRefused(f"privacy.limits: {'; '.join(hints)}")
        return replace(cls(), **{name: float(value) for name, value in values.items()})

    def loosened(self) -> dict[str, tuple[float, float]]:
        """Limits that let more through than the defaults: name to (default, here)."""
        found = {}
        for each in fields(self):
            default, here = float(getattr(GateLimits(), each.name)), float(getattr(self, each.name))
            if (here < default) if each.name.startswith("least") else (here > default):
                found[each.name] = (default, here)
        return found
