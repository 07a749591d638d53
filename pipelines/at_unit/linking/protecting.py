"""Quarantine: who comes near a shielded child is not shown beside it.

A record that nearly matches a shielded child and was not joined to it may be that child, sent anew under another
spelling: published beside it, it would expose the child (the fault that stopped the feeds of ContactPoint in 2009). So
every pair of a shielded record and one that is not is compared once more down to a lower weight, and what is found is
published as shielded only, until a person has looked. Around a child that a person shields, what is published is looked
at at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linkage.exchange.processors import available_threads
from linkage.exchange.specification import Specification
from linkage.index import Index, LiveRows, PublishedIndex, PublishedRecords, open_published
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.meeting import Meeting, parts_of
from pipelines.at_unit.linking.model_choice import model_in_use

__all__ = ["near_places", "quarantine_beside", "quarantine_near"]

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Subject = tuple[str, bytes] | bytes


def quarantine_near(
    index: Index,
    run_no: int,
    specification: Specification,
    scores: Callable[[], Scores],
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
        Those of every pattern by the model under which the run was linked; asked for where a child is shielded.

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
    around = _Around(index, run_no, live, _review(index, specification, scores(), len(live), threads))
    n_new = around.quarantine(searching, np.setdiff1d(live.rows, hidden, assume_unique=True))
    if not whole:
        looked_at = np.union1d(live.rows[live.fresh], index.protection.disturbed_rows())
        n_new += around.quarantine(shielded.rows, np.setdiff1d(looked_at, hidden, assume_unique=True))
    index.protection.note_searched(run_no, shielded.rows)
    return n_new


def quarantine_beside(index: Index, specification: Specification, record: Subject) -> int:
    """Quarantine what is published and comes near a child that a person has just shielded, by the model in use.

    What an open run has staged is not looked at: the run does so itself when it is linked or accepted.

    Parameters
    ----------
    record
        Source and id of a record of the child, or the child's id.

    Returns
    -------
    How many records are newly in quarantine; 0 if nothing is published, or nobody knows the child yet.
    """
    decided = model_in_use(index).decided
    if decided is None:
        return 0
    published = open_published(index.path)
    child = published.child(record) if isinstance(record, bytes) else published.lookup(*record)
    if child is None:
        return 0
    places = published.places_of(child)
    encoded = PublishedRecords(index.path, published)
    seeds = encoded.words(places)
    scores = Scores.of(decided, specification, published.sources)
    meeting = _review(index, specification, scores, published.n_records, None)
    n_new = 0
    for part in parts_of(near_places(encoded, published, meeting, seeds), index.schema.n_words, len(places)):
        others = np.setdiff1d(part, places, assume_unique=True)
        others = others[[not each.shielded for each in published.children_of(others)]]
        rows = np.concatenate([places, others])
        is_seed = np.arange(len(rows)) < len(places)
        met = meeting.compare(encoded.words(rows), published.sources_of(rows), is_seed)
        left, right = met.pairs.left, met.pairs.right
        crosses = is_seed[left] != is_seed[right]
        near, found = rows[np.minimum(left, right)[crosses]], rows[np.maximum(left, right)[crosses]]
        n_new += index.protection.quarantine(
            None,
            np.asarray(published.rows()[found]),
            np.asarray(published.rows()[near]),
            met.pairs.patterns[crosses],
            met.weights[crosses].astype(np.float32),
        )
    return n_new


def near_places(encoded: PublishedRecords, published: PublishedIndex, meeting: Meeting, seeds: Words) -> Rows:
    """Places of the published records that may meet one of some encoded records, ascending."""
    everywhere = np.arange(published.n_records, dtype=np.int64)
    if meeting.every_pair:
        return everywhere
    meets = np.zeros(len(everywhere), dtype=np.bool_)
    meets[encoded.sharing_keys(meeting.key_columns, seeds, threads=available_threads())] = True
    meets |= meeting.near(encoded.column, np.asarray(published.rows()), seeds)
    return everywhere[meets]


def _review(
    index: Index, specification: Specification, scores: Scores, n_live: int, threads: int | None
) -> Meeting:
    """How records are compared down to the review band."""
    cutoff = scores.least - specification.protection.review_bits
    # A twin of a shielded child is near it as well.
    return Meeting(specification, scores, len(index.sources), n_live, cutoff, threads, whole=True)


@dataclass(frozen=True, repr=False)
class _Around:
    """The records around shielded ones, in an open run."""

    index: Index
    run_no: int
    live: LiveRows
    meeting: Meeting

    def quarantine(self, shielded: Rows, others: Rows) -> int:
        """Quarantine those of the others, none of them shielded, that come near a shielded row."""
        n_words = self.index.schema.n_words
        n_new = 0
        for seeds in parts_of(shielded, n_words):
            for part in parts_of(self._may_meet(seeds, others), n_words) if len(seeds) else ():
                n_new += self._quarantine(seeds, part)
        return n_new

    def _may_meet(self, seeds: Rows, others: Rows) -> Rows:
        if self.meeting.every_pair:
            return others
        partners = self.index.rows_sharing_keys(self.meeting.key_columns, seeds)
        meets = np.isin(others, partners, assume_unique=True)
        if self.meeting.added.tables:
            meets |= self.meeting.near(self.index.column, others, self.index.words(seeds))
        return others[meets]

    def _quarantine(self, seeds: Rows, others: Rows) -> int:
        rows = np.sort(np.concatenate([seeds, others]))
        is_seed = np.isin(rows, seeds, assume_unique=True)
        sources = self.live.sources[np.searchsorted(self.live.rows, rows)]
        met = self.meeting.compare(self.index.words(rows), sources, is_seed)
        n_new = 0
        for found, beside in ((met.pairs.left, met.pairs.right), (met.pairs.right, met.pairs.left)):
            chosen = is_seed[beside] & ~is_seed[found]
            if chosen.any():
                n_new += self.index.protection.quarantine(
                    self.run_no,
                    rows[found[chosen]],
                    rows[beside[chosen]],
                    met.pairs.patterns[chosen],
                    met.weights[chosen].astype(np.float32),
                )
        return n_new
