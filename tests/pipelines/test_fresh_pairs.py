"""Fresh records meet the same others, with the same evidence, by looking them up and by blocks."""

import dataclasses

import numpy as np
import pytest

from linkage.exchange.specification.model import NearRule
from linkage.index import open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking import fresh_pairs, meeting
from pipelines.at_unit.linking.evidence import Scores
from pipelines.at_unit.linking.fresh_pairs import FreshPairs
from pipelines.at_unit.linking.meeting import Meeting
from pipelines.at_unit.linking.model_choice import model_in_use

NEAR = NearRule(filter="birth_date", similarity=0.9, sampled_bits=20)


@pytest.fixture(scope="module")
def index(linked):
    with open_index(linked.index) as opened:
        yield opened


@pytest.fixture
def compared(index, linked, monkeypatch):
    """Run one way over some live records, of which some are fresh; gives the evidence and the pairs compared."""
    specification = index_specification(linked.index)
    decided = model_in_use(index).decided
    # Values are told apart by how common they are, and these words stand behind those of a record.
    assert decided.common
    scores = Scores.of(decided, specification, index.sources)

    def run(live, most_joined, candidates, threads=2, most_sought=1):
        changed = specification.candidates.model_copy(update={"every_pair_up_to": 0} | candidates)
        own = specification.model_copy(update={"candidates": changed})
        monkeypatch.setattr(fresh_pairs, "MOST_JOINED", most_joined)
        monkeypatch.setattr(fresh_pairs, "MOST_SOUGHT", most_sought)
        reached = []
        met = Meeting(own, scores, len(index.sources), len(live), scores.cutoff, threads)
        links, n_pairs = FreshPairs(index, live, met).run(reached.append)
        assert reached == sorted(reached)
        assert reached[-1:] == ([n_pairs] if live.fresh.any() else [])
        order = np.lexsort((links.right_rows, links.left_rows))
        return [column[order] for column in vars(links).values()], n_pairs

    return run


def some_of(live, rng, n_fresh, share_alive=0.9):
    """Some of the live records, so many of them fresh: the others are not alive."""
    alive = np.sort(rng.permutation(len(live))[: int(share_alive * len(live))])
    live = dataclasses.replace(live, **{name: column[alive] for name, column in vars(live).items()})
    fresh = np.zeros(len(live), dtype=np.bool_)
    fresh[rng.permutation(len(live))[:n_fresh]] = True
    return dataclasses.replace(live, fresh=fresh)


@pytest.mark.parametrize("n_fresh", [0, 1, 40, 400])
@pytest.mark.parametrize("candidates", [{}, {"near": [NEAR]}], ids=["keys", "near"])
def test_looking_up_gives_what_blocks_give(index, compared, monkeypatch, n_fresh, candidates):
    live = some_of(index.live_rows(), np.random.default_rng(n_fresh), n_fresh)
    by_blocks, n_blocks = compared(live, -1, candidates)
    monkeypatch.setattr(fresh_pairs, "JOINED_AT_ONCE", 100)
    for most_sought in (-1, 10**9):
        by_look_up, n_looked_up = compared(live, 10**9, candidates, most_sought=most_sought)
        for ours, theirs in zip(by_look_up, by_blocks, strict=True):
            assert ours.dtype == theirs.dtype
            assert (ours == theirs).all()
        assert n_looked_up == n_blocks
    left, right = by_look_up[:2]
    assert np.isin(np.concatenate([left, right]), live.rows).all()
    assert (left < right).all()
    fresh = live.rows[live.fresh]
    assert (np.isin(left, fresh) | np.isin(right, fresh)).all()
    assert n_fresh < 40 or len(left) > n_fresh / 2


@pytest.mark.parametrize("every_pair_up_to", [0, 10**9])
def test_parts_change_nothing(index, compared, monkeypatch, every_pair_up_to):
    live = some_of(index.live_rows(), np.random.default_rng(5), 100)
    whole, n_whole = compared(live, -1, {"every_pair_up_to": every_pair_up_to})
    # No part has fewer records than there are fresh ones.
    monkeypatch.setattr(meeting, "PART_BYTES", 1)
    parts, n_parts = compared(live, -1, {"every_pair_up_to": every_pair_up_to})
    assert n_parts == n_whole
    assert all((a == b).all() for a, b in zip(parts, whole, strict=True))


def test_threads_change_nothing(index, compared, monkeypatch):
    live = some_of(index.live_rows(), np.random.default_rng(7), 100)
    monkeypatch.setattr(fresh_pairs, "JOINED_AT_ONCE", 64)
    one, n_one = compared(live, 10**9, {}, threads=1)
    three, n_three = compared(live, 10**9, {}, threads=3)
    assert n_one == n_three
    assert all((a == b).all() for a, b in zip(one, three, strict=True))


def test_seeds_that_cannot_be_held_are_compared_in_blocks(index, compared, linked, monkeypatch):
    specification = index_specification(linked.index)
    scores = Scores.of(model_in_use(index).decided, specification, index.sources)
    live = some_of(index.live_rows(), np.random.default_rng(3), 50)
    found, n_pairs = compared(live, 10**9, {})

    def join(every_pair_up_to):
        changed = specification.candidates.model_copy(update={"every_pair_up_to": every_pair_up_to})
        own = specification.model_copy(update={"candidates": changed})
        met = Meeting(own, scores, len(index.sources), len(live), scores.cutoff)
        words, few = met.added.extend(index.words(live.rows)), slice(0, 20)
        return met.join(words[few], live.sources[few], words, live.sources)

    assert join(10**9) is None
    assert join(0) is not None
    monkeypatch.setattr(meeting, "JOIN_BYTES", 1000)
    assert join(0) is None
    again, _ = compared(live, 10**9, {})
    assert all((a == b).all() for a, b in zip(found, again, strict=True))
    # Every pair is more than those that share a key.
    assert compared(live, 10**9, {"every_pair_up_to": 10**9})[1] > n_pairs
