"""What names and places a simulation draws from, whatever they were read from.

Every text (forename, surname, street, town) has a code; the simulation computes with codes and turns them into
text at the very end, a whole column at a time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipelines.simulation.lists.weighted import Pools
from pipelines.simulation.misspelling import Rule

__all__ = [
    "FEMALE",
    "FIRST_YEAR",
    "MALE",
    "NO_WORD",
    "N_YEARS",
    "Places",
    "Tables",
    "Variants",
    "Vocabulary",
    "Weighted",
    "proper_case",
]

# Codes of words and their weights.
Weighted = tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]

MALE, FEMALE = 0, 1
NO_WORD = -1
# Years of birth of those who are children in the simulated year.
FIRST_YEAR, N_YEARS = 2007, 19

_LITTLE_WORDS = frozenset(
    {"da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "van", "von", "bin"}
)


class Vocabulary:
    """Texts and their codes while tables are being built."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The code of a text, a new one if it is new."""
        return self._codes.setdefault(text, len(self._codes))

    def codes(self, texts: list[str]) -> npt.NDArray[np.int32]:
        """int32 (n,): the codes of texts."""
        return np.array([self.code(text) for text in texts], np.int32)

    def texts(self) -> list[str]:
        """All texts by code."""
        return list(self._codes)


@dataclass(frozen=True)
class Variants:
    """For every word the words that may stand for it: those of word w are `codes[starts[w]:starts[w + 1]]`."""

    starts: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, pairs: dict[int, list[int]], n_words: int) -> "Variants":
        """Lay out a map from a word to its variants; words without any map to nothing."""
        counts = np.zeros(n_words + 1, np.int64)
        for word, others in pairs.items():
            counts[word + 1] = len(others)
        flat = [other for word in sorted(pairs) for other in pairs[word]]
        return cls(starts=np.cumsum(counts), codes=np.array(flat, np.int32))

    def has(self, words: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which words have a variant; NO_WORD has none."""
        safe = np.maximum(words, 0)
        return np.asarray((self.starts[safe + 1] > self.starts[safe]) & (words >= 0))

    def draw(self, rng: np.random.Generator, words: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """A variant of each word; every word must have one."""
        count = self.starts[words + 1] - self.starts[words]
        return self.codes[self.starts[words] + (rng.random(len(words)) * count).astype(np.int64)]


@dataclass(frozen=True)
class Places:
    """Postcodes, streets and towns.

    Attributes
    ----------
    sectors
        Postcode sectors, such as ``LE15 6``.
    sector_weights
        float64 (n_sectors,): share of addresses.
    units
        int64 (n_sectors,): postcodes in each sector, at most 400.
    towns, localities
        int32 (n_sectors,): word of the post town and of the suburb or village of each sector.
    streets, short_streets
        int32 (n_streets,): words of the street's name in full and abbreviated.
    house_names
        int32: words.
    """

    sectors: pa.StringArray
    sector_weights: npt.NDArray[np.float64]
    units: npt.NDArray[np.int64]
    towns: npt.NDArray[np.int32]
    localities: npt.NDArray[np.int32]
    streets: npt.NDArray[np.int32]
    short_streets: npt.NDArray[np.int32]
    house_names: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Tables:
    """All that a simulation draws from.

    Attributes
    ----------
    words, plain_words
        Every text by code, and the same in ASCII.
    origins, origin_shares
        Names of the origins and the share of families of each.
    forenames
        Pool ``(origin * 2 + sex) * N_YEARS + year - FIRST_YEAR``.
    adult_forenames
        Pool ``origin * 2 + sex``.
    surnames
        Pool ``origin``.
    two_surnames
        float64 (n_origins,): share of families whose children carry a surname of each parent, by custom.
    own_forenames
        float64 (n_origins,): share of children whose forename is of the family's own origin (the others' British).
    feminine
        int32 (n_words,): the form of a surname that a girl carries.
    of_blessing
        bool (n_words,): a forename given for a blessing, whose bearer often goes by the name after it.
    forename_variants, surname_variants
        Pet forms and other spellings.
    """

    words: pa.StringArray
    plain_words: pa.StringArray
    origins: tuple[str, ...]
    origin_shares: npt.NDArray[np.float64]
    forenames: Pools
    adult_forenames: Pools
    surnames: Pools
    two_surnames: npt.NDArray[np.float64]
    own_forenames: npt.NDArray[np.float64]
    feminine: npt.NDArray[np.int32]
    of_blessing: npt.NDArray[np.bool_]
    forename_variants: Variants
    surname_variants: Variants
    places: Places
    phonetic_rules: tuple[Rule, ...]
    scanning_rules: tuple[Rule, ...]


def proper_case(text: str) -> str:
    """Capitalise a name as it is written: O'Brien, Lily-Mae, de Souza, McDonald."""
    return " ".join(_proper_word(word) for word in text.split())


def _proper_word(word: str) -> str:
    lowered = word.casefold()
    if lowered in _LITTLE_WORDS:
        return lowered
    parts = [part[:1].upper() + part[1:] for part in lowered.split("-")]
    whole = "-".join(parts)
    if len(whole) > 3 and whole[1] == "'":
        whole = whole[:2] + whole[2].upper() + whole[3:]
    if whole.startswith("Mc") and len(whole) > 4:
        whole = "Mc" + whole[2].upper() + whole[3:]
    return whole
