"""The list of erased records at the unit: its key, and the way back for one of them."""

from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.unit_keys import load_pseudonym_key
from linkage.index import KeepOut, open_index
from pipelines.at_unit.protect import Decision
from pipelines.at_unit.recipients import Asking, log_unit
from pipelines.at_unit.subjects import RecordName

__all__ = ["load_keep_out", "readmit"]

USE = "erased records"


def load_keep_out(keys: Path) -> KeepOut:
    """What recognises erased records, from the unit's pseudonym key.

    Raises
    ------
    KeyRefused
        If the key is missing or does not check.
    """
    return KeepOut(load_pseudonym_key(keys, read_passphrase()).derive(USE))


def readmit(index: Path, record: RecordName, decision: Decision, *, keys: Path) -> dict[str, Any]:
    """Let a record that was erased come back when its source sends it again; it is logged first.

    Raises
    ------
    IndexRefused
        If it is not kept out, or who or why is missing.
    """
    if not decision.reason.strip():
        raise IndexRefused("a reason is required for every decision")
    keep_out = load_keep_out(keys)
    with open_index(index) as opened:
        asking = Asking(requester=decision.by, purpose=decision.reason)
        log_unit(index, "readmit", asking, 0, source=record.source, record_id=record.record_id)
        opened.leaving.readmit(*record.key, keep_out)
        return {"kept_out": opened.leaving.n_kept_out()}
