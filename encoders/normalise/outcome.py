"""What a rule of normalisation says about a value, before it is counted over the rows of a batch."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Effect", "Judged", "Rule", "as_flags", "first_match", "without"]


class Effect(Enum):
    """What becomes of a value on which a rule fires."""

    MISSING = "missing"
    REJECTS_RECORD = "rejects record"
    KEPT = "kept"


@dataclass(frozen=True)
class Rule:
    """A rule's name, without the field, and its effect."""

    name: str
    effect: Effect = Effect.MISSING


@dataclass(frozen=True)
class Judged:
    """The distinct values of a column, normalised and judged.

    Parameters
    ----------
    values
        Normalised, null where missing; (n_distinct,).
    verdicts
        uint8 (n_distinct,): 0 where no rule fired, otherwise 1 + the position of the rule in `rules`.
    rules
        The rules that can fire, each with its own effect.
    """

    values: pa.StringArray
    verdicts: npt.NDArray[np.uint8]
    rules: tuple[Rule, ...]


def first_match(n_values: int, *flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Verdicts, uint8 (n_values,), from one array of flags a rule, in the order of the rules; the first wins."""
    verdicts = np.zeros(n_values, np.uint8)
    for position in range(len(flags), 0, -1):
        verdicts[flags[position - 1]] = position
    return verdicts


def as_flags(flags: pa.BooleanArray) -> npt.NDArray[np.bool_]:
    """Arrow booleans without nulls as NumPy's, bool (n,)."""
    return np.asarray(flags.to_numpy(zero_copy_only=False), np.bool_)


def without(values: pa.StringArray, missing: npt.NDArray[np.bool_]) -> pa.StringArray:
    """Set the flagged values to null; `missing` is bool (n,)."""
    if not missing.any():
        return values
    return pc.if_else(pa.array(~missing), values, pa.scalar(None, pa.string()))
