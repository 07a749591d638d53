"""Spelling mistakes in single texts: slips on a keyboard, mishearing, misreading by a scanner.

The kinds and the form of the rules are those of the FEBRL data generator (Christen and Pudjijono 2009, "Accurate
synthetic generation of realistic personal information"). A misspelt text always differs from the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["PHONETIC_RULES", "SCANNING_RULES", "Rule", "Speller", "misspelt_code", "slip"]

Place = Literal["ALL", "START", "MIDDLE", "END"]

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl",
    "p": "ol", "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm",
    "k": "jil", "l": "kop", "z": "asx", "x": "zsc", "c": "xdv", "v": "cfb", "b": "vgn", "n": "bhm", "m": "njk",
    "0": "9", "1": "2", "2": "13", "3": "24", "4": "35", "5": "46", "6": "57", "7": "68", "8": "79", "9": "80",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """Replace `old` by `new` at a place of the text; both in lower case, `new` may be empty."""

    place: Place
    old: str
    new: str


# Those of most use in English; a folder of tables may bring longer lists.
_PHONETIC: tuple[tuple[Place, str, str], ...] = (
    ("ALL", "ph", "f"), ("ALL", "f", "ph"), ("ALL", "c", "k"), ("ALL", "k", "c"), ("ALL", "ck", "k"),
    ("END", "y", "ie"), ("END", "ie", "y"), ("END", "y", "i"), ("END", "ey", "y"), ("END", "e", ""),
    ("MIDDLE", "y", "i"), ("MIDDLE", "i", "y"), ("ALL", "ee", "ea"), ("ALL", "ea", "ee"), ("ALL", "ai", "ay"),
    ("ALL", "ay", "ai"), ("ALL", "ei", "ie"), ("ALL", "ie", "ei"), ("ALL", "nn", "n"), ("ALL", "ll", "l"),
    ("ALL", "tt", "t"), ("ALL", "ss", "s"), ("ALL", "mm", "m"), ("ALL", "rr", "r"), ("MIDDLE", "l", "ll"),
    ("MIDDLE", "n", "nn"), ("ALL", "z", "s"), ("MIDDLE", "s", "z"), ("ALL", "th", "t"), ("END", "a", "ah"),
    ("END", "ah", "a"), ("ALL", "oo", "u"), ("ALL", "ou", "u"), ("ALL", "kh", "k"), ("ALL", "gh", "g"),
    ("ALL", "sh", "sch"), ("ALL", "ch", "sh"), ("ALL", "j", "g"), ("START", "g", "j"), ("ALL", "w", "v"),
    ("ALL", "aa", "a"), ("MIDDLE", "h", ""), ("END", "s", ""), ("END", "n", "ne"), ("END", "son", "sen"),
)  # fmt: skip
PHONETIC_RULES = tuple(Rule(place, old, new) for place, old, new in _PHONETIC)
SCANNING_RULES = tuple(
    Rule("ALL", old, new)
    for old, new in (
        ("m", "rn"), ("rn", "m"), ("cl", "d"), ("d", "cl"), ("u", "v"), ("v", "u"), ("i", "l"), ("l", "i"),
        ("l", "1"), ("o", "0"), ("s", "5"), ("b", "8"), ("h", "b"), ("e", "c"), ("c", "e"), ("w", "vv"),
        ("vv", "w"), ("ri", "n"), ("g", "q"), ("n", "ri"), ("f", "t"), ("a", "o"), ("1", "l"), ("0", "o"),
        ("5", "s"), ("8", "b"), ("z", "2"), ("2", "z"),
    )
)  # fmt: skip


def slip(text: str, kind: int, where: int, which: int) -> str:
    """Make one slip of a typist: a neighbouring key, a letter left out, doubled, or two letters in the wrong order.

    Parameters
    ----------
    text
        At least one character.
    kind, where, which
        Any numbers that are not negative; they choose the slip, its place and the key.
    """
    # People slip inside a word more than at its first letter (Pollock and Zamora 1984).
    place = where % len(text) if len(text) < 3 or where % 10 == 0 else 1 + where % (len(text) - 1)
    letter = text[place]
    choice = kind % 4
    if choice == 0 and (keys := _NEIGHBOURS.get(letter.lower())):
        key = keys[which % len(keys)]
        return text[:place] + (key.upper() if letter.isupper() else key) + text[place + 1 :]
    if choice == 1 and len(text) > 2:
        return text[:place] + text[place + 1 :]
    if choice == 2 and place + 1 < len(text) and text[place + 1].lower() != letter.lower():
        other = text[place + 1]
        swapped = other.upper() + letter.lower() if letter.isupper() else other + letter
        return text[:place] + swapped + text[place + 2 :]
    return text[: place + 1] + letter.lower() + text[place + 1 :]


def misspelt_code(text: str, draws: Sequence[int]) -> str:
    """A code (postcode, identifier) with one character wrong or two exchanged; digits stay digits, spaces stay.

    Parameters
    ----------
    text
        Two characters or more.
    draws
        Four numbers that are not negative.
    """
    if draws[3] % 4 == 0 and text[-1] != text[-2] and text[-1].isdigit() == text[-2].isdigit():
        return text[:-2] + text[-1] + text[-2]
    at = draws[0] % len(text)
    at -= text[at] == " "
    letter = text[at]
    if letter.isdigit():
        return text[:at] + str((int(letter) + 1 + draws[1] % 9) % 10) + text[at + 1 :]
    return text[:at] + slip(letter, 0, 0, draws[1]) + text[at + 1 :]


class Speller:
    """Misspells texts by rules, and by slips where no rule fits."""

    def __init__(self, phonetic: Sequence[Rule], scanning: Sequence[Rule]) -> None:
        self._rules = (tuple(phonetic), tuple(scanning))

    def misspelt(self, text: str, draws: Sequence[int]) -> str:
        """Another spelling of a text.

        Parameters
        ----------
        text
            One word or several; an empty text comes back unchanged.
        draws
            Four numbers that are not negative, uniformly drawn. Half of the mistakes are slips, three tenths
            phonetic, the rest a scanner's.
        """
        if not text:
            return text
        kind, where, which, more = draws
        share = kind % 10
        if share >= 5:
            found = self._by_rule(text, self._rules[0 if share < 8 else 1], where, which)
            if found is not None:
                return found
        return slip(text, more, where, which)

    @staticmethod
    def _by_rule(text: str, rules: Sequence[Rule], where: int, which: int) -> str | None:
        """Apply the first rule that fits, looking from a drawn one on."""
        lowered = text.lower()
        n_rules = len(rules)
        for step in range(n_rules):
            rule = rules[(where + step) % n_rules]
            at = _position(lowered, rule, which)
            if at is None:
                continue
            new = rule.new.capitalize() if text[at].isupper() else rule.new
            changed = text[:at] + new + text[at + len(rule.old) :]
            if len(changed) > 1:
                return changed[:1].upper() + changed[1:] if text[:1].isupper() else changed
        return None


def _position(lowered: str, rule: Rule, which: int) -> int | None:
    length = len(rule.old)
    if rule.place == "START":
        return 0 if lowered.startswith(rule.old) else None
    if rule.place == "END":
        return len(lowered) - length if lowered.endswith(rule.old) and len(lowered) > length else None
    first, end = (1, len(lowered) - 1) if rule.place == "MIDDLE" else (0, len(lowered))
    at = lowered.find(rule.old, first + which % max(1, end - first), end)
    if at < 0:
        at = lowered.find(rule.old, first, end)
    return at if at >= 0 else None
