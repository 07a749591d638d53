"""Quarantine: who comes near a shielded child is not shown beside it.

A record that nearly matches a shielded child and was not joined to it may be that child, sent anew under another
spelling: published beside it, it would expose the child (the fault that stopped the feeds of ContactPoint in 2009). So
every pair of a shielded record and one that is not is compared once more down to a lower weight, and what is found is
published as shielded only, until a person has looked.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.candidates import BlockSpace, EmittedPairs, emit_pairs, plan_candidates
from linkage.candidates.specified import spaces_of
from linkage.comparison.specified import plan_of
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import Specification
from linkage.index import Index
from pipelines.at_unit.linking.evidence import Scores

__all__ = ["quarantine_near"]

Rows = npt.NDArray[np.int64]

EVERY_PAIR = "every pair"


def quarantine_near(
    index: Index,
    run_no: int,
    specification: Specification,
    scores: Scores,
    *,
    whole: bool,
    threads: int | None = None,
) -> int:
    """Quarantine the rows of the open run that come near a shielded child; call it when children are assigned.

    Parameters
    ----------
    whole
        Look at every shielded record, as a run under a new model has to; otherwise at what changed since the last
        publication: new records against shielded ones, newly shielded ones against all.
    scores
        Of the model under which the run was linked.

    Returns
    -------
    How many records are newly in quarantine.
    """
    shielded = index.protection.protected_rows()
    if not len(shielded.rows):
        return 0
    live = index.live_rows()
    hidden = index.protection.shielded_rows()
    searching = shielded.rows if whole else shielded.rows[shielded.fresh]
    looked_at = np.union1d(live.rows[live.fresh], index.protection.disturbed_rows())
    fresh = np.setdiff1d(looked_at, hidden, assume_unique=True)
    n_new = 0
    for seeds, partners in ((searching, None), (fresh, shielded.rows)):
        if len(seeds) and not (whole and partners is not None):
            n_new += _quarantine_pairs(
                index,
                run_no,
                _near(index, specification, scores, seeds, partners, threads),
                shielded.rows,
                hidden,
            )
    index.protection.note_searched(run_no, shielded.rows)
    return n_new


@dataclass(frozen=True, repr=False)
class _NearPairs:
    rows: Rows
    pairs: EmittedPairs
    weights: npt.NDArray[np.float64]


def _near(
    index: Index,
    specification: Specification,
    scores: Scores,
    seeds: Rows,
    partners: Rows | None,
    threads: int | None,
) -> _NearPairs:
    """The pairs of seeds with live rows (or with partners only) that reach the review band."""
    live = index.live_rows()
    spaces = spaces_of(specification)
    every_pair = len(live) * (len(live) - 1) // 2 <= specification.candidates.every_pair_up_to
    if every_pair:
        rows = live.rows
    else:
        blocks = {column.offset: column for column in index.schema.of_kind(ColumnKind.BLOCK)}
        columns = [[blocks[offset] for offset in space.offsets] for space in spaces]
        rows = index.rows_sharing_keys(columns, seeds)
    if partners is not None:
        rows = rows[np.isin(rows, partners) | np.isin(rows, seeds)]
    words = index.words(rows)
    if every_pair:
        spaces = (*spaces, BlockSpace(EVERY_PAIR, (words.shape[1],)))
        words = np.hstack([words, np.ones((len(words), 1), dtype=np.uint64)])
    sources = live.sources[np.searchsorted(live.rows, rows)]
    fresh = np.isin(rows, seeds)
    candidates = plan_candidates(words, sources, spaces, n_sources=len(index.sources), fresh=fresh)
    cutoff = scores.least - specification.protection.review_bits
    chunks = list(emit_pairs(candidates, plan_of(specification), scores.table, cutoff, threads=threads))
    pairs = EmittedPairs.concatenate(chunks)
    weights = scores.weights(sources[pairs.left], sources[pairs.right], pairs.patterns)
    return _NearPairs(rows, pairs, weights)


def _quarantine_pairs(index: Index, run_no: int, near: _NearPairs, shielded: Rows, hidden: Rows) -> int:
    """Quarantine the unshielded end of each pair whose other end is shielded."""
    protects, is_hidden = np.isin(near.rows, shielded), np.isin(near.rows, hidden)
    left, right = near.pairs.left, near.pairs.right
    n_new = 0
    for found, beside in ((left, right), (right, left)):
        chosen = protects[beside] & ~is_hidden[found]
        if chosen.any():
            n_new += index.protection.quarantine(
                run_no,
                near.rows[found[chosen]],
                near.rows[beside[chosen]],
                near.pairs.patterns[chosen],
                near.weights[chosen].astype(np.float32),
            )
    return n_new
