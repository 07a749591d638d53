"""Component sizes: frequencies read off the structure, where the codes themselves have none.

Where near neighbours are everywhere, a filter over a popular and a varying field (forename and birth date) falls
apart into one component for each popular value: every Oliver is joined to the Olivers born a digit away. The sizes
of the components are then the frequencies of the values, and rank alignment names them. Samples do not show it: the
graph has to be as dense as the real file.
"""

from collections.abc import Mapping
from time import perf_counter

import numpy as np

from encoders.attacks.frequency import frequency_attack
from encoders.attacks.outcome import AttackResult
from encoders.attacks.value_numbers import Numbers

__all__ = ["component_attack"]


def component_attack(
    components: Numbers, values: Mapping[str, Numbers], *, target: str, rng: np.random.Generator
) -> AttackResult:
    """Align component sizes with frequencies of values, field by field, and report the best.

    Parameters
    ----------
    components
        int64, shape (n,): component of each record, -1 where its code is missing.
    values
        By name, the number of each record's value in every field, or combination of fields, that a component could
        stand for: int64, shape (n,), -1 where missing.
    """
    started = perf_counter()
    present = components >= 0
    sizes = np.bincount(components[present], minlength=1)
    sizes = sizes[sizes > 0]
    joined = present & (
        np.bincount(components[present], minlength=len(components))[np.maximum(components, 0)] > 1
    )
    shape = {
        "components": float(len(sizes)),
        "largest component": float(sizes.max(initial=0) / max(present.sum(), 1)),
        "records with a neighbour": float(joined.sum() / max(present.sum(), 1)),
    }
    _, numbers = np.unique(components, return_inverse=True)
    # A component of one record tells nothing by its size, so nobody is guessed for it.
    codes = np.where(joined, numbers, -1).astype(np.int64)
    best = None
    for name, held in values.items():
        found = frequency_attack(codes, held, target=target, rng=rng, reference=held)
        if best is None or found.hits > best[1].hits:
            best = (name, found)
    hits, chance, stands_for = (best[1].hits, best[1].chance, best[0]) if best else (0, 0.0, "nothing")
    return AttackResult(
        "component sizes",
        target,
        f"joins near codes to components and knows how often values occur; best reading: {stands_for}",
        int(present.sum()),
        hits,
        chance,
        perf_counter() - started,
        shape,
    )
