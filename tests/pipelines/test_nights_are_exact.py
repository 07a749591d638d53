"""With a fixed model, any sequence of nights ends in the children that one full build over the same records gives."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nights_on_disk import partition

from linkage.exchange.records import EncodedRecords, Operation
from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification.model import NearRule
from linkage.index import PackageIdentity, PackageKind, create_index, open_index
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.linking.clock import Clock
from pipelines.at_unit.linking.everything import link_everything
from pipelines.at_unit.linking.model_choice import ModelChoice, model_in_use
from pipelines.at_unit.nights.basis import basis_of
from pipelines.at_unit.nights.conclusion import conclude
from pipelines.at_unit.nights.linking import link_night
from pipelines.progress import Silent

N_RECORDS, N_CONTENTS = 12, 30
UNDO = "undo"

record = st.tuples(st.integers(0, 2), st.integers(0, N_RECORDS - 1))
content = st.one_of(st.none(), st.integers(0, N_CONTENTS - 1))
night = st.one_of(st.just(UNDO), st.dictionaries(record, content, max_size=8))


@dataclasses.dataclass(frozen=True)
class Pool:
    """Encoded records of a few children, the specification they are under, and a model fitted elsewhere."""

    words: list[np.ndarray]
    text: str
    specification: object
    choice: ModelChoice
    fingerprint: str
    schema: object
    sources: tuple[str, ...]


@pytest.fixture(scope="module")
def pool(linked):
    specification = index_specification(linked.index)
    with open_index(linked.index) as index:
        # Rare values are told from common ones, so that nights have to know them as well.
        assert model_in_use(index).decided.common
        live = index.live_rows()
        order = np.lexsort((live.sources, live.children))
        # Records of the same children from all sources, so that many of them link.
        words = [
            index.words(live.rows[order[live.sources[order] == source][:N_CONTENTS]]) for source in range(3)
        ]
        return Pool(
            words,
            (linked.index / "specification.toml").read_text(),
            specification,
            ModelChoice(model_in_use(index).decided),
            index.fingerprint,
            index.schema,
            index.sources,
        )


def encoded(pool, source, told):
    names = sorted(told)
    ids = np.array([[source + 1, name + 1] + [7] * 14 for name in names], dtype=np.uint8).reshape(-1, 16)
    words = np.zeros((len(names), pool.schema.n_words), dtype=np.uint64)
    for row, name in enumerate(names):
        if told[name] is not None:
            words[row] = pool.words[source][told[name] % len(pool.words[source])]
    operations = [Operation.DELETE if told[name] is None else Operation.UPSERT for name in names]
    return EncodedRecords(ids, np.array(operations, np.uint8), np.zeros(len(names), np.uint8), words)


def with_first_key_only(pool):
    keys = [column for column in pool.schema.columns if column.kind is ColumnKind.BLOCK][1:]
    words = [of_source.copy() for of_source in pool.words]
    for of_source in words:
        for key in keys:
            of_source[:, key.offset : key.offset + key.n_words] = 0
    return dataclasses.replace(pool, words=words)


class Built:
    """An index under test, and what every source has sent so far."""

    def __init__(self, pool, folder, candidates):
        # Hardly a pair has a key in common then, so that nearly all meet by near filters or not at all.
        self.pool = with_first_key_only(pool) if candidates.get("near") else pool
        self.path = folder
        changed = pool.specification.candidates.model_copy(update=candidates)
        self.specification = pool.specification.model_copy(update={"candidates": changed})
        create_index(folder, pool.text, pool.fingerprint, pool.schema, pool.sources)
        self.live = {}
        self.sent = dict.fromkeys(range(3), 0)

    def stage(self, index, told):
        for source in range(3):
            own = {name: value for (of, name), value in told.items() if of == source}
            own = {
                name: value for name, value in own.items() if value is not None or (source, name) in self.live
            }
            kind = PackageKind.DELTA if self.sent[source] else PackageKind.SNAPSHOT
            if not own or (kind is PackageKind.SNAPSHOT and None in own.values()):
                continue
            number = self.sent[source] + 1
            digest, before = f"{source}{number:063d}", f"{source}{number - 1:063d}" if number > 1 else ""
            name = self.pool.sources[source]
            index.stage(
                PackageIdentity(name, number, kind, digest, before), [encoded(self.pool, source, own)]
            )
            self.sent[source] = number
            for record_name, value in own.items():
                if value is None:
                    self.live.pop((source, record_name))
                else:
                    self.live[source, record_name] = value

    def link(self, index, how):
        linked = how(index, self.specification)
        basis = basis_of(self.specification, linked.decided, len(index.live_rows()))
        rule = self.specification.breaker
        conclude(self.path, index, linked, Clock(), kind="nightly", rule=rule, basis=basis)
        return linked.mode


def by_night(pool):
    def how(index, specification):
        in_use = model_in_use(index)
        choice = in_use if in_use.decided else pool.choice
        return link_night(index, specification, choice, progress=Silent(), threads=1, clock=Clock())

    return how


def in_full(pool):
    def how(index, specification):
        return link_everything(
            index, specification, pool.choice, "nightly", progress=Silent(), threads=1, clock=Clock()
        )

    return how


NEAR = NearRule(filter="birth_date", similarity=0.95, sampled_bits=30)


@pytest.mark.parametrize(
    "candidates",
    [{"every_pair_up_to": 0}, {"every_pair_up_to": 200}, {"every_pair_up_to": 0, "near": [NEAR]}],
    ids=["keys", "few", "near"],
)
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(nights=st.lists(night, min_size=2, max_size=4), start=st.sets(record, min_size=18, max_size=30))
def test_nights_end_where_a_full_build_ends(pool, candidates, nights, start):
    folder = Path(tempfile.mkdtemp(prefix="nights-"))
    modes = []
    try:
        built = Built(pool, folder / "nights", candidates)
        states = []
        with open_index(built.path) as index:
            for told in [{key: key[1] for key in start}, *nights]:
                if told == UNDO:
                    if len(states) > 1:
                        state, sent, published, run_no = states.pop()
                        index.undo(run_no, reason="test")
                        built.live, built.sent = state, sent
                        assert partition(built.path) == published
                    continue
                before = (dict(built.live), dict(built.sent), partition(built.path) if states else set())
                built.stage(index, told)
                if index.open_run() is not None and built.live:
                    states.append((*before, index.open_run()))
                    modes.append(built.link(index, by_night(pool)))
        again = Built(pool, folder / "again", candidates)
        with open_index(again.path) as index:
            again.stage(index, built.live)
            again.link(index, in_full(pool))
        assert partition(built.path) == partition(again.path)
    finally:
        shutil.rmtree(folder)
    assert modes[0] == "full"
