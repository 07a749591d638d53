"""Publishing: a complete snapshot beside the one that is open, then one atomic switch.

The order makes it safe to be killed at any moment: (1) the snapshot is written and flushed, (2) the run becomes
``published`` in the store, (3) the pointer is switched. Killed before (2), the run is still open and a folder
nobody points to is left over; killed before (3), `repair` switches when the index is next opened for writing.

A snapshot holds everything, or what changed since one that does (`snapshot_changes`), as long as that is little: then
publishing a night costs what the night changed. The base is never touched, and stays as long as readers may need it.
"""

import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.index.publishing.snapshot_changes import Changes, changes_since, last_erasure, may_be_base
from linkage.index.publishing.snapshot_files import write_table
from linkage.index.publishing.snapshot_layers import SnapshotLayer
from linkage.index.publishing.snapshot_tables import snapshot_tables
from linkage.index.rules.known_pairs import n_unseparated_children
from linkage.index.storage.durable_files import flush_folder, replace_file
from linkage.index.storage.engine import Engine
from linkage.index.storage.folder import IndexCard
from linkage.index.storage.runs import last_published
from linkage.index.storage.sequence import key_checks

__all__ = [
    "PUBLISHED_FORMAT",
    "check_consistency",
    "current_snapshot",
    "drop_older_snapshots",
    "repair",
    "switch_to",
    "write_snapshot",
]

PUBLISHED_FORMAT = 2

LARGEST_CHANGE = 0.1
"""Share of the base's records from which on everything is written anew: beyond it a look-up of what changed, and the
writing of all changes since the base with every night, would no longer be small."""


def check_consistency(engine: Engine) -> None:
    """See that every live record has exactly one child and every live child has records.

    Raises
    ------
    ChildindexError
        If not; says how many. Nothing that fails this may be published.
    """
    live = engine.arrow("SELECT row_id FROM records WHERE to_run IS NULL")["row_id"].to_numpy()
    members = engine.arrow("SELECT row_id, child_no FROM members WHERE to_run IS NULL")
    member, child = members["row_id"].to_numpy(), members["child_no"].to_numpy()
    children = engine.arrow("SELECT child_no FROM children WHERE to_run IS NULL")["child_no"].to_numpy()
    # By a table of all rows: a join of two tables of a nation takes ten times as long.
    n_of = np.bincount(member, minlength=int(live.max(initial=-1)) + 1)
    n_orphans = int((n_of[live] == 0).sum())
    n_live_members = int(n_of[live].sum())
    is_child = np.zeros(max(int(child.max(initial=-1)), int(children.max(initial=-1))) + 1, dtype=np.bool_)
    is_child[children] = True
    faults = {
        "live records without a child": n_orphans,
        "deleted or outdated records with a child": len(member) - n_live_members,
        "records with two children": n_live_members - (len(live) - n_orphans),
        "children that are merged or retired and have records": int((~is_child[child]).sum()),
        "children that hold two records that must be kept apart": n_unseparated_children(engine),
    }
    found = {name: n for name, n in faults.items() if n}
    if found:
        listed = ", ".join(f"{n} {name}" for name, n in found.items())
        raise ChildindexError(
            f"the run is not complete and was not published: {listed}; link the index again"
        )


def write_snapshot(engine: Engine, published: Path, card: IndexCard, run_no: int) -> str:
    """Write a folder with the state as of a run, on the disk before it returns; its name, which nobody knows yet."""
    name = f"{run_no:06d}-{secrets.token_hex(4)}"
    folder = published / name
    base, changes = _changes(engine, published, card, run_no)
    tables = snapshot_tables(engine, run_no) if changes is None else changes.tables
    counts = {stem: table.num_rows for stem, table in tables.items()}
    if changes is not None:
        counts |= {"records": changes.n_records, "children": changes.n_children}
    folder.mkdir(mode=0o700)
    for stem, table in tables.items():
        write_table(folder / f"{stem}.arrow", table)
    content = {
        "format": PUBLISHED_FORMAT,
        "run": run_no,
        "base": base if changes is not None else None,
        "protection": _protection(engine),
        "fingerprint": card.fingerprint,
        "sources": list(card.sources),
        "key_checks": key_checks(engine),
        "counts": counts,
    }
    replace_file(folder / "card.json", json.dumps(content, indent=2).encode())
    flush_folder(published)
    return name


def _changes(
    engine: Engine, published: Path, card: IndexCard, run_no: int
) -> tuple[str | None, Changes | None]:
    """The snapshot that can be built upon, and what changed since; nothing if all has to be written anew."""
    current = current_snapshot(published)
    if current is None:
        return None, None
    name = _card(current).get("base") or current.name
    shown = _card(published / name)
    expected = PUBLISHED_FORMAT, card.fingerprint, list(card.sources), None
    if tuple(shown.get(key) for key in ("format", "fingerprint", "sources", "base")) != expected:
        return None, None
    base_run = int(shown["run"])
    if base_run > run_no or not may_be_base(engine, base_run, int(shown["protection"])):
        return None, None
    try:
        base = SnapshotLayer(published / name, card.sources)
    except (OSError, pa.ArrowInvalid, IndexRefused):
        return None, None  # damaged: what is written anew does not need it
    return name, changes_since(engine, base, base_run, run_no, LARGEST_CHANGE)


def switch_to(published: Path, name: str) -> None:
    """Let readers see a snapshot from now on, and remove the oldest ones; readers keep what they have open."""
    before = current_snapshot(published)
    replace_file(published / "current", name.encode())
    kept = {name, before.name if before else name}
    kept |= {base for folder in kept if (base := _card(published / folder).get("base"))}
    for folder in published.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def drop_older_snapshots(published: Path) -> None:
    """Remove every snapshot but the one that readers see; whoever has an older one open keeps it until it closes."""
    current = current_snapshot(published)
    kept = {current.name, _card(current).get("base")} if current else set()
    for folder in published.iterdir():
        if folder.is_dir() and folder.name not in kept:
            shutil.rmtree(folder)
    flush_folder(published)


def current_snapshot(published: Path) -> Path | None:
    """The folder that readers see; None before the first publication."""
    try:
        name = (published / "current").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return published / name


def republish(engine: Engine, published: Path, card: IndexCard) -> None:
    """Write the published state anew, with what people decided since; nothing of an open run is in it."""
    run_no = last_published(engine)
    if run_no:
        switch_to(published, write_snapshot(engine, published, card, run_no))


def repair(engine: Engine, published: Path, card: IndexCard) -> None:
    """Finish a publication, or the showing of a decision, that was killed between the store and the switch.

    A snapshot of another format is written anew too.
    """
    run_no, current = last_published(engine), current_snapshot(published)
    if not run_no and current is None:
        return
    shown = _card(current) if current else {}
    state = PUBLISHED_FORMAT, run_no, _protection(engine)
    base = shown.get("base")
    is_whole = base is None or bool(_card(published / base))
    if (shown.get("format"), shown.get("run"), shown.get("protection")) != state or not is_whole:
        republish(engine, published, card)
        if shown.get("protection", 0) < last_erasure(engine):
            drop_older_snapshots(published)


def _card(folder: Path) -> dict[str, Any]:
    """What a snapshot says of itself; nothing if it is not there."""
    try:
        content: dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


def _protection(engine: Engine) -> int:
    return int(engine.value("SELECT value FROM counters WHERE name = 'protection'"))
