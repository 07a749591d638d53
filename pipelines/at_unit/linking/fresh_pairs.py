"""The pairs of fresh records: with each other, and with all other live records that share a key with one.

The others are not held in memory. Where each meets few fresh records, which is the case of a night, they are read once,
in the order in which they are stored, and each looks up whom it meets; where it meets many, blocks are made of the
fresh records and of a part of the others at a time. Of others that mostly meet nobody, those that do are found before
by the columns of their keys. Whichever way, the pairs are the same.
"""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from linkage.candidates import SeedJoin
from linkage.index import Index, Links, LiveRows
from linkage.kernels.running import available_threads, run_in_order
from pipelines.at_unit.linking.meeting import Meeting, Met, parts_of

__all__ = ["FreshPairs"]

JOINED_AT_ONCE = 1 << 14
SAMPLED = 1 << 12

MOST_JOINED = 48
"""Fresh records that another record meets on average, up to which it looks them up: with 9 that took less than half of
the time of blocks, with 35 .94, with 56 .95, with 82 1.25 (700,000 and 2.4 million records of 42 words, Zen 4)."""

MOST_SOUGHT = 1
"""The same, up to which those that meet anybody are sought by their keys before they are read: with more, most do."""

Places = npt.NDArray[np.int64]


class FreshPairs:
    """Fresh records against all live ones.

    Parameters
    ----------
    live
        The live records, some of them fresh.
    meeting
        How they are compared.
    """

    def __init__(self, index: Index, live: LiveRows, meeting: Meeting) -> None:
        self._index, self._live, self._meeting = index, live, meeting
        self._added = meeting.added
        self._fresh = np.flatnonzero(live.fresh)

    def run(self, reach: Callable[[int], None]) -> tuple[Links, int]:
        """The evidence of all candidate pairs with a fresh record, and how many were compared.

        `reach` is called with the pairs compared so far.
        """
        found, n_pairs = [_no_links()], 0
        if len(self._fresh):
            for links, n_compared in self._parts():
                found.append(links)
                n_pairs += n_compared
                reach(n_pairs)
        return _concatenated(found), n_pairs

    def _parts(self) -> Iterator[tuple[Links, int]]:
        others = np.flatnonzero(~self._live.fresh)
        some = others[:: -(-len(others) // SAMPLED) or 1]
        seeds, sampled = self._words(self._fresh), self._words(some)
        sources = self._live.sources
        join = self._meeting.join(seeds, sources[self._fresh], sampled, sources[some])
        n_met = 0.0
        if join is not None and len(some):
            n_met = join.meet(sampled, sources[some]).n_compared / len(some)
        if n_met <= MOST_SOUGHT:
            others = self._partners(others)
        if join is None or n_met > MOST_JOINED:
            del seeds
            yield from self._by_blocks(others)
            return
        yield self._among_fresh()
        yield from self._by_look_up(join, others)

    def _partners(self, others: Places) -> Places:
        """Those that may meet a fresh record, ascending."""
        if self._meeting.every_pair:
            return others
        rows = self._live.rows
        partners = self._index.rows_sharing_keys(self._meeting.key_columns, rows[self._fresh])
        meets = np.isin(rows[others], partners, assume_unique=True)
        if self._added.tables:
            seeds = self._index.words(rows[self._fresh])
            meets |= self._meeting.near(self._index.column, rows[others], seeds)
        return np.asarray(others[meets])

    def _words(self, places: Places, threads: int | None = None) -> npt.NDArray[np.uint64]:
        """Records with all words that the unit adds."""
        words = self._index.words(self._live.rows[places], spare=self._added.n_added, threads=threads)
        self._added.fill(words)
        return words

    def _among_fresh(self) -> tuple[Links, int]:
        """Fresh records with each other."""
        seeds = self._index.words(self._live.rows[self._fresh])
        fresh = np.ones(len(seeds), dtype=np.bool_)
        met = self._meeting.compare(seeds, self._live.sources[self._fresh], fresh)
        return self._links(self._fresh, met, slice(None)), met.n_compared

    def _n_among_fresh(self) -> int:
        words, sources = self._index.words(self._live.rows[self._fresh]), self._live.sources[self._fresh]
        return self._meeting.candidates(words, sources, np.ones(len(words), dtype=np.bool_)).n_pairs

    def _by_look_up(self, join: SeedJoin, others: Places) -> Iterator[tuple[Links, int]]:
        """Others look up the fresh records, on all threads."""

        def look_up(start: int) -> tuple[Links, int]:
            places = others[start : start + JOINED_AT_ONCE]
            met = join.meet(self._words(places, threads=1), self._live.sources[places])
            fresh, other = self._fresh[met.seeds], places[met.rows]
            return self._weighed(fresh, other, met.patterns, met.strata), met.n_compared

        starts = range(0, len(others), JOINED_AT_ONCE)
        for _, found in run_in_order(starts, look_up, self._meeting.threads or available_threads()):
            yield found

    def _by_blocks(self, others: Places) -> Iterator[tuple[Links, int]]:
        """Blocks of the fresh records and of the others, part by part."""
        n_repeated = 0
        parts = parts_of(others, self._index.schema.n_words, at_least=len(self._fresh))
        for number, part in enumerate(parts):
            places = np.sort(np.concatenate([self._fresh, part]))
            fresh = self._live.fresh[places]
            words = self._index.words(self._live.rows[places])
            met = self._meeting.compare(words, self._live.sources[places], fresh)
            # Two fresh records meet in every part and count in the first.
            repeated = (number > 0) & fresh[met.pairs.left] & fresh[met.pairs.right]
            if number == 1:
                n_repeated = self._n_among_fresh()
            yield self._links(places, met, ~repeated), met.n_compared - n_repeated

    def _links(self, places: Places, met: Met, kept: npt.NDArray[np.bool_] | slice) -> Links:
        """The evidence of some of the pairs that blocks of these places gave."""
        pairs = met.pairs
        left, right = places[pairs.left[kept]], places[pairs.right[kept]]
        return self._weighed(left, right, pairs.patterns[kept], pairs.strata[kept])

    def _weighed(
        self, one: Places, other: Places, patterns: npt.NDArray[np.int64], strata: npt.NDArray[np.int16]
    ) -> Links:
        """Pairs of places with their whole odds, by rows, the smaller first: rows ascend with places."""
        left, right = np.minimum(one, other), np.maximum(one, other)
        rows, sources = self._live.rows, self._live.sources
        weights = self._meeting.scores.log_odds(sources[left], sources[right], patterns)
        return Links(rows[left], rows[right], patterns, weights.astype(np.float32), strata)


def _no_links() -> Links:
    none = np.empty(0, dtype=np.int64)
    return Links(none, none, none, none.astype(np.float32), none.astype(np.int16))


def _concatenated(parts: list[Links]) -> Links:
    return Links(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))
