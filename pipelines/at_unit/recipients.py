"""Who asks the index, within which rights, and that it is logged."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.errors import IndexRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.specification import Specification
from linkage.exchange.unit_keys import load_pseudonym_key
from linkage.index import LookUpLog, RecipientAccess, Request, Rights, open_published
from linkage.index.storage.folder import IndexFolder
from pipelines.at_unit.index_specification import index_specification

__all__ = ["UNIT", "Asking", "access_of", "log_unit", "rights_of"]

UNIT = "linkage unit"
PSEUDONYM_USE = "child"


@dataclass(frozen=True)
class Asking:
    """Who asks, and why.

    Attributes
    ----------
    recipient
        As the specification names it; empty for work inside the unit.
    requester, purpose
        The person or system behind it and the reason; inside the unit they default to the user of the machine and
        to the unit's own work.
    """

    recipient: str = ""
    requester: str = ""
    purpose: str = ""


def rights_of(specification: Specification, recipient: str) -> Rights:
    """The rights of a recipient.

    Raises
    ------
    IndexRefused
        If the specification gives it none; the message lists those that it knows.
    """
    rule = specification.recipients.get(recipient)
    if rule is None:
        known = ", ".join(sorted(specification.recipients)) or "none"
        raise IndexRefused(
            f"there is no recipient {recipient!r} under [recipients] of the index's specification; known: {known}."
            " Rights are changed with `childindex spec adopt`"
        )
    return Rights(
        recipient,
        frozenset(rule.asks_about),
        frozenset(rule.sees),
        frozenset(rule.sees_records),
        knows_shielded=rule.knows_shielded,
        may_export=rule.may_export,
        may_ask=rule.may_ask,
    )


@contextmanager
def access_of(index: Path, recipient: str, keys: Path | None) -> Iterator[RecipientAccess]:
    """A recipient's view of what is published at this moment.

    Raises
    ------
    InputRefused
        If the recipient is unknown, nothing is published, or the pseudonym key is missing.
    """
    rights = rights_of(index_specification(index), recipient)
    if keys is None:
        raise IndexRefused("a recipient's pseudonyms need the unit's keys: give their folder with --keys")
    key = load_pseudonym_key(keys, read_passphrase()).derive(PSEUDONYM_USE, recipient)
    log = LookUpLog(IndexFolder(index).log)
    try:
        yield RecipientAccess(open_published(index), rights, key, log)
    finally:
        log.close()


def log_unit(
    index: Path,
    kind: str,
    asking: Asking,
    run_no: int,
    *,
    n_records: int = 0,
    source: str = "",
    record_id: bytes = b"",
) -> None:
    """Log what the unit does by itself, before it is done."""
    log = LookUpLog(IndexFolder(index).log)
    try:
        requester = asking.requester or getpass.getuser()
        purpose = asking.purpose or "work of the unit"
        request = Request(kind, UNIT, requester, purpose, run_no, source, record_id)
        log.append(request, outcome="told", n_records=n_records)
    finally:
        log.close()
