"""Words that stand where a value should be, in any field of words.

Words that are also surnames of some frequency (Blank, Sample) are not among them.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.outcome import as_flags

__all__ = ["NOT_GIVEN", "is_blank", "is_listed"]

# Folded to the output alphabet: "n/a" reads "n a" here. All of it is compared with whole values, never with parts.
NOT_GIVEN = (
    *("unknown", "not known", "unk", "unkown", "unknown unknown", "don t know", "dont know", "dk"),
    *("n a", "na", "nan", "null", "none", "nil", "nk", "n k", "ns", "tba", "tbc", "tbd"),
    *(
        "not given",
        "not stated",
        "not supplied",
        "not provided",
        "not available",
        "not applicable",
        "not recorded",
    ),
    *(
        "not specified",
        "not disclosed",
        "not entered",
        "undisclosed",
        "unspecified",
        "unavailable",
        "withheld",
    ),
    *("refused", "declined", "missing", "empty", "no data", "see notes", "do not use", "duplicate"),
    *("error", "invalid", "dummy", "asdf", "qwerty"),
    *("test", "testing", "test test", "test patient", "test pupil", "test child", "test record"),
    *("zztest", "zz test", "xxtest", "xx test", "xxtestpatient", "testpatient", "xxtestpatientdonotuse"),
)


def is_listed(values: pa.StringArray, listed: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Which values are in the list, bool (n,)."""
    return as_flags(pc.is_in(values, value_set=pa.array(listed, pa.string())))


def is_blank(values: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Which values hold nothing but white space, bool (n,)."""
    return as_flags(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(values)), 0))
