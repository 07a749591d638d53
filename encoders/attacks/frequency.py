"""Frequency alignment: align codes with values by how often they occur.

Equal values give equal codes under every deterministic encoding, whatever its hardening, so the most frequent code is
probably the most frequent value (Kuzu et al. 2011; Niedermeyer et al. 2014; Christen et al. 2017). The attacker ranks
both sides; below the first tie ranks say little, and where codes keep similarities these sort out the rest.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from encoders.attacks.graph_matching import match_graphs
from encoders.attacks.outcome import AttackResult
from encoders.attacks.value_numbers import MISSING, Numbers

__all__ = ["TOP_CODES", "SimilarTop", "frequency_attack", "rank_alignment"]

TOP_CODES = 50
FEWEST_ANCHORS = 5


@dataclass(frozen=True, repr=False)
class SimilarTop:
    """Similarities among the most frequent codes and among the most frequent values, on one scale.

    Attributes
    ----------
    codes, values
        int64: numbers of the most frequent codes and values, in any order.
    code_scores, value_scores
        float32, square: see ``similarity.normal_scores``.
    """

    codes: Numbers
    values: Numbers
    code_scores: npt.NDArray[np.float32]
    value_scores: npt.NDArray[np.float32]


def frequency_attack(
    codes: Numbers,
    values: Numbers,
    *,
    target: str,
    rng: np.random.Generator,
    reference: Numbers | None = None,
    similar: SimilarTop | None = None,
) -> AttackResult:
    """Align codes with values by frequency and count the records whose value is guessed, of all records.

    Parameters
    ----------
    codes, values
        int64, shape (n,): number of each record's code and of its true value, -1 where missing.
    reference
        Numbers of values in the attacker's list; None where the list is of these very people.
    similar
        What the attacker knows of similarities, for codes that keep them.
    """
    started = perf_counter()
    n_records = len(codes)
    present = (codes >= 0) & (values >= 0)
    codes, values = codes[present], values[present]
    n_values = int(max(values.max(initial=0), -1 if reference is None else reference.max(initial=0))) + 1
    code_counts = np.bincount(codes)
    listed = values if reference is None else reference[reference >= 0]
    value_counts = np.bincount(listed, minlength=n_values)
    assigned = rank_alignment(code_counts, value_counts, rng)
    hits = int(np.count_nonzero(assigned[codes] == values))
    details = {
        "top 50 codes right": _top_right(assigned, codes, values),
        "distinct codes": float((code_counts > 0).sum()),
    }
    if similar is not None and len(similar.codes) and len(similar.values):
        refined = _refined(assigned, code_counts, value_counts, similar)
        refined_hits = int(np.count_nonzero(refined[codes] == values))
        details["hits by rank alone"] = float(hits)
        hits = max(hits, refined_hits)
    details["most frequent value"] = float(np.bincount(values).max(initial=0) / max(len(values), 1))
    people = (
        "these very people" if reference is None else f"{len(listed)} other people of the same population"
    )
    return AttackResult(
        "frequency alignment",
        target,
        f"counts {len(codes)} codes and knows how often each value occurs among {people}",
        n_records,
        hits,
        1 / max(n_values, 1),
        perf_counter() - started,
        details,
    )


def rank_alignment(
    code_counts: npt.NDArray[np.int64], value_counts: npt.NDArray[np.int64], rng: np.random.Generator
) -> Numbers:
    """The value at the same rank as each code: int64, shape (number of codes,); ties are broken at random.

    -1 for codes beyond the values, and for codes that do not occur.
    """
    code_order = _by_frequency(code_counts, rng)
    value_order = _by_frequency(value_counts, rng)
    assigned = np.full(len(code_counts), MISSING, dtype=np.int64)
    n = min(len(code_order), len(value_order))
    assigned[code_order[:n]] = value_order[:n]
    return assigned


def _by_frequency(counts: npt.NDArray[np.int64], rng: np.random.Generator) -> Numbers:
    occurring = rng.permutation(np.flatnonzero(counts))
    return np.asarray(occurring[np.argsort(-counts[occurring], kind="stable")])


def _refined(
    assigned: Numbers,
    code_counts: npt.NDArray[np.int64],
    value_counts: npt.NDArray[np.int64],
    similar: SimilarTop,
) -> Numbers:
    """Keep the ranks before the first tie as anchors, and match the rest of the frequent ones by similarity."""
    codes = similar.codes[np.argsort(-code_counts[similar.codes], kind="stable")]
    sure = max(FEWEST_ANCHORS, min(_ranks_before_tie(code_counts), _ranks_before_tie(value_counts)))
    place_of_code = {int(code): place for place, code in enumerate(similar.codes)}
    place_of_value = {int(value): place for place, value in enumerate(similar.values)}
    anchors = [
        (place_of_code[int(code)], place_of_value[int(assigned[code])])
        for code in codes[:sure]
        if int(assigned[code]) in place_of_value
    ]
    if not anchors:
        return assigned
    seeds = np.array(anchors, dtype=np.int64)
    matched = match_graphs(similar.code_scores, similar.value_scores, seeds)
    out = assigned.copy()
    out[similar.codes] = np.where(matched >= 0, similar.values[matched], MISSING)
    return out


def _ranks_before_tie(counts: npt.NDArray[np.int64]) -> int:
    ordered = np.sort(counts)[::-1]
    ties = np.flatnonzero(ordered[1:] == ordered[:-1])
    return int(ties[0]) if len(ties) else len(ordered)


def _top_right(assigned: Numbers, codes: Numbers, values: Numbers) -> float:
    """Of the most frequent codes, the share whose most frequent value is the assigned one."""
    top = np.argsort(-np.bincount(codes), kind="stable")[:TOP_CODES]
    right = 0
    for code in top:
        held = values[codes == code]
        right += bool(len(held)) and int(np.bincount(held).argmax()) == int(assigned[code])
    return right / max(len(top), 1)
