"""A new index after one of an earlier epoch: what names records or children goes over, by the new record ids.

Nothing that was encoded goes over. Children keep their numbers and ids, records their numbers, runs theirs; each record
becomes a row below 0 that ended with the run that took over (see `taken_over`). What people decided goes over record by
record. Models do not, since what is common under one key is unknown under another.

The old index is only read. The new one is made beside its place and moved there whole, so that a killed making leaves
nothing that could be taken for an index.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.exchange.translations import Translated
from linkage.index.following.decisions import Decided, sources_without_translation, untranslated_decisions
from linkage.index.reading.look_up_log import copy_log
from linkage.index.rules.keep_out import KeepOut, keep_out, kept_out
from linkage.index.storage.durable_files import flush_folder
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import IndexCard, IndexFolder
from linkage.index.storage.record_ids import Halves, halves_of, joined_halves
from linkage.index.storage.runs import RunStatus, now

__all__ = ["Succession", "TakenOver", "making_place", "move_into_place"]

KIND = "after"
Ids = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class TakenOver:
    """What went over, in numbers of records but for `children`, `pairs` (of records) and `runs`.

    Attributes
    ----------
    unknown
        Live records of the old index that have no translation, by source: they come as new ones.
    """

    records: int
    children: int
    shielded: int
    quarantined: int
    pairs: int
    kept_out: int
    runs: int
    unknown: Mapping[str, int]


class Succession:
    """What the old index would hand over, given the sources' translations.

    Parameters
    ----------
    engine, card
        Of the old index, open for writing, so that nobody else changes it meanwhile.
    pairs
        Translated ids by source.
    sources
        Of the new index, in its order.
    keys
        Recognises erased records.
    """

    def __init__(
        self,
        engine: Engine,
        card: IndexCard,
        pairs: Mapping[str, Translated],
        sources: Sequence[str],
        keys: KeepOut,
    ) -> None:
        self._engine = engine
        self._pairs = {name: told for name, told in pairs.items() if name in card.sources and name in sources}
        self._keys = keys
        engine.execute(_TRANSLATED)
        for name, told in self._pairs.items():
            rows = _pair_table(card.sources.index(name), told, list(sources).index(name))
            with engine.table("told", rows):
                engine.execute("INSERT INTO translated FROM told")
        for statement in _CARRIED:
            engine.execute(statement)

    def untranslated(self) -> list[Decided]:
        """Decisions that would be lost, of people about records and of erased records, and sources without pairs."""
        return [
            *sources_without_translation(self._engine, self._pairs),
            *untranslated_decisions(self._engine),
            *self._unknown_fingerprints(),
        ]

    def write(self, new: IndexFolder, log: Path, *, epoch: int, key_check: str, reason: str) -> TakenOver:
        """Fill an empty index before anybody opens it.

        Parameters
        ----------
        new
            At its making place.
        log
            The look-up log of the old index, which goes on in the new one.
        epoch, key_check
            The project key that the packages of the new index have to be of.
        reason
            Is kept with the run that takes over.
        """
        run_no = int(self._engine.value("SELECT coalesce(max(run_no), 0) + 1 FROM runs"))
        engine = Engine(new.store, scratch=new.scratch)
        try:
            with engine.transaction():
                for table, query in _COPIED.items():
                    with engine.table("copied", self._engine.arrow(query.format(run=run_no))):
                        engine.execute(f"INSERT INTO {table} FROM copied")
                self._copy_pairs(engine)
                self._copy_runs(engine, run_no, reason)
                erased = list(self._may_not_come())
                if erased:
                    keep_out(engine, self._keys, erased)
                engine.execute("INSERT INTO epoch_keys VALUES (?, ?)", [epoch, key_check])
                for name in ("next_record", "next_child", "protection"):
                    value = self._engine.value("SELECT value FROM counters WHERE name = ?", [name])
                    engine.execute("UPDATE counters SET value = ? WHERE name = ?", [value, name])
                taken = self._counted(engine, len(erased))
                engine.execute(
                    "UPDATE runs SET metrics = ? WHERE run_no = ?",
                    [json.dumps({"taken_over": asdict(taken)}, sort_keys=True), run_no],
                )
        finally:
            engine.close()
        copy_log(log, new.log)
        return taken

    def _copy_pairs(self, engine: Engine) -> None:
        """Known pairs, of which the lower record stands first under the new ids."""
        for kind, *sides, reason, set_at, lifted_at, lifted_reason, is_pending in self._engine.rows(_PAIRS):
            first, second = sorted([tuple(sides[:3]), tuple(sides[3:])])
            engine.execute(
                "INSERT INTO known_pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [kind, *first, *second, reason, set_at, lifted_at, lifted_reason, is_pending],
            )

    def _copy_runs(self, engine: Engine, run_no: int, reason: str) -> None:
        for row in self._engine.rows("SELECT * FROM runs ORDER BY run_no"):
            number, kind, status, started, finished, why, metrics, _, undone_by, *noted = row
            status = RunStatus.EARLIER if status == RunStatus.PUBLISHED else status
            # The evidence that later nights add to is not here: the first of them links everything.
            told = {name: value for name, value in json.loads(metrics).items() if name != "basis"}
            values = [number, kind, status, started, finished, why, json.dumps(told, sort_keys=True)]
            engine.execute(_RUN, [*values, "{}", undone_by, *noted])
        at = now()
        values = [run_no, KIND, RunStatus.EARLIER, at, at, reason, "{}", "{}", None, 0, ""]
        engine.execute(_RUN, values)

    def _may_not_come(self) -> Iterator[tuple[str, bytes]]:
        """By their new ids: erased records, and those that had left for the archive, which does not go over."""
        archived = _id_set(self._engine, _ARCHIVED)
        for name, told in self._pairs.items():
            erased = kept_out(self._engine, self._keys, name, told.earlier)
            gone = archived.get(name, np.empty((0, 16), dtype=np.uint8))
            erased |= np.isin(_as_one(told.earlier), _as_one(gone))
            for record_id in told.later[erased]:
                yield name, record_id.tobytes()

    def _unknown_fingerprints(self) -> list[Decided]:
        table = self._engine.arrow("SELECT fingerprint_high, fingerprint_low FROM kept_out")
        listed = joined_halves(
            Halves(table["fingerprint_high"].to_numpy(), table["fingerprint_low"].to_numpy())
        )
        unknown = {row.tobytes() for row in listed} - {self._keys.of_nothing()}
        if not unknown:
            return []
        for name, told in self._pairs.items():
            found = kept_out(self._engine, self._keys, name, told.earlier)
            fingerprints = self._keys.fingerprints(name, told.earlier[found])
            unknown -= {row.tobytes() for row in fingerprints}
        return [Decided("erased", "", fingerprint.hex()) for fingerprint in sorted(unknown)]

    def _counted(self, engine: Engine, n_kept_out: int) -> TakenOver:
        def count(query: str) -> int:
            return int(engine.value(query))

        return TakenOver(
            count("SELECT count(*) FROM taken_over"),
            count("SELECT count(*) FROM dormant"),
            count("SELECT count(*) FROM shielded_records"),
            count("SELECT count(*) FROM quarantine WHERE resolved_at IS NULL"),
            count("SELECT count(*) FROM known_pairs WHERE lifted_at IS NULL"),
            n_kept_out,
            count("SELECT count(*) FROM runs") - 1,
            {str(name): int(n) for name, n in self._engine.rows(_UNKNOWN)},
        )


def move_into_place(made: Path, path: Path) -> None:
    """Give a new index its name, whole."""
    if path.exists():
        path.rmdir()  # an empty folder; anything else was refused before
    made.rename(path)
    flush_folder(path.parent)


def making_place(path: Path) -> Path:
    """Where a new index is made, emptied of what a killed making left.

    Raises
    ------
    IndexRefused
        If there is something at `path`.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise IndexRefused(f"{path} exists already and is not an empty folder: choose another path")
    made = path.with_name(f".{path.name}.making")
    shutil.rmtree(made, ignore_errors=True)
    return made


def _pair_table(old_no: int, told: Translated, new_no: int) -> pa.Table:
    n = len(told)
    old, new = halves_of(told.earlier), halves_of(told.later)
    columns: dict[str, Any] = {
        "old_source": np.full(n, old_no, dtype=np.int16), "old_high": old.high, "old_low": old.low,
        "new_source": np.full(n, new_no, dtype=np.int16), "new_high": new.high, "new_low": new.low,
    }  # fmt: skip
    return pa.table(columns)


def _id_set(engine: Engine, query: str) -> dict[str, Ids]:
    """Ids by source, of a query of name, high and low."""
    table = engine.arrow(query)
    names = table["name"].to_numpy(zero_copy_only=False)
    ids = joined_halves(Halves(table["record_high"].to_numpy(), table["record_low"].to_numpy()))
    return {str(name): ids[names == name] for name in set(names)}


def _as_one(ids: Ids) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(ids).view("V16").ravel()


_RUN = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TRANSLATED = """
    CREATE OR REPLACE TEMP TABLE translated (
        old_source SMALLINT, old_high UBIGINT, old_low UBIGINT, new_source SMALLINT, new_high UBIGINT, new_low UBIGINT)
"""
_ARCHIVED = "SELECT name, record_high, record_low FROM gone JOIN sources USING (source_no)"
_CARRIED = (
    # What left for the archive, and did not come back.
    """CREATE OR REPLACE TEMP TABLE gone AS
    SELECT DISTINCT source_no, record_high, record_low FROM archived ANTI JOIN (FROM records WHERE to_run IS NULL) live
    USING (source_no, record_high, record_low)""",
    # Every other record that has a translation, live or not: where it was tells which identities once met.
    """CREATE OR REPLACE TEMP TABLE carried AS
    SELECT record_no, -1 - record_no AS row_id, any_value(new_source) AS source_no, any_value(new_high) AS record_high,
        any_value(new_low) AS record_low, min(from_run) AS from_run, bool_or(to_run IS NULL) AS is_live
    FROM (FROM records ANTI JOIN gone USING (source_no, record_high, record_low)) r
    JOIN translated ON r.source_no = old_source AND r.record_high = old_high AND r.record_low = old_low
    GROUP BY record_no""",
    """CREATE OR REPLACE TEMP TABLE carried_members AS
    SELECT -1 - record_no AS row_id, record_no, child_no, from_run, to_run FROM members SEMI JOIN carried
    USING (record_no)""",
    # Children that a carried record was in, and the aliases of those that are live.
    """CREATE OR REPLACE TEMP TABLE carried_children AS
    WITH RECURSIVE kept(child_no) AS (
        SELECT child_no FROM carried_members
        UNION SELECT c.child_no FROM children c JOIN kept ON c.merged_into = kept.child_no)
    SELECT child_no, id_high, id_low, merged_into, from_run, to_run FROM children SEMI JOIN kept USING (child_no)""",
)
_COPIED = {
    "records": """
        SELECT row_id, record_no, source_no, record_high, record_low, 0::UTINYINT AS flags, from_run,
            {run}::BIGINT AS to_run FROM carried""",
    "members": """
        SELECT row_id, record_no, child_no, from_run, coalesce(to_run, {run}::BIGINT) AS to_run FROM carried_members""",
    "children": "FROM carried_children WHERE to_run IS NOT NULL",
    "dormant": "SELECT child_no, id_high, id_low FROM carried_children WHERE to_run IS NULL",
    "taken_over": """
        SELECT source_no, record_high, record_low, record_no, child_no
        FROM carried JOIN carried_members m USING (record_no) WHERE is_live AND m.to_run IS NULL""",
    "events": """
        SELECT e.child_no, kind, o.child_no AS other_child, c.row_id, n_records, NULL::BIGINT AS pattern, weight,
            e.from_run, e.to_run
        FROM (FROM events SEMI JOIN carried_children USING (child_no)) e
        LEFT JOIN records r ON r.row_id = e.row_id LEFT JOIN carried c ON c.record_no = r.record_no
        LEFT JOIN carried_children o ON o.child_no = e.other_child""",
    "shields": """
        SELECT new_source, new_high, new_low, origin, run_no, reason, set_at, lifted_at, lifted_reason FROM shields
        JOIN translated ON source_no = old_source AND record_high = old_high AND record_low = old_low""",
    "quarantine": """
        SELECT a.new_source AS source_no, a.new_high AS record_high, a.new_low AS record_low,
            b.new_source AS near_source, b.new_high AS near_high, b.new_low AS near_low, pattern, weight, run_no,
            found_at, resolved_at, resolution
        FROM quarantine q
        JOIN translated a ON q.source_no = a.old_source AND q.record_high = a.old_high AND q.record_low = a.old_low
        JOIN translated b ON near_source = b.old_source AND q.near_high = b.old_high AND q.near_low = b.old_low""",
}
"""By table of the new index, what is copied into it; ``run`` is the run that takes over."""
_PAIRS = """
    SELECT kind, a.new_source, a.new_high, a.new_low, b.new_source, b.new_high, b.new_low, reason, set_at, lifted_at,
        lifted_reason, is_pending
    FROM known_pairs
    JOIN translated a ON left_source = a.old_source AND left_high = a.old_high AND left_low = a.old_low
    JOIN translated b ON right_source = b.old_source AND right_high = b.old_high AND right_low = b.old_low
    ORDER BY set_at
"""
_UNKNOWN = """
    SELECT name, count(*) FROM records ANTI JOIN (FROM carried WHERE is_live) known USING (record_no)
    JOIN sources USING (source_no) WHERE to_run IS NULL GROUP BY name ORDER BY name
"""
