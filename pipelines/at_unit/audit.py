"""The job that checks the look-up log, signs where it ends, and finds the entries about one record."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.unit_keys import load_unit_keys, load_unit_public
from linkage.index import (
    Checkpoint,
    audit_log,
    entries_about,
    open_published,
    read_checkpoint,
    sign_checkpoint,
)
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.subjects import RecordName

__all__ = ["about", "run", "sign"]


def run(index: Path, keys: Path | None = None, checkpoints: Sequence[Path] = ()) -> dict[str, Any]:
    """Check every entry of the log, its chain, its end, and all that was noted or signed about it.

    Parameters
    ----------
    keys
        The unit's ``unit.pub``, or a folder that holds it; without it signatures are not checked.
    checkpoints
        Signed statements that were kept elsewhere: they show a log that was cut off together with all that is in the
        index.

    Raises
    ------
    IndexRefused
        If an entry was changed, removed, added or moved, or the end is missing; says which.
    """
    folder = IndexFolder(index)
    folder.read_card()
    key = load_unit_public(keys).verifying_key if keys else None
    kept = [_kept(path) for path in checkpoints]
    if (folder.published / "current").exists():
        kept += open_published(index).log_notes()
    report = audit_log(folder.log, key=key, kept=kept)
    return {
        "entries": report.n_entries,
        "chain": report.chain,
        "statements_checked": report.n_checkpoints,
        "signatures_checked": key is not None,
        "entries_after_last_signature": report.n_after_last_checkpoint,
    }


def sign(index: Path, keys: Path, out: Path) -> dict[str, Any]:
    """Sign where the log ends, for somebody else to keep.

    Raises
    ------
    InputRefused
        If the key is missing or the file exists.
    """
    folder = IndexFolder(index)
    folder.read_card()
    if out.exists():
        raise IndexRefused(f"{out}: there is a file already; checkpoints are kept, not replaced")
    checkpoint = sign_checkpoint(folder.log, load_unit_keys(keys, read_passphrase()).log_key)
    out.write_bytes(checkpoint.to_bytes() + b"\n")
    return {"checkpoint": str(out), "entries": checkpoint.n_entries, "chain": checkpoint.chain}


def about(index: Path, record: RecordName) -> list[dict[str, Any]]:
    """Every entry about one record, for whoever has its id: who asked for this child, when and why."""
    folder = IndexFolder(index)
    folder.read_card()
    shown = ("entry", "at", "kind", "recipient", "requester", "purpose", "outcome", "run")
    return [
        {name: entry[name] for name in shown}
        for entry in entries_about(folder.log, record.source, record.record_id)
    ]


def _kept(path: Path) -> Checkpoint:
    try:
        return read_checkpoint(path.read_bytes())
    except OSError as error:
        raise IndexRefused(f"{path}: the checkpoint cannot be read ({error.strerror})") from None
    except IndexRefused as error:
        raise IndexRefused(f"{path}: {error}") from None
