"""Names of people: forenames, surnames, former surnames, guardians' full names.

The rules, in order:

1. Fold to the output alphabet. Apostrophes close up (O'Brien, O’Brien: "obrien"); hyphens, full stops and all other
   punctuation separate, so that both halves of a double-barrelled surname stay words of their own, divided by a
   single blank (Smith-Jones: "smith jones"), and tokens can be made of each half.
2. Titles in front (Mr, Miss, Dr ...) and generation suffixes at the end (Jr, II ...) are taken off, but never the
   last word that is left: "Master" alone is a surname.
3. A leading O or Mc that stands alone joins the next word (O Brien: "obrien"), as feeds that lost the apostrophe
   have it.
4. What names nobody becomes missing: words for "unknown", test records, unnamed newborns ("Baby Girl", "Twin 2"),
   a title alone, and values without any letter. "Na", "Nan", "None" and "Null" are rare names and frequent exports
   of an empty cell; they count as empty.

Accents go (Zoë: "zoe", Müller: "muller", not "mueller"), other scripts are transliterated (anyascii), since the same
child stands in another feed in plain letters.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.folding import fold
from encoders.normalise.outcome import Judged, Rule, as_flags, first_match, without
from encoders.normalise.placeholders import NOT_GIVEN, is_blank, is_listed

__all__ = ["SUFFIXES", "TITLES", "normalise_names"]

TITLES = "mr|mrs|miss|ms|mx|mister|master|mstr|dr|prof|professor|rev|revd|reverend"
SUFFIXES = "jr|jnr|junior|sr|snr|senior|ii|iii|iv"
_NOBODY = (
    *NOT_GIVEN,
    *("mr", "mrs", "miss", "ms", "mx", "mister", "mstr", "dr"),
    *("no name", "no forename", "no surname", "no first name", "no last name", "name unknown", "unnamed"),
    *("fnu", "lnu", "anon", "anonymous", "awaiting name", "to be named", "stillborn", "still born"),
    *("boy", "girl", "male", "female", "male infant", "female infant"),
)
_UNNAMED_NEWBORN = (
    r"^(?:baby|babe|infant|newborn|twin|triplet)(?: (?:boy|girl|male|female|one|two|three|[0-9abc]))*$"
    r"|^(?:baby|babe|infant|boy|girl) of "
)
_TRIMMING = (
    (f"^(?:(?:{TITLES}) )+", ""),
    (f"(?: (?:{SUFFIXES}))+$", ""),
    ("^(o|mc) ", r"\1"),
)


def normalise_names(values: pa.StringArray) -> Judged:
    """Normalise distinct names; rule ``placeholder``."""
    names = _trimmed(fold(values).to_arrow())
    missing = _names_nobody(names)
    return Judged(
        values=without(names, missing),
        verdicts=first_match(len(names), missing & ~is_blank(values)),
        rules=(Rule("placeholder"),),
    )


def _trimmed(names: pa.StringArray) -> pa.StringArray:
    """Without titles and suffixes, and with a lone O or Mc joined; only the names that need it are rewritten."""
    for pattern, replacement in _TRIMMING:
        needy = pc.match_substring_regex(names, pattern)
        if pc.any(needy).as_py():
            rewritten = pc.replace_substring_regex(
                names.filter(needy), pattern=pattern, replacement=replacement
            )
            names = pc.replace_with_mask(names, needy, rewritten)
    return names


def _names_nobody(names: pa.StringArray) -> npt.NDArray[np.bool_]:
    """No name at all, or one that stands for nobody in particular."""
    # Neither letters, nor anything but a name crossed out with x.
    letterless = pc.match_substring_regex(names, "^[0-9 ]*$|^x[x ]*$")
    newborn = pc.match_substring_regex(names, _UNNAMED_NEWBORN)
    return is_listed(names, _NOBODY) | as_flags(letterless) | as_flags(newborn)
