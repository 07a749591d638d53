"""Any sequence of nights, decisions and rotations of the project key: what held before holds under the new ids."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from oracle_index import SCHEMA, record_id

from linkage.exchange.translations import Translated
from linkage.index import create_index, making_place, move_into_place, open_index
from linkage.index.storage.folder import IndexFolder


def load_nights() -> ModuleType:
    """The machine of nights as a module of its own, of which the record ids can be changed."""
    spec = importlib.util.spec_from_file_location(
        "nights_under_rotation", Path(__file__).with_name("test_invariants.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


nights = load_nights()
SOURCES, KEEP_OUT = nights.SOURCES, nights.KEEP_OUT
EPOCH_STEP = 0xB5297A4D3C6EF3720A1D9E8F7C5B4623


def id_in_epoch(name: int, epoch: int) -> bytes:
    number = int.from_bytes(record_id(name), "big") + (epoch - 1) * EPOCH_STEP
    return (number % 2**128).to_bytes(16, "big")


def ids(told: list[int], epoch: int) -> np.ndarray:
    raw = b"".join(id_in_epoch(name, epoch) for name in told)
    return np.frombuffer(raw, dtype=np.uint8).reshape(-1, 16)


class RotatedNights(nights.NightsOfAnIndex):
    """As its parent, and now and then every record id changes and a new index takes over."""

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 1
        self.patched.setattr(nights, "record_id", lambda name: id_in_epoch(name, self.epoch))

    def teardown(self) -> None:
        """No sequence ends without a rotation."""
        try:
            if self.index.open_run() is None:
                self.rotate(lacking=set())
        finally:
            super().teardown()

    @precondition(lambda self: self.index.open_run() is None)
    @rule(lacking=st.sets(st.tuples(nights.sources, nights.names), max_size=3))
    def rotate(self, lacking: set[tuple[int, int]]) -> None:
        before = self.child_ids()
        pending = self.severed_pairs()
        old, new = self.path, self.folder / f"index-{self.epoch + 1}"
        succession = self.index.succession(self.pairs(lacking), SOURCES, KEEP_OUT)
        if succession.untranslated():  # somebody asks the sources for what they left out
            lacking = set()
            succession = self.index.succession(self.pairs(lacking), SOURCES, KEEP_OUT)
            assert succession.untranslated() == []
        made = making_place(new)
        create_index(made, "", "f" * 64, SCHEMA, SOURCES)
        succession.write(
            IndexFolder(made), IndexFolder(old).log, epoch=self.epoch + 1, key_check="c" * 32, reason=""
        )
        move_into_place(made, new)
        self.stack.close()
        self.path, self.epoch = new, self.epoch + 1
        for name in range(1, 6):
            assert self.traces(name) == [] or any((s, name) not in lacking for s in range(3))
        self.index = self.stack.enter_context(open_index(new, threads=1))
        self.before = {}
        self.first_night()
        after = self.child_ids()
        for records, child in before.items():
            dissolved = any(pair & records for pair in pending)
            if records in after and not records & lacking and not dissolved:
                assert after[records] == child, "a child whose records are the same has another id"
        kept = set(before.values())
        for records, child in after.items():
            former = {other for other in before if before[other] == child}
            assert child not in kept or any(records & other for other in former)

    def first_night(self) -> None:
        """All snapshots, with what is kept out sent again, then everything linked."""
        self.sequence = [0, 0, 0]
        for source in range(3):
            told = dict(self.loaded[source])
            told |= {name: (0, False) for s, name in self.kept_out if s == source}
            self.send(source, nights.PackageKind.SNAPSHOT, told)
        run_no = self.index.begin_run()
        live = self.index.live_rows()
        links = nights.evidence(self.index, live.rows, set(live.rows.tolist()))
        self.index.store_links(run_no, [links], replace=True)
        self.index.assign_children(run_no, live.rows, nights.clusters(self.index, live.rows, links))
        self.look_for_near(run_no, whole=True)
        self.index.publish(run_no)
        self.nobody_is_near()
        self.incremental_is_full()
        self.hidden_in[run_no] = self.hidden_now()
        self.nobody_is_exposed()

    def pairs(self, lacking: set[tuple[int, int]]) -> dict[str, Translated]:
        found = {}
        for source, name in enumerate(SOURCES):
            told = [other for other in range(6) if (source, other) not in lacking]
            found[name] = Translated(ids(told, self.epoch), ids(told, self.epoch + 1))
        return found

    def child_ids(self) -> dict[frozenset[tuple[int, int]], bytes]:
        """The id of each child by its records."""
        live = self.index.live_rows()
        names_of = self.index.words(live.rows)[:, 0].astype(np.int64) // 1000
        table = self.index._engine.rows("SELECT child_no, id_high, id_low FROM children WHERE to_run IS NULL")
        id_of = {child: (high, low) for child, high, low in table}
        found: dict[int, set[tuple[int, int]]] = {}
        for child, source, name in zip(
            live.children.tolist(), live.sources.tolist(), names_of.tolist(), strict=True
        ):
            found.setdefault(child, set()).add((source, name))
        return {frozenset(records): id_of[child] for child, records in found.items()}

    def severed_pairs(self) -> list[frozenset[tuple[int, int]]]:
        """Records of children that a severed pair dissolves when they are next resolved."""
        rows = self.index._engine.rows(
            """SELECT left_source, left_high, left_low, right_source, right_high, right_low FROM known_pairs
            WHERE kind = 'severed' AND lifted_at IS NULL"""
        )
        named = {id_in_epoch(name, self.epoch): name for name in range(6)}

        def record(source: int, high: int, low: int) -> tuple[int, int]:
            return source, named[high.to_bytes(8, "big") + low.to_bytes(8, "big")]

        return [frozenset({record(*row[:3]), record(*row[3:])}) for row in rows]


TestRotations = RotatedNights.TestCase
TestRotations.settings = settings(max_examples=2, stateful_step_count=8, deadline=None)
