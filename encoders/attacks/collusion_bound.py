"""The collusion bound: whom somebody who has the project key would name.

A source that hands the project key to the unit breaks every keyed encoding: it can encode any guess and look for the
code. No encoding prevents it. How many people it would name is the share of records whose code no other record has;
that bound is reported, so that nobody takes the other figures for a protection against it.
"""

from time import perf_counter

import numpy as np

from encoders.attacks.outcome import AttackResult
from encoders.attacks.value_numbers import Numbers

__all__ = ["collusion_bound"]


def collusion_bound(codes: Numbers, *, target: str) -> AttackResult:
    """Count the records that have their code to themselves.

    Parameters
    ----------
    codes
        int64, shape (n,): number of each record's code, -1 where missing.
    """
    started = perf_counter()
    present = codes[codes >= 0]
    counts = np.bincount(present, minlength=1)
    return AttackResult(
        "collusion bound",
        target,
        "has the project key, encodes everybody on a complete list and looks each code up",
        len(present),
        int(np.count_nonzero(counts == 1)),
        1 / max(len(present), 1),
        perf_counter() - started,
        {"distinct codes": float(np.count_nonzero(counts)), "largest group": float(counts.max(initial=0))},
    )
