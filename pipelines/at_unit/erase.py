"""The job that erases one record or child everywhere, and leaves a signed proof that names nothing."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.unit_keys import load_unit_keys
from linkage.index import Erased, Index, KeepOut, erasure_proof, open_index, shred_package
from linkage.index.reading.look_up_log import flush_log
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.held_packages import packages_by_run, packages_by_search
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.keep_out import load_keep_out
from pipelines.at_unit.load import Receiver
from pipelines.at_unit.protect import Decision
from pipelines.at_unit.recipients import Asking, log_unit
from pipelines.at_unit.subjects import RecordName
from pipelines.progress import Progress, Silent

__all__ = ["ErasedEverywhere", "erase_opened", "rewrite", "run"]


@dataclass(frozen=True)
class ErasedEverywhere:
    """What was erased in the index, and how many packages were made unreadable."""

    erased: Erased
    n_packages: int


def run(
    index: Path,
    subject: RecordName | bytes,
    decision: Decision,
    *,
    keys: Path,
    proof: Path,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Erase a record, or a child with all of its records, keep it from coming back, and write the proof.

    Parameters
    ----------
    keys
        Folder of the unit's keys: its log key signs the proof, its pseudonym key keeps the list of erased records.
    proof
        A new file.

    Raises
    ------
    IndexRefused
        If there is no such record or child, the file exists, or who or why is missing.
    """
    if not decision.reason.strip():
        raise IndexRefused("a reason is required for every decision")
    if proof.exists() or not proof.parent.is_dir():
        raise IndexRefused(
            f"{proof}: expected a new file in a folder that exists; a proof is never overwritten"
        )
    log_key, keep_out = load_unit_keys(keys, read_passphrase()).log_key, load_keep_out(keys)
    receiver = Receiver.of(index_specification(index), keys)
    source, name = ("", subject) if isinstance(subject, bytes) else subject.key
    with open_index(index) as opened:
        records = opened.protection.records_of(subject) if isinstance(subject, bytes) else [subject.key]
        asking = Asking(requester=decision.by, purpose=decision.reason)
        log_unit(index, "erase", asking, 0, n_records=len(records), source=source, record_id=name)
        chain = flush_log(IndexFolder(index).log).chain
        done = erase_opened(index, opened, records, receiver=receiver, keep_out=keep_out, progress=progress)
        if not done.erased.n_records:
            raise IndexRefused(
                "the index has no such record, now or in its past; what named it is gone all the same"
            )
        statement = erasure_proof(
            done.erased,
            (source, name),
            secrets.token_bytes(16),
            log_key,
            fingerprint=opened.fingerprint,
            n_packages=done.n_packages,
            log=chain,
        )
    rewrite(index, progress)
    proof.write_bytes(statement)
    return {
        "records": done.erased.n_records,
        "versions": done.erased.n_versions,
        "links": done.erased.n_links,
        "children": done.erased.n_children,
        "packages_shredded": done.n_packages,
        "proof": str(proof),
    }


def erase_opened(
    index: Path,
    opened: Index,
    records: Sequence[tuple[str, bytes]],
    *,
    receiver: Receiver | None = None,
    keep_out: KeepOut | None = None,
    progress: Progress | None = None,
) -> ErasedEverywhere:
    """Erase records from an open index and shred the packages that held them.

    The packages go first: what is repeated after an interruption still finds by the records which those are.

    Parameters
    ----------
    receiver
        To search packages that are not loaded; they are left as they are if not given.
    keep_out
        To keep the records from coming back; they may if not given.
    """
    shredded = packages_by_run(index, opened, records)
    if receiver is not None:
        shredded += packages_by_search(index, opened, records, receiver, progress)
    told = progress or Silent()
    with told.stage("shred packages", total=len(shredded), unit="packages") as stage:
        for number, path in enumerate(shredded, start=1):
            shred_package(path)
            stage.reach(number)
    with told.stage("erase", total=len(records)) as stage:
        erased = opened.leaving.erase(records, keep_out)
        stage.reach(len(records))
    return ErasedEverywhere(erased, len(shredded))


def rewrite(index: Path, progress: Progress | None = None) -> None:
    """Open an index once more, which writes the store anew without the pages that were freed."""
    with (progress or Silent()).stage("rewrite the store"), open_index(index):
        pass
