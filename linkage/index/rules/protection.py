"""Decisions of people that outlive every run: shielding, separation, known links, quarantine.

Each takes effect on what readers see before the method returns, or at the next run where children must change. A
reason is for the record; it must not name anybody.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.index.rules.known_pairs import KnownPairs, PairKind, RecordKey, add_pair, known_pairs, lift_pair
from linkage.index.rules.shielding import (
    ProtectedRows,
    ShieldOrigin,
    disturbed_rows,
    lift_shields,
    mark_records,
    note_searched,
    protected_rows,
    records_of_child,
    release_record,
    shielded_rows,
    siblings,
)
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import IndexCard
from linkage.index.storage.record_ids import join_record_id
from linkage.index.storage.runs import now, require_open

__all__ = ["Protection", "Quarantined"]


@dataclass(frozen=True, repr=False)
class Quarantined:
    """A record that came near a shielded child: it is published as shielded until a person decides.

    Attributes
    ----------
    source, record_id
        The record.
    near_source, near_record_id
        The record of the shielded child that it is nearest to.
    pattern, weight
        The evidence between the two.
    run_no, found_at
        When it was found.
    """

    source: str
    record_id: bytes
    near_source: str
    near_record_id: bytes
    pattern: int
    weight: float
    run_no: int
    found_at: str


class Protection:
    """What protects children of one index; `Index.protection`."""

    def __init__(self, engine: Engine, card: IndexCard, republish: Callable[[], None]) -> None:
        self._engine = engine
        self._card = card
        self._republish = republish
        self._is_waiting = False

    @contextmanager
    def shown_at_once(self) -> Iterator[None]:
        """Let readers see what is decided inside the block when it ends, in one step, also if a part of it fails."""
        self._is_waiting = True
        try:
            yield
        finally:
            self._is_waiting = False
            self._republish()

    def _show(self) -> None:
        if not self._is_waiting:
            self._republish()

    # Shielding

    def shield_record(self, source: str, record_id: bytes, reason: str) -> int:
        """Shield a record, with every record that shares its child; it may be one that the index does not have yet.

        Returns how many records are newly marked. Readers see it when this returns.
        """
        record = self._key(source, record_id)
        return self._mark(siblings(self._engine, record), reason)

    def shield_child(self, child_id: bytes, reason: str) -> int:
        """Shield a child: all of its records, wherever they may go later.

        Raises
        ------
        IndexRefused
            If there is no such child.
        """
        return self._mark(records_of_child(self._engine, child_id), reason)

    def unshield_child(self, child_id: bytes, reason: str) -> int:
        """Lift every mark of a child's records; how many marks there were.

        Raises
        ------
        IndexRefused
            If there is no such child, or a source still shields one of its records.
        """
        return self._unmark(records_of_child(self._engine, child_id), reason)

    def unshield_record(self, source: str, record_id: bytes, reason: str) -> int:
        """Lift every mark of a record and of those that share its child; how many marks there were.

        Raises
        ------
        IndexRefused
            If nothing shields it here, a source still shields one of the records, or one is in quarantine.
        """
        n_lifted = self._unmark(siblings(self._engine, self._key(source, record_id)), reason)
        if not n_lifted:
            raise IndexRefused("this record is not shielded at the unit; nothing was changed")
        return n_lifted

    def shielded_rows(self) -> npt.NDArray[np.int64]:
        """Live rows, ascending, that are shown as shielded only, those in quarantine among them."""
        return shielded_rows(self._engine)

    def protected_rows(self) -> ProtectedRows:
        """Live rows of shielded children, ascending; a new row that comes near one of them belongs into quarantine."""
        return protected_rows(self._engine)

    def note_searched(self, run_no: int, rows: npt.NDArray[np.int64]) -> None:
        """Note that the open run looked for records near these protected rows."""
        with self._engine.transaction():
            require_open(self._engine, run_no)
            note_searched(self._engine, run_no, rows)

    def disturbed_rows(self) -> npt.NDArray[np.int64]:
        """Live rows, ascending, to be looked at like new ones: something beside them was erased or lifted."""
        return disturbed_rows(self._engine)

    # Pairs

    def join(self, left: tuple[str, bytes], right: tuple[str, bytes], reason: str) -> None:
        """Know that two records are one child, from the next run on."""
        self._add(PairKind.TOGETHER, left, right, reason)

    def separate(
        self, left: tuple[str, bytes], right: tuple[str, bytes], reason: str, *, severed: bool
    ) -> None:
        """Never join two records again, from the next run on; until then, nothing is published that joins them.

        With `severed` they are two identities of which neither may lead to the other, see `known_pairs`.
        """
        self._add(PairKind.SEVERED if severed else PairKind.APART, left, right, reason)

    def records_of(self, child_id: bytes) -> list[tuple[str, bytes]]:
        """Source and id of each record of a child, as published or in the open run.

        Raises
        ------
        IndexRefused
            If there is no such child.
        """
        names = self._card.sources
        return [(names[key.source_no], key.record_id) for key in records_of_child(self._engine, child_id)]

    def lift(self, left: tuple[str, bytes], right: tuple[str, bytes], reason: str) -> None:
        """Forget what is known of two records, from the next run on."""
        with self._change():
            lift_pair(self._engine, self._key(*left), self._key(*right), reason)

    def known_pairs(self) -> KnownPairs:
        """Known pairs of live rows, for the resolution."""
        return known_pairs(self._engine)

    # Quarantine

    def quarantine(
        self,
        run_no: int | None,
        rows: npt.NDArray[np.int64],
        near_rows: npt.NDArray[np.int64],
        patterns: npt.NDArray[np.int64],
        weights: npt.NDArray[np.float32],
    ) -> int:
        """Publish rows of the open run as shielded only: each came near a row of a shielded child.

        Without a run it is part of a decision about what is published: readers see it, and no undoing forgets it. A
        pair that was quarantined before, whether decided or not, or that people keep apart, is left as it is. Returns
        how many pairs are new.
        """
        found = pa.table({"row": rows, "near": near_rows, "pattern": patterns, "weight": weights})
        with self._change():
            if run_no is not None:
                require_open(self._engine, run_no)
            with self._engine.table("found", found):
                n_new = self._engine.execute(_QUARANTINE, [run_no or 0, now()])
            self._engine.execute(_MARK_QUARANTINED, [run_no or 0, now()])
        if run_no is None:
            self._show()
        return n_new

    def quarantined(self) -> list[Quarantined]:
        """Records that await a decision, oldest first."""
        rows = self._engine.rows(
            """SELECT source_no, record_high, record_low, near_source, near_high, near_low, pattern, weight,
                run_no, found_at FROM quarantine WHERE resolved_at IS NULL
            ORDER BY run_no, source_no, record_high, record_low, weight DESC"""
        )
        names = self._card.sources
        return [
            Quarantined(
                names[row[0]], join_record_id(*row[1:3]), names[row[3]], join_record_id(*row[4:6]), *row[6:]
            )
            for row in rows
        ]

    def resolve_quarantine(self, source: str, record_id: bytes, reason: str, *, same_child: bool) -> None:
        """Decide: the record belongs to the shielded child, from the next run on, or it does not and is released.

        Raises
        ------
        IndexRefused
            If the record is not in quarantine.
        """
        record = self._key(source, record_id)
        near = [q for q in self.quarantined() if (q.source, q.record_id) == (source, record_id)]
        if not near:
            raise IndexRefused(
                "this record is not in quarantine; `childindex quarantine list` names those that are"
            )
        with self._change():
            self._engine.execute(
                """UPDATE quarantine SET resolved_at = ?, resolution = ? WHERE resolved_at IS NULL
                AND source_no = ? AND record_high = ? AND record_low = ?""",
                [now(), "joined" if same_child else "released", *record.values],
            )
            for found in near:
                other = self._key(found.near_source, found.near_record_id)
                kind = PairKind.TOGETHER if same_child else PairKind.APART
                add_pair(self._engine, kind, record, other, reason)
            if not same_child:
                release_record(self._engine, record, reason)
        self._show()

    def _key(self, source: str, record_id: bytes) -> RecordKey:
        return RecordKey(self._card.source_no(source), record_id)

    def _add(self, kind: PairKind, left: tuple[str, bytes], right: tuple[str, bytes], reason: str) -> None:
        with self._change():
            add_pair(self._engine, kind, self._key(*left), self._key(*right), reason)
        self._show()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """All or nothing, and counted: a snapshot that was written before is behind, and opening notices it."""
        with self._engine.transaction():
            yield
            self._engine.execute("UPDATE counters SET value = value + 1 WHERE name = 'protection'")

    def _unmark(self, records: list[RecordKey], reason: str) -> int:
        waiting = {(self._card.source_no(found.source), found.record_id) for found in self.quarantined()}
        if any((record.source_no, record.record_id) in waiting for record in records):
            raise IndexRefused(
                "a record of this child is in quarantine: decide with `childindex quarantine release` or `join`"
            )
        with self._change():
            n_lifted = lift_shields(self._engine, records, reason)
        self._show()
        return n_lifted

    def _mark(self, records: Iterable[RecordKey], reason: str) -> int:
        with self._change():
            n_marked = mark_records(self._engine, records, ShieldOrigin.UNIT, reason)
        self._show()
        return n_marked


# The same record near several shielded ones is listed once for each.
_QUARANTINE = """
    INSERT INTO quarantine
    SELECT r.source_no, r.record_high, r.record_low, n.source_no, n.record_high, n.record_low,
        pattern, weight, ?, ?, NULL, NULL
    FROM found JOIN records r ON r.row_id = found.row JOIN records n ON n.row_id = near
    WHERE NOT EXISTS (FROM quarantine q
        WHERE q.source_no = r.source_no AND q.record_high = r.record_high AND q.record_low = r.record_low
        AND q.near_source = n.source_no AND q.near_high = n.record_high AND q.near_low = n.record_low)
    AND NOT EXISTS (FROM known_pairs k WHERE k.lifted_at IS NULL AND k.kind <> 'together' AND (
        k.left_source = r.source_no AND k.left_high = r.record_high AND k.left_low = r.record_low
        AND k.right_source = n.source_no AND k.right_high = n.record_high AND k.right_low = n.record_low
        OR k.left_source = n.source_no AND k.left_high = n.record_high AND k.left_low = n.record_low
        AND k.right_source = r.source_no AND k.right_high = r.record_high AND k.right_low = r.record_low))
"""
_MARK_QUARANTINED = """
    INSERT INTO shields
    SELECT DISTINCT source_no, record_high, record_low, 'quarantine', ?, '', ?, NULL, NULL
    FROM quarantine WHERE resolved_at IS NULL
    AND NOT EXISTS (FROM shields s WHERE s.source_no = quarantine.source_no
        AND s.record_high = quarantine.record_high AND s.record_low = quarantine.record_low
        AND s.origin = 'quarantine' AND s.lifted_at IS NULL)
"""
