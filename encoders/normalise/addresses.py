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
    codes = words.indices.to_numpy()
    offsets = lists.offsets.to_numpy()
    vocabulary = [word or "" for word in words.dictionary.to_pylist()]
    dropped = np.array([word in _DROPPED or not word for word in vocabulary], np.bool_)[codes]
    if dropped.any():
        offsets = offsets - np.searchsorted(np.flatnonzero(dropped), offsets).astype(np.int32)
        codes = codes[~dropped]
    in_front = np.array([_NUMBER.fullmatch(word) is not None for word in vocabulary], np.bool_)[codes]
    ordered = _numbers_first(codes, in_front, offsets)
    replaced = pa.array([ABBREVIATIONS.get(word, word) for word in vocabulary], pa.string())
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), replaced.take(pa.array(ordered))), " ")


def _numbers_first(
    codes: npt.NDArray[np.int32], in_front: npt.NDArray[np.bool_], offsets: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Within each row the flagged words first, both kinds in their old order.

    A stable partition by counting: a word's rank among its kind is the running count less that before the row.
    """
    behind = in_front[1:] & ~in_front[:-1]
    # Not behind a word of its own row, when it is the first of the row.
    first = offsets[1:-1][(offsets[1:-1] > 0) & (offsets[1:-1] < codes.size)]
    behind[first - 1] = False
    if not behind.any():
        return codes
    front_before = np.concatenate(([0], np.cumsum(in_front)))
    n_front = np.diff(front_before[offsets])
    starts = np.repeat(offsets[:-1], np.diff(offsets))
    front_rank = front_before[:-1] - front_before[starts]
    behind_rank = np.arange(codes.size) - starts - front_rank + np.repeat(n_front, np.diff(offsets))
    ordered = np.empty_like(codes)
    ordered[starts + np.where(in_front, front_rank, behind_rank)] = codes
    return ordered
