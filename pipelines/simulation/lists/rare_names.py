"""The long tail: names that are in no list because almost nobody has them.

A third of the people of a country carry surnames that a list of some thousand leaves out. A list alone would make
every name frequent, and linkage too hard where it is easy. Rare names are spliced from the beginning of one listed
name and the end of another, which keeps the sound of the origin and makes it unlikely that anybody is so called.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["respelt", "spliced", "zipf_weights"]

_VOWELS = frozenset("aeiouyàáâãäåąæèéêëęěìíîïıòóôõöøőùúûüűýăāēīūėǝə")
_RESPELLINGS = (
    ("y", "i"), ("i", "y"), ("ie", "y"), ("ie", "ee"), ("ey", "ie"), ("c", "k"), ("k", "c"), ("ph", "f"), ("l", "ll"),
    ("ll", "l"), ("n", "nn"), ("nn", "n"), ("ai", "ay"), ("ay", "ae"), ("a", "ah"), ("ah", "a"), ("s", "z"),
    ("th", "t"),    ("ee", "i"), ("ea", "e"), ("e", "ae"), ("x", "ks"), ("j", "g"), ("u", "ou"), ("o", "oh"),
)  # fmt: skip


def zipf_weights(n: int, exponent: float, shift: float) -> npt.NDArray[np.float64]:
    """Weights of the Zipf-Mandelbrot law by rank: 1 / (rank + shift) ** exponent.

    Returns
    -------
    float64 (n,)
        Falling, not normalised.
    """
    return np.asarray((np.arange(1, n + 1) + shift) ** -exponent)


def spliced(names: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """New names, each the beginning of one name and the end of another.

    Parameters
    ----------
    names
        Names of one origin.
    n
        How many; fewer come back where the names do not give as many.
    rng
        Source of randomness.
    """
    heads = [name[:cut] for name in names if name.isalpha() and (cut := _seam(name))]
    tails = [name[cut:] for name in names if name.isalpha() and (cut := _seam(name))]
    known = {name.casefold() for name in names}
    made: list[str] = []
    if not heads:
        return made
    for head, tail in zip(
        rng.integers(0, len(heads), 4 * n), rng.integers(0, len(tails), 4 * n), strict=True
    ):
        name = heads[head] + tails[tail]
        if len(made) == n:
            break
        if 4 <= len(name) <= 12 and name.casefold() not in known:
            known.add(name.casefold())
            made.append(name)
    return made


def respelt(names: Sequence[str], n: int, rng: np.random.Generator) -> list[str]:
    """New names, each a listed name in another spelling (Katelyn, Kaytlin), as parents invent them."""
    known = {name.casefold() for name in names}
    made: list[str] = []
    picks = rng.integers(0, len(names), 4 * n)
    rules = rng.integers(0, len(_RESPELLINGS), 4 * n)
    for pick, rule in zip(picks, rules, strict=True):
        if len(made) == n:
            break
        old, new = _RESPELLINGS[rule]
        name = names[pick]
        at = name.casefold().rfind(old, 1)
        if at < 1:
            continue
        candidate = name[:at] + new + name[at + len(old) :]
        if len(candidate) >= 3 and candidate.casefold() not in known:
            known.add(candidate.casefold())
            made.append(candidate)
    return made


def _seam(name: str) -> int:
    """Where to cut a name: before the consonant nearest its middle that follows a vowel; 0 if there is none."""
    lowered = name.casefold()
    seams = [
        at for at in range(2, len(lowered) - 1) if lowered[at] not in _VOWELS and lowered[at - 1] in _VOWELS
    ]
    return min(seams, key=lambda at: abs(2 * at - len(lowered)), default=0)
