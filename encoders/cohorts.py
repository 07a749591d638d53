"""Cohorts: who was born in the same month or year, as a keyed token that says so and no more.

The unit sees which records share a cohort, and never which month it is: the token is an HMAC under a key of its own.
What it does tell: how large each cohort is, and, once its source has sent a notice that a cohort ages out, about when
it was born. Until then nothing but the sizes.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.hashing.keyed_values import keyed_words
from encoders.parts import part_of_column
from linkage.exchange.specification.people import CohortRule

__all__ = ["cohort_token", "cohort_words"]

# A mistyped month is nobody's cohort: such a record ages out with the others of its child.
_REAL = {"year": "^[0-9]{4}$", "year_month": "^[0-9]{4}(0[1-9]|1[0-2])$"}


def cohort_words(key: bytes, rule: CohortRule, values: pa.StringArray) -> npt.NDArray[np.uint64]:
    """The token of each normalised date: uint64, shape (len(values),); 0 where there is none.

    Parameters
    ----------
    key
        The derived key of cohort tokens.
    """
    parts = part_of_column(values, rule.part)
    real = pc.fill_null(pc.match_substring_regex(parts, _REAL[rule.part]), fill_value=False)
    return keyed_words(key, pc.if_else(real, parts, pa.scalar(None, pa.string())))


def cohort_token(key: bytes, cohort: str) -> int:
    """The token of one cohort, given by its digits, such as ``200811``."""
    return int(keyed_words(key, pa.array([cohort], pa.string()))[0])
