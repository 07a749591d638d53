"""Date formats of a source, in the notation of ``strptime``, as regular expressions over a whole column.

Understood: ``%d %m %Y %y %b %B %H %M %S %f %%`` and literal text. ``%b`` and ``%B`` each take English month names in
short or in full. Day and month may lack a leading zero unless digits adjoin them. A blank stands for any white space.
A format without hours also reads dates with a time of midnight after them, as data bases export them.
"""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from linkage.exchange.errors import FeedRefused

__all__ = ["DEFAULT_DATE_FORMATS", "parts_by_format"]

DEFAULT_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_DIRECTIVES = {
    "d": "(?P<day>[0-9]{1,2})",
    "m": "(?P<month>[0-9]{1,2})",
    "Y": "(?P<year>[0-9]{4})",
    "y": "(?P<short_year>[0-9]{2})",
    "b": f"(?P<month_name>{_MONTH_NAME})",
    "B": f"(?P<month_name>{_MONTH_NAME})",
    "H": "[0-9]{1,2}",
    "M": "[0-9]{1,2}",
    "S": "[0-9]{1,2}",
    "f": "[0-9]{1,9}",
    "%": "%",
}
_FIXED_WIDTH = ("{1,2}", "{2}")
_MIDNIGHT = "(?:[ t]0?0:00(?::00(?:[.]0+)?)?z?)?"
_PARTS = frozenset("dmYybB")
_NEEDED = ({"d"}, {"m", "b", "B"}, {"Y", "y"})


def parts_by_format(
    values: pa.StringArray, date_format: str, *, latest_year: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Read folded ASCII texts by one format.

    Parameters
    ----------
    values
        (n,) lower case, without blanks around them.
    date_format
        As above.
    latest_year
        A year of two digits is the last one that is not after this.

    Returns
    -------
    tuple
        Which values have the format, bool (n,); and year, month and day, int64 (n, 3), zero where they do not have it.
        Whether such a day exists is not asked here.

    Raises
    ------
    FeedRefused
        If the format is not understood or lacks day, month or year.
    """
    found = pc.extract_regex(values, pattern=_pattern(date_format))
    names = {field.name for field in found.type}
    matched = np.asarray(pc.is_valid(found).to_numpy(zero_copy_only=False), np.bool_)
    parts = np.zeros((len(values), 3), np.int64)
    hits = found.filter(pa.array(matched))
    parts[matched, 2] = _integers(hits, "day")
    parts[matched, 1] = _month_numbers(hits) if "month_name" in names else _integers(hits, "month")
    if "year" in names:
        parts[matched, 0] = _integers(hits, "year")
    else:
        # The last year with these two digits that is not after the latest.
        parts[matched, 0] = latest_year - (latest_year - _integers(hits, "short_year")) % 100
    return matched, parts


def _pattern(date_format: str) -> str:
    pieces = re.findall(r"%.?|\s+|[^%\s]+", date_format.strip(), flags=re.DOTALL)
    directives = [piece[1:] for piece in pieces if piece.startswith("%")]
    used = [directive for directive in directives if directive in _PARTS]
    if (
        any(directive not in _DIRECTIVES for directive in directives)
        or any(len(needed.intersection(used)) != 1 for needed in _NEEDED)
        or len(used) != len(_NEEDED)
    ):
        raise FeedRefused(
            f"date format {date_format!r}: expected day, month and year once each, from %d, %m or %b or %B, %Y or %y,"
            " with %H %M %S %f for a time; correct date_formats of the source in the specification"
        )
    pattern = "".join(_piece_pattern(pieces, position) for position in range(len(pieces)))
    return f"^{pattern}{'' if 'H' in directives else _MIDNIGHT}$"


def _piece_pattern(pieces: list[str], position: int) -> str:
    piece = pieces[position]
    if piece.isspace():
        return r"\s+"
    if not piece.startswith("%"):
        return re.escape(piece.lower())
    pattern = _DIRECTIVES[piece[1:]]
    neighbours = pieces[max(position - 1, 0) : position] + pieces[position + 1 : position + 2]
    # Without something between them, only a fixed width says where the day ends and the month begins.
    if any(neighbour.startswith("%") for neighbour in neighbours):
        pattern = pattern.replace(*_FIXED_WIDTH)
    return pattern


def _integers(found: pa.StructArray, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(pc.cast(pc.struct_field(found, name), pa.int64()).to_numpy())


def _month_numbers(found: pa.StructArray) -> npt.NDArray[np.int64]:
    names = pc.utf8_slice_codeunits(pc.struct_field(found, "month_name"), 0, 3)
    numbers = pc.index_in(names, value_set=pa.array(_MONTHS, pa.string()))
    return np.asarray(numbers.to_numpy(), np.int64) + 1
