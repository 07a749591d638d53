"""The job that makes a new index after one of an earlier epoch: children keep their ids, and what protects them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused, PackageRefused, SpecificationRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.package_reader import VerifiedPackage, open_package
from linkage.exchange.plurals import counted
from linkage.exchange.specification import Specification
from linkage.exchange.translations import TRANSLATION, Translated, read_pairs
from linkage.index import (
    Decided,
    Index,
    LookUpLog,
    Request,
    create_index,
    making_place,
    move_into_place,
    open_index,
)
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.init import agreed_for_index
from pipelines.at_unit.keep_out import load_keep_out
from pipelines.at_unit.left_behind import list_path, read_list, refuse_the_rest
from pipelines.at_unit.load import Receiver
from pipelines.at_unit.next_index import note_next
from pipelines.at_unit.protect import Decision
from pipelines.at_unit.recipients import UNIT
from pipelines.progress import Progress, Silent

__all__ = ["SuccessionJob", "run", "text"]


@dataclass(frozen=True)
class SuccessionJob:
    """What to make, after what.

    Attributes
    ----------
    index, specification
        The new index, and the specification of its epoch.
    old
        The index of an earlier epoch.
    translations
        One of each source.
    keys
        Folder with the unit's keys and the sources that it trusts.
    decision
        Who orders it, and why.
    without
        A list of decisions to leave behind, see `left_behind`.
    """

    index: Path
    specification: Path
    old: Path
    translations: Sequence[Path]
    keys: Path
    decision: Decision
    without: Path | None = None


def run(job: SuccessionJob, progress: Progress | None = None) -> dict[str, Any]:
    """Make the new index; the old one stays as it is, but for the entries in its look-up log.

    Killed at any moment there is no new index, or it is whole; the same command makes it again.

    Raises
    ------
    InputRefused
        If the specification is not of a later epoch, a translation does not check, a run of the old index is open, or
        a decision about a record without a translation would be lost.
    """
    progress = progress or Silent()
    agreed, before = agreed_for_index(job.specification), index_specification(job.old)
    _refuse_other_project(job, agreed, before)
    _refuse_without_reason(job)
    accepted = read_list(job.without) if job.without else set()
    receiver = Receiver.of(agreed, job.keys)
    with open_index(job.old) as old:
        made = making_place(job.index)
        with progress.stage("open translations", total=len(job.translations), unit="packages") as stage:
            pairs, check = _opened(job, receiver, old, before.epoch, stage.reach)
        with progress.stage("find what would be lost"):
            succession = old.succession(pairs, list(agreed.sources), load_keep_out(job.keys))
            left = refuse_the_rest(succession.untranslated(), accepted, list_path(job.index))
        _log(job, old, left)
        with progress.stage("take over"):
            text = job.specification.read_text(encoding="utf-8")
            create_index(made, text, agreed.fingerprint, agreed.record_schema, list(agreed.sources))
            reason = (
                f"after epoch {before.epoch}, by {job.decision.by}: {job.decision.reason or 'key rotation'}"
            )
            taken = succession.write(
                IndexFolder(made),
                IndexFolder(job.old).log,
                epoch=agreed.epoch,
                key_check=check,
                reason=reason,
            )
            # Before there is a next index: a reminder too many does no harm.
            note_next(job.old)
            move_into_place(made, job.index)
    return {
        "index": str(job.index),
        "fingerprint": agreed.fingerprint,
        "after": str(job.old),
        "epoch": agreed.epoch,
        "taken_over": asdict(taken),
        "left_behind": len(left),
        "recipients_gone": sorted(set(before.recipients) - set(agreed.recipients)),
    }


def text(result: Mapping[str, Any]) -> str:
    """The outcome for people."""
    taken = result["taken_over"]
    told = [
        counted(taken[name], *words)
        for name, words in (
            ("children", ("child", "children")),
            ("records", ("record",)),
            ("shielded", ("shielded record",)),
            ("quarantined", ("in quarantine", "in quarantine")),
            ("pairs", ("known pair",)),
            ("kept_out", ("record that may not come back", "records that may not come back")),
            ("runs", ("run",)),
        )
    ]
    head = f"{result['index']}: ready for packages of epoch {result['epoch']}, after {result['after']}"
    lines = [head, f"taken over: {', '.join(told)}"]
    lines += [
        f"{source}: {counted(n, 'record has', 'records have')} no translation and will come as new"
        for source, n in taken["unknown"].items()
    ]
    if result["left_behind"]:
        lines.append(f"left behind by order: {counted(result['left_behind'], 'decision')}")
    if result["recipients_gone"]:
        lines.append(f"recipients without rights now: {', '.join(result['recipients_gone'])}")
    lines.append("next: load every source's snapshot in one night, before anybody reads it")
    return "\n".join(lines)


def _refuse_other_project(job: SuccessionJob, agreed: Specification, before: Specification) -> None:
    if agreed.project != before.project:
        raise SpecificationRefused(
            f"{job.specification}: expected project {before.project!r}, which {job.old} is of, found {agreed.project!r}"
        )
    if agreed.epoch <= before.epoch:
        raise SpecificationRefused(
            f"{job.specification}: expected an epoch after {before.epoch}, which {job.old} is of, found {agreed.epoch}"
        )


def _refuse_without_reason(job: SuccessionJob) -> None:
    if not job.decision.by.strip():
        raise IndexRefused("--by: say who orders it; it is logged")
    if job.without and not job.decision.reason.strip():
        raise IndexRefused(
            "--reason: say why these decisions may be left behind; it is logged with each of them"
        )


def _opened(
    job: SuccessionJob, receiver: Receiver, old: Index, epoch: int, reach: Callable[[int], None]
) -> tuple[dict[str, Translated], str]:
    """The pairs of each source, and the check of the one key that all of them lead to."""
    checks = old.key_checks()
    expected = Expectation(
        project=receiver.specification.project,
        specification=receiver.specification.fingerprint,
        schema=receiver.specification.record_schema,
        kinds=(TRANSLATION,),
        earlier_key_checks={epoch: checks[epoch]} if epoch in checks else {},
    )
    pairs: dict[str, Translated] = {}
    found: dict[str, Path] = {}
    for number, path in enumerate(job.translations, start=1):
        with open_package(path, receiver.key, receiver.trusted, expected) as package:
            manifest = package.manifest
            if manifest.key_epoch != receiver.specification.epoch:
                raise PackageRefused(
                    f"{path}: key epoch: expected {receiver.specification.epoch}, found {manifest.key_epoch}; the"
                    " source has to translate into the ids of the specification's epoch"
                )
            if manifest.source in pairs:
                raise PackageRefused(
                    f"{path}: a second translation of source {manifest.source!r}: give one of each"
                )
            found.setdefault(manifest.key_check, path)
            pairs[manifest.source] = _pairs(path, package)
        reach(number)
    if len(found) != 1:
        told = " and ".join(str(path) for path in found.values()) or "no translation was given"
        raise PackageRefused(
            f"the translations have to lead to one project key: {told}; compare the key check of all sources"
        )
    return pairs, next(iter(found))


def _pairs(path: Path, package: VerifiedPackage) -> Translated:
    try:
        return read_pairs(package.batches())
    except PackageRefused as refusal:
        raise PackageRefused(f"{path}: {refusal}") from None


def _log(job: SuccessionJob, old: Index, left: Sequence[Decided]) -> None:
    """Write down what was ordered, in the log that goes on in the new index."""
    run_no = max(run.run_no for run in old.runs())
    by, reason = job.decision.by, job.decision.reason or "key rotation"
    log = LookUpLog(IndexFolder(job.old).log)
    try:
        for decided in left:
            name = bytes.fromhex(decided.record_id)
            request = Request("leave behind", UNIT, by, reason, run_no, decided.source, name)
            log.append(request, outcome=decided.kind, n_records=int(decided.is_live))
        log.append(Request("succeed", UNIT, by, reason, run_no), outcome="ordered", n_records=0)
        log.flush()
    finally:
        log.close()
