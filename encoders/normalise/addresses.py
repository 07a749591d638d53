"""Addresses: folded, kinds of street abbreviated, numbers in front.

"Flat 2, 14 High Street", "14 High St, Apt. 2" and "2/14 HIGH STREET" share their words and numbers however the source
wrote them. The rules, word by word:

1. Fold to the output alphabet (`folding.fold`).
2. Abbreviate as in `ABBREVIATIONS`; a word for a dwelling's number (flat, apartment, unit, no ...) is dropped.
3. Numbers (digits, perhaps with one letter: "14", "14a") move to the front in the order in which they stand.
4. Words for "unknown", "no fixed abode" and "withheld" alone become missing.

It is not address parsing: towns, house names and counties stay where they stand, and a reference of addresses (UPRN)
is a field of its own.
"""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.folding import fold
from encoders.normalise.outcome import Judged, Rule, as_flags, first_match, without
from encoders.normalise.placeholders import NOT_GIVEN, is_blank, is_listed

__all__ = ["ABBREVIATIONS", "normalise_addresses"]

ABBREVIATIONS = {
    **dict.fromkeys(("street", "str", "saint", "strt"), "st"),
    **dict.fromkeys(("road",), "rd"),
    **dict.fromkeys(("avenue", "av", "aven", "avn"), "ave"),
    **dict.fromkeys(("drive", "drv"), "dr"),
    **dict.fromkeys(("close", "clo"), "cl"),
    **dict.fromkeys(("lane",), "ln"),
    **dict.fromkeys(("court", "crt"), "ct"),
    **dict.fromkeys(("crescent", "cresent", "cresc", "crs"), "cres"),
    **dict.fromkeys(("circuit", "circ"), "cct"),
    **dict.fromkeys(("gardens", "gdn", "gardn"), "gdns"),
    **dict.fromkeys(("grove", "grv"), "gr"),
    **dict.fromkeys(("place", "plc"), "pl"),
    **dict.fromkeys(("square",), "sq"),
    **dict.fromkeys(("terrace", "terr", "tce"), "ter"),
    **dict.fromkeys(("parade", "pde"), "par"),
    **dict.fromkeys(("highway", "hway"), "hwy"),
    **dict.fromkeys(("buildings", "building", "bldgs"), "bldg"),
    **dict.fromkeys(("house",), "hse"),
    **dict.fromkeys(("cottages", "cottage", "cotts"), "cott"),
    **dict.fromkeys(("estate",), "est"),
    **dict.fromkeys(("mount",), "mt"),
    **dict.fromkeys(("park",), "pk"),
    **dict.fromkeys(("walk",), "wlk"),
}
_DROPPED = frozenset(("flat", "flt", "apartment", "apt", "appt", "unit", "no", "number", "num"))
_NO_ADDRESS = (
    *NOT_GIVEN,
    *("no fixed abode", "fixed abode", "nfa", "no fixed address", "fixed address", "address unknown"),
    *("address not known", "confidential", "protected", "homeless", "of no fixed abode", "of fixed abode"),
)
_NUMBER = re.compile(r"[0-9]+[a-z]?")


def normalise_addresses(values: pa.StringArray) -> Judged:
    """Normalise distinct addresses; rule ``placeholder``."""
    addresses = _rewritten(fold(values).to_arrow())
    missing = is_listed(addresses, _NO_ADDRESS) | as_flags(pc.equal(pc.binary_length(addresses), 0))
    return Judged(
        values=without(addresses, missing),
        verdicts=first_match(len(addresses), missing & ~is_blank(values)),
        rules=(Rule("placeholder"),),
    )


def _rewritten(folded: pa.StringArray) -> pa.StringArray:
    """Each distinct word is looked up once; rows are put together from the positions of their words."""
    lists = pc.split_pattern(folded, pattern=" ")
    words = lists.flatten().dictionary_encode()
    codes = np.asarray(words.indices.to_numpy(), np.int64)
    vocabulary = [word or "" for word in words.dictionary.to_pylist()]
    in_front = np.array([_NUMBER.fullmatch(word) is not None for word in vocabulary], np.bool_)[codes]
    dropped = np.array([word in _DROPPED or not word for word in vocabulary], np.bool_)[codes]
    rows = np.repeat(np.arange(len(folded)), np.diff(lists.offsets.to_numpy()))
    codes, rows, in_front = codes[~dropped], rows[~dropped], in_front[~dropped]
    ordered = np.empty_like(codes)
    ordered[_destinations(rows, in_front, len(folded))] = codes
    offsets = np.zeros(len(folded) + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=len(folded)), out=offsets[1:])
    replaced = pa.array([ABBREVIATIONS.get(word, word) for word in vocabulary], pa.string())
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), replaced.take(pa.array(ordered))), " ")


def _destinations(
    rows: npt.NDArray[np.int64], in_front: npt.NDArray[np.bool_], n_rows: int
) -> npt.NDArray[np.int64]:
    """Where each word goes so that the flagged ones of its row come first, both kinds in their old order.

    A stable partition by counting: the rank among its kind is the running count less the count before the row.
    """
    n_words = np.bincount(rows, minlength=n_rows)
    n_front = np.bincount(rows[in_front], minlength=n_rows)
    starts = np.cumsum(n_words) - n_words
    front_before = np.cumsum(n_front) - n_front
    front_so_far: npt.NDArray[np.int64] = np.cumsum(in_front) - in_front
    front_rank = front_so_far - front_before[rows]
    position = np.arange(rows.size) - starts[rows]
    return np.where(in_front, starts[rows] + front_rank, starts[rows] + n_front[rows] + position - front_rank)
