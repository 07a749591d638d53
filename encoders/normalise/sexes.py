"""Codes of sex: ``m``, ``f``, or missing.

Letters and words in English, and the digits of ISO/IEC 5218 and the NHS Data Dictionary (1 male, 2 female, 0 not
known, 9 not specified). A code that is not listed is counted apart from "not stated": many of those mean that the
wrong column is mapped.
"""

import numpy as np
import pyarrow as pa

from encoders.normalise.folding import compact, without_decimal_zero
from encoders.normalise.outcome import Judged, Rule, first_match
from encoders.normalise.placeholders import is_blank

__all__ = ["normalise_sexes"]

_MALE = ("m", "male", "boy", "man", "1", "01")
_FEMALE = ("f", "female", "girl", "woman", "w", "2", "02")
_NOT_STATED = (
    *(
        "0",
        "9",
        "00",
        "09",
        "u",
        "x",
        "i",
        "n",
        "o",
        "unknown",
        "notknown",
        "unk",
        "na",
        "other",
        "nonbinary",
    ),
    *(
        "indeterminate",
        "intersex",
        "notspecified",
        "notstated",
        "notrecorded",
        "undetermined",
        "none",
        "null",
    ),
)
_CODES = {**dict.fromkeys(_MALE, "m"), **dict.fromkeys(_FEMALE, "f")}


def normalise_sexes(values: pa.StringArray) -> Judged:
    """Normalise distinct codes; rules ``not_stated`` and ``unknown_code``."""
    codes = compact(without_decimal_zero(values)).to_arrow().to_pylist()
    sexes = [_CODES.get(code) if code else None for code in codes]
    missing = np.array([sex is None for sex in sexes], np.bool_) & ~is_blank(values)
    not_stated = np.array([not code or code in _NOT_STATED for code in codes], np.bool_)
    return Judged(
        values=pa.array(sexes, pa.string()),
        verdicts=first_match(len(sexes), missing & not_stated, missing),
        rules=(Rule("not_stated"), Rule("unknown_code")),
    )
