"""Any sequence of nights and decisions: incremental is full, undo is exact, nobody is exposed or joined again."""

import atexit
import itertools
import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from oracle_index import SCHEMA, learned, learned_anew, record_id

from linkage.exchange.errors import IndexRefused
from linkage.exchange.records import EncodedRecords, Operation, RecordFlag
from linkage.exchange.schema import ColumnKind
from linkage.index import (
    Index,
    KeepOut,
    Links,
    PackageIdentity,
    PackageKind,
    create_index,
    open_index,
    open_published,
)
from linkage.index.publishing import publication
from linkage.resolution import LinkRules, ResolutionOptions, resolve

SOURCES = ("school", "gp", "benefits")
THRESHOLD = 8.0
KEEP_OUT = KeepOut(b"k" * 32)
OPTIONS = ResolutionOptions(LinkRules.of(len(SOURCES), THRESHOLD))
SPACES = [[column] for column in SCHEMA.of_kind(ColumnKind.BLOCK)]

sources = st.integers(0, 2)
names = st.integers(0, 5)
contents = st.integers(0, 7)
rarely = st.sampled_from([False] * 9 + [True])
Record = tuple[int, int]


def encode(told: dict[int, tuple[int, bool] | None]) -> EncodedRecords:
    """Records of one source: content and shielding, or None for a deletion."""
    n = len(told)
    ids = np.frombuffer(b"".join(map(record_id, told)), dtype=np.uint8).reshape(n, 16)
    operations = [Operation.DELETE if value is None else Operation.UPSERT for value in told.values()]
    flags = [RecordFlag.SHIELDED if value and value[1] else RecordFlag.NONE for value in told.values()]
    words = np.zeros((n, SCHEMA.n_words), dtype=np.uint64)
    for row, (name, value) in enumerate(told.items()):
        content = value[0] if value else 0
        words[row] = [1000 * name + 1, content + 1, 1, 1, content // 3 + 1, (content + 1) // 3 + 1]
    return EncodedRecords(ids, np.array(operations, np.uint8), np.array(flags, np.uint8), words)


def evidence(index: Index, rows: np.ndarray, fresh: set[int]) -> Links:
    """Every pair with a fresh row that shares a block: the nearer the contents, the heavier."""
    words = index.words(rows).astype(np.int64)
    found = []
    for a, b in itertools.combinations(range(len(rows)), 2):
        distance = abs(words[a, 1] - words[b, 1])
        shares = words[a, 4] == words[b, 4] or words[a, 5] == words[b, 5]
        if shares and distance <= 2 and (int(rows[a]) in fresh or int(rows[b]) in fresh):
            found.append((rows[a], rows[b], distance, 12.0 - 3.0 * distance))
    table = np.array(found).reshape(-1, 4)
    left, right, pattern = (table[:, column].astype(np.int64) for column in range(3))
    return Links(left, right, pattern, table[:, 3].astype(np.float32), np.zeros(len(table), np.int16))


def clusters(index: Index, rows: np.ndarray, links: Links) -> np.ndarray:
    """What the resolution makes of some rows."""
    live = index.live_rows()
    sources_of = live.sources[np.searchsorted(live.rows, rows)]
    known = index.protection.known_pairs()
    inside = [pairs[np.isin(pairs, rows).all(axis=1)] for pairs in (known.together, known.apart)]
    together, apart = (np.searchsorted(rows, pairs) for pairs in inside)
    resolution = resolve(
        np.searchsorted(rows, links.left_rows),
        np.searchsorted(rows, links.right_rows),
        links.weights.astype(np.float64),
        sources_of,
        index.record_ids(rows),
        OPTIONS,
        must_links=together,
        cannot_links=apart,
    )
    return resolution.labels


def partition(rows: np.ndarray, labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(rows[labels == label].tolist()) for label in set(labels.tolist())}


def package_no(source: int, number: int, kind: PackageKind) -> PackageIdentity:
    return PackageIdentity(SOURCES[source], number, kind, f"{source}.{number}", f"{source}.{number - 1}")


@cache
def empty_index() -> Path:
    """An index with an empty snapshot of each source: how every sequence begins, so it is made once."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create_index(folder / "index", "", "f" * 64, SCHEMA, SOURCES)
    with open_index(folder / "index", threads=1) as index:
        for source in range(3):
            index.stage(package_no(source, 1, PackageKind.SNAPSHOT), [encode({})], keep_out=KEEP_OUT)
    return folder / "index"


class NightsOfAnIndex(RuleBasedStateMachine):
    """Nights, decisions and undoings in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        # So small an index would otherwise be published whole every night.
        self.patched.setattr(publication, "LARGEST_CHANGE", 100.0)
        self.stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp())
        self.told: list[dict[int, tuple[int, bool] | None]] = [{}, {}, {}]
        self.sequence = [0, 0, 0]
        self.loaded: list[dict[int, tuple[int, bool]]] = [{}, {}, {}]
        self.hidden: set[Record] = set()
        self.hidden_in: dict[int, set[Record]] = {}
        self.before: dict[int, tuple[Any, ...]] = {}
        self.apart: set[frozenset[Record]] = set()
        self.kept_out: set[Record] = set()

    @initialize(first=st.lists(st.tuples(sources, names, contents), min_size=4, max_size=12))
    def begin(self, first: list[tuple[int, int, int]]) -> None:
        self.path = self.folder / "index"
        self.begin_empty()
        self.upsert([(*record, False) for record in first])
        self.night()

    def begin_empty(self) -> None:
        """Copy an index that has an empty snapshot of each source."""
        shutil.copytree(empty_index(), self.path)
        self.sequence = [1, 1, 1]
        self.index = self.stack.enter_context(open_index(self.path, threads=1))

    def teardown(self) -> None:
        self.stack.close()
        self.patched.undo()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, source: int, kind: PackageKind, told: dict[int, tuple[int, bool] | None]) -> None:
        number = self.sequence[source] = self.sequence[source] + 1
        self.index.stage(package_no(source, number, kind), [encode(told)], keep_out=KEEP_OUT)

    @rule(changes=st.lists(st.tuples(sources, names, contents, rarely), min_size=1, max_size=8))
    def upsert(self, changes: list[tuple[int, int, int, bool]]) -> None:
        for source, name, content, shielded in changes:
            self.told[source][name] = (content, shielded)

    @rule(source=sources, name=names)
    def delete(self, source: int, name: int) -> None:
        self.told[source].pop(name, None)
        if name in self.loaded[source]:
            self.told[source][name] = None

    @rule()
    def night(self) -> None:
        self.before[self.next_run()] = self.state()
        for source, told in enumerate(self.told):
            if told:
                self.send(source, PackageKind.DELTA, told)
                for name, value in told.items():
                    self.loaded[source].pop(name, None)
                    if value is not None and (source, name) not in self.kept_out:
                        self.loaded[source][name] = value
        self.told = [{}, {}, {}]
        run_no = self.index.begin_run()
        live = self.index.live_rows()
        fresh = live.rows[live.fresh]
        near = self.index.rows_sharing_keys(SPACES, fresh)
        self.index.store_links(run_no, [evidence(self.index, near, set(fresh.tolist()))])
        rows = self.index.affected_rows()
        self.index.assign_children(run_no, rows, clusters(self.index, rows, self.index.links(rows=rows)))
        self.look_for_near(run_no, whole=False)
        self.index.publish(run_no)
        self.nobody_is_near()
        self.incremental_is_full()
        self.hidden_in[run_no] = self.hidden_now()
        self.nobody_is_exposed()

    @rule()
    def full_night(self) -> None:
        self.before[self.next_run()] = self.state()
        run_no = self.index.begin_run()
        live = self.index.live_rows()
        links = evidence(self.index, live.rows, set(live.rows.tolist()))
        self.index.store_links(run_no, [links], replace=True)
        self.index.assign_children(run_no, live.rows, clusters(self.index, live.rows, links))
        self.look_for_near(run_no, whole=True)
        self.index.publish(run_no)
        self.nobody_is_near()
        self.hidden_in[run_no] = self.hidden_now()
        self.nobody_is_exposed()

    @precondition(lambda self: self.index.open_run() is None)
    @rule(back=st.integers(1, 3))
    def undo(self, back: int) -> None:
        wanted = [
            run.run_no for run in self.index.runs() if run.kind == "link" and str(run.status) == "published"
        ]
        if len(wanted) <= back:
            return
        run_no = wanted[-back]
        # An erasure since then changed the past, and with it what undoing brings back.
        expected = self.before.get(run_no)
        self.index.undo(run_no, reason="")
        assert expected is None or self.state() == expected
        self.hidden_in = {number: told for number, told in self.hidden_in.items() if number < run_no}
        self.after_undo()
        self.nobody_is_exposed()

    @rule(source=sources, name=names)
    def shield(self, source: int, name: int) -> None:
        self.hidden |= self.siblings((source, name)) | {(source, name)}
        self.index.protection.shield_record(SOURCES[source], record_id(name), "")
        self.nobody_is_exposed()

    @rule(source=sources, name=names, for_good=st.booleans())
    def erase(self, source: int, name: int, for_good: bool) -> None:
        """Nothing of the record is left: no row, no mark, no pair, no state to go back to that has it."""
        record = (source, name)
        self.index.leaving.erase([key(record)], KEEP_OUT if for_good else None)
        if for_good:
            self.kept_out.add(record)
        self.stack.close()
        self.index = self.stack.enter_context(open_index(self.path, threads=1))
        self.told[source].pop(name, None)
        self.loaded[source].pop(name, None)
        self.hidden.discard(record)
        self.hidden_in = {run_no: told - {record} for run_no, told in self.hidden_in.items()}
        self.apart = {pair for pair in self.apart if record not in pair}
        self.before = {}
        # The id of name 0 is all zeros, which every file has.
        if name and not self.is_named(name):
            assert self.traces(name) == []
        self.nobody_is_exposed()

    @precondition(lambda self: self.kept_out)
    @rule(choice=st.integers(0, 100))
    def readmit(self, choice: int) -> None:
        record = sorted(self.kept_out)[choice % len(self.kept_out)]
        self.index.leaving.readmit(*key(record), KEEP_OUT)
        self.kept_out.remove(record)

    @rule(a=st.tuples(sources, names), b=st.tuples(sources, names), severed=st.booleans())
    def separate(self, a: Record, b: Record, severed: bool) -> None:
        try:
            self.index.protection.separate(key(a), key(b), "", severed=severed)
        except IndexRefused:
            return
        self.apart.add(frozenset((a, b)))
        self.nobody_is_exposed()

    @rule(a=st.tuples(sources, names), b=st.tuples(sources, names))
    def join(self, a: Record, b: Record) -> None:
        try:
            self.index.protection.join(key(a), key(b), "")
        except IndexRefused:
            return

    @rule(source=sources, name=names)
    def unshield(self, source: int, name: int) -> None:
        record = (source, name)
        try:
            self.index.protection.unshield_record(*key(record), "")
        except IndexRefused:
            return
        seen = self.siblings(record) | {record}
        self.hidden -= seen
        self.hidden_in = {run_no: told - seen for run_no, told in self.hidden_in.items()}

    @precondition(lambda self: self.index.protection.quarantined())
    @rule(choice=st.integers(0, 100), same_child=st.booleans())
    def decide(self, choice: int, same_child: bool) -> None:
        waiting = self.index.protection.quarantined()
        found = waiting[choice % len(waiting)]
        try:
            self.index.protection.resolve_quarantine(found.source, found.record_id, "", same_child=same_child)
        except IndexRefused:
            return
        if not same_child:
            self.forget_what_a_quarantine_hid()

    # What must hold

    def look_for_near(self, run_no: int, *, whole: bool) -> None:
        """Quarantine as the linking does, over all pairs, of those that are new."""
        protected = self.index.protection.protected_rows()
        live = self.index.live_rows()
        searching = set((protected.rows if whole else protected.rows[protected.fresh]).tolist())
        fresh = set(live.rows[live.fresh].tolist()) | set(self.index.protection.disturbed_rows().tolist())
        for found, beside, weight in self.near_pairs():
            if beside in searching or found in fresh:
                self.index.protection.quarantine(
                    run_no, np.array([found]), np.array([beside]), np.array([1]), np.array([weight], "f4")
                )
        self.index.protection.note_searched(run_no, protected.rows)

    def near_pairs(self) -> list[tuple[int, int, float]]:
        """Pairs of a row that is shown and one of a shielded child that it comes near, but those kept apart."""
        live = self.index.live_rows()
        links = evidence(self.index, live.rows, set(live.rows.tolist()))
        protected = set(self.index.protection.protected_rows().rows.tolist())
        hidden = set(self.index.protection.shielded_rows().tolist())
        apart = {frozenset(pair) for pair in self.index.protection.known_pairs().apart.tolist()}
        rows = zip(links.left_rows.tolist(), links.right_rows.tolist(), links.weights.tolist(), strict=True)
        return [
            (found, beside, weight)
            for left, right, weight in rows
            for found, beside in ((left, right), (right, left))
            if beside in protected and found not in hidden and frozenset((left, right)) not in apart
        ]

    def nobody_is_near(self) -> None:
        """No record that comes near a shielded child is shown beside it."""
        assert self.near_pairs() == []

    def forget_what_a_quarantine_hid(self) -> None:
        """What was hidden by standing beside a record that was released may be shown again."""
        live = self.index.live_rows()
        hidden = set(self.index.protection.shielded_rows().tolist())
        names_of = self.index.words(live.rows)[:, 0].astype(np.int64) // 1000
        shown = {
            (int(source), int(name))
            for row, source, name in zip(live.rows.tolist(), live.sources, names_of, strict=True)
            if row not in hidden
        }
        self.hidden_in = {run_no: told - (shown - self.hidden) for run_no, told in self.hidden_in.items()}

    def incremental_is_full(self) -> None:
        live = self.index.live_rows()
        links = evidence(self.index, live.rows, set(live.rows.tolist()))
        full = partition(live.rows, clusters(self.index, live.rows, links))
        assert partition(live.rows, live.children) == full
        assert len(self.index.links()) == len(links)

    def nobody_is_exposed(self) -> None:
        assert learned(open_published(self.path)) == learned_anew(self.index, self.folder / "anew")
        shown: dict[str, set[Record]] = {}
        ids = {record_id(name).hex(): name for name in range(6)}
        for row in open_published(self.path).export().read_all().to_pylist():
            record = (SOURCES.index(row["source"]), ids[row["record_id"]])
            shown.setdefault(row["child_id"], set()).add(record)
        hidden = self.hidden.union(*self.hidden_in.values())
        assert not hidden & set().union(*shown.values())
        assert not self.kept_out & set().union(*self.children())
        for pair in self.apart:
            assert not any(pair <= child for child in shown.values())

    def is_named(self, name: int) -> bool:
        """Whether another source's record of that id, which is the same here, is in the past or in a decision."""
        high, low = (int.from_bytes(half, "big") for half in (record_id(name)[:8], record_id(name)[8:]))
        tables = {
            "records": "record",
            "shields": "record",
            "quarantine": "near",
            "known_pairs": "left",
        }
        query = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE {prefix}_high = ? AND {prefix}_low = ?"  # noqa: S608
            for table, prefix in [*tables.items(), ("quarantine", "record"), ("known_pairs", "right")]
        )
        return bool(self.index._engine.rows(query, [high, low] * 6))

    def traces(self, name: int) -> list[str]:
        """Files of the index that hold a half of the record's id, in either order of bytes, or its text."""
        raw = record_id(name)
        needles = [raw[:8], raw[:8][::-1], raw[8:], raw[8:][::-1], raw.hex().encode()]
        return [
            str(path)
            for path in self.path.rglob("*")
            if path.is_file() and any(needle in path.read_bytes() for needle in needles)
        ]

    # What the machine remembers

    def next_run(self) -> int:
        return (
            max((run.run_no for run in self.index.runs()), default=0) + 1
            if self.index.open_run() is None
            else -1
        )

    def state(self) -> tuple[Any, ...]:
        live = self.index.live_rows()
        ids = self.index.record_ids(live.rows).tolist()
        links = [array.tolist() for array in vars(self.index.links()).values()]
        return live.rows.tolist(), ids, live.children.tolist(), live.flags.tolist(), links

    def children(self) -> list[set[Record]]:
        live = self.index.live_rows()
        names_of = self.index.words(live.rows)[:, 0].astype(np.int64) // 1000
        found: dict[int, set[Record]] = {}
        for child, source, name in zip(
            live.children.tolist(), live.sources.tolist(), names_of.tolist(), strict=True
        ):
            found.setdefault(child, set()).add((source, name))
        return list(found.values())

    def siblings(self, record: Record) -> set[Record]:
        return next((child for child in self.children() if record in child), set())

    def hidden_now(self) -> set[Record]:
        """Records that the run just published shields: with a flag or a mark in their child."""
        flagged = {
            (s, name) for s, told in enumerate(self.loaded) for name, value in told.items() if value[1]
        }
        marked = flagged | self.hidden.union(*self.hidden_in.values())
        return set().union(*(child for child in self.children() if child & marked))

    def after_undo(self) -> None:
        """Read back from the index what the sources have told it, so that the next nights fit."""
        live = self.index.live_rows()
        words = self.index.words(live.rows).astype(np.int64)
        self.loaded = [{}, {}, {}]
        for row, source, flags in zip(words, live.sources.tolist(), live.flags.tolist(), strict=True):
            self.loaded[source][int(row[0]) // 1000] = (int(row[1]) - 1, bool(flags & RecordFlag.SHIELDED))
        packages = self.index._engine.rows(
            "SELECT source_no, max(sequence) FROM packages WHERE to_run IS NULL GROUP BY source_no"
        )
        self.sequence = [dict(packages).get(source, 0) for source in range(3)]
        self.told = [{}, {}, {}]


def key(record: Record) -> tuple[str, bytes]:
    return SOURCES[record[0]], record_id(record[1])


NightsOfAnIndex.TestCase.settings = settings(max_examples=4, stateful_step_count=12, deadline=None)
TestNightsOfAnIndex = NightsOfAnIndex.TestCase
