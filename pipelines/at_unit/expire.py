"""The job at the unit that ages children out: notices in, who is due, into the archive, and purged after its time."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from linkage.exchange.errors import IndexRefused, PackageRefused
from linkage.exchange.notices import ExpiryNotice, read_notice
from linkage.exchange.public_keys import load_trusted_sources
from linkage.exchange.specification import Specification
from linkage.index import Index, open_index
from pipelines.at_unit.erase import erase_opened, rewrite
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.recipients import Asking, log_unit
from pipelines.progress import Progress, Silent

__all__ = ["run", "take_notices"]


def take_notices(index: Path, notices: Sequence[Path], keys: Path) -> list[dict[str, Any]]:
    """Check notices and note the cohorts; nobody leaves by this alone.

    Raises
    ------
    InputRefused
        If a notice is damaged, not signed by a trusted source, of another project or key, or of a cohort that its
        source never sent; those before it are noted.
    """
    specification = index_specification(index)
    trusted = load_trusted_sources(keys)
    taken = []
    with open_index(index) as opened:
        for path in notices:
            notice = read_notice(path, trusted, project=specification.project)
            _refuse_other_key(path, notice, opened, specification)
            try:
                is_new = opened.leaving.note_expiry(notice.source, int(notice.cohort, 16), notice.reached)
            except IndexRefused as refusal:
                raise PackageRefused(f"{path}: {refusal}") from None
            taken.append(
                {"notice": str(path), "source": notice.source, "reached": notice.reached, "new": is_new}
            )
    return taken


def run(
    index: Path,
    as_of: date | None = None,
    *,
    apply: bool = False,
    asking: Asking | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Show who is due, and with `apply` let them leave: into the archive, and out of it after its time.

    Parameters
    ----------
    as_of
        The day that decides how long records have been in the archive; today if not given.

    Returns
    -------
    Children and records due, children that wait or are kept, records to purge; and what was done.

    Raises
    ------
    IndexRefused
        If a run is open, or the specification has no cohorts.
    """
    specification = index_specification(index)
    day = as_of or datetime.now(UTC).date()
    moment = datetime.combine(day, time.max, UTC)
    progress = progress or Silent()
    with open_index(index) as opened:
        with progress.stage("who is due"):
            due = opened.leaving.due_children()
            purged = opened.leaving.purgeable(specification.lifecycle.archive_days, moment)
        told: dict[str, Any] = {
            "as_of": day.isoformat(),
            "children_due": due.n_children,
            "records_due": len(due.rows),
            "children_waiting": due.n_waiting,
            "children_kept_for_later_age": due.n_kept,
            "records_to_purge": len(purged),
            "applied": apply,
        }
        if apply:
            log_unit(index, "expire", asking or Asking(), 0, n_records=len(due.rows))
            with progress.stage("into the archive", total=len(due.rows)):
                opened.leaving.expire()
            if purged:
                log_unit(index, "purge", asking or Asking(), 0, n_records=len(purged))
                told["packages_shredded"] = erase_opened(index, opened, purged, progress=progress).n_packages
    if apply and purged:
        rewrite(index, progress)
    return told


def _refuse_other_key(path: Path, notice: ExpiryNotice, index: Index, specification: Specification) -> None:
    known = index.key_checks()
    if (
        notice.key_epoch != specification.epoch
        or known.get(notice.key_epoch, notice.key_check) != notice.key_check
    ):
        raise PackageRefused(
            f"{path}: the notice was made under another project key than the records of this index; its source has to"
            " make it again with the key of the epoch"
        )
