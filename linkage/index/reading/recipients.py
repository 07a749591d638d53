"""What a recipient is told: under its own pseudonyms, within its rights, and only after it was logged.

The purpose of the whole index is one question: who else works with this child? A recipient asks with a record id of a
source that it may ask about, and is told which other sources know the child, as far as its rights go. A shielded child
fails closed: nothing of it is told but, if the rights say so, that it is shielded.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from linkage.exchange.errors import IndexRefused
from linkage.index.publishing.child_views import Child, ChildRecord
from linkage.index.reading.child_ids import format_child_id, parse_child_id
from linkage.index.reading.look_up_log import LookUpLog, Request, check_request
from linkage.index.reading.pseudonyms import Pseudonyms
from linkage.index.reading.published import PublishedIndex

__all__ = ["RecipientAccess", "RecipientChild", "Rights"]


@dataclass(frozen=True)
class Rights:
    """What a recipient may ask and be told; given by the specification.

    Attributes
    ----------
    recipient
        Its name; its pseudonyms depend on it.
    asks_about
        Sources with whose record ids it may ask.
    sees
        Sources of which it may be told that they know a child.
    sees_records
        Sources of whose records it may be told the ids; a part of `sees`.
    knows_shielded
        Whether it is told that a child is shielded; if not, a shielded child looks like an unknown one.
    may_export
        Whether it may have all children at once.
    may_ask
        Whether it may ask with a sealed record about a child that its source has just met.
    """

    recipient: str
    asks_about: frozenset[str]
    sees: frozenset[str]
    sees_records: frozenset[str] = frozenset()
    knows_shielded: bool = False
    may_export: bool = False
    may_ask: bool = False


@dataclass(frozen=True, repr=False)
class RecipientChild:
    """A child as one recipient sees it.

    Attributes
    ----------
    pseudonym
        Text with a check character, this recipient's own; empty if the child is shielded.
    sources
        Sources that know the child, as far as it may see; empty if the child is shielded.
    records
        Records of the sources whose ids it may see.
    shielded
        The child is shielded, and this is all that is told.
    """

    pseudonym: str
    sources: tuple[str, ...]
    records: tuple[ChildRecord, ...]
    shielded: bool


class RecipientAccess:
    """One recipient's view of a published index.

    Parameters
    ----------
    published
        What is published.
    rights
        The recipient's rights.
    key
        Its 32-byte key, ``PseudonymKey.derive("child", rights.recipient)``.
    log
        The index's look-up log.
    """

    def __init__(self, published: PublishedIndex, rights: Rights, key: bytes, log: LookUpLog) -> None:
        self.published = published
        self._published = published
        self._rights = rights
        self._pseudonyms = Pseudonyms(key)
        self._log = log

    def lookup(self, source: str, record_id: bytes, *, requester: str, purpose: str) -> RecipientChild | None:
        """Who else works with this child; None if the index does not know the record, or may not tell.

        Raises
        ------
        IndexRefused
            If the recipient may not ask about that source, or requester or purpose is missing.
        """
        if source not in self._rights.asks_about:
            raise IndexRefused(f"{self._rights.recipient} has no right to ask about records of {source!r}")
        found = self._published.lookup(source, record_id)
        told = self._told(found)
        self._log_answer("lookup", found, told, requester, purpose, source, record_id)
        return told

    def require_question(self, source: str, *, requester: str, purpose: str) -> None:
        """See that the recipient may ask with a sealed record of a source.

        Raises
        ------
        IndexRefused
            If it may not, or requester or purpose is missing.
        """
        if not self._rights.may_ask:
            raise IndexRefused(f"{self._rights.recipient} has no right to ask with a sealed record")
        if source not in self._rights.asks_about:
            raise IndexRefused(f"{self._rights.recipient} has no right to ask about records of {source!r}")
        check_request(Request("ask", self._rights.recipient, requester, purpose, self._published.run_no))

    def answer(
        self,
        source: str,
        record_id: bytes,
        found: Child | None,
        *,
        is_shielded: bool,
        is_ambiguous: bool,
        requester: str,
        purpose: str,
    ) -> RecipientChild | None:
        """Tell which child fits a sealed record, once it was compared; None if none does, or it may not be told.

        Parameters
        ----------
        is_shielded
            A shielded child fits or comes near: then nothing is told of another child either.
        is_ambiguous
            More than one child fits.
        """
        self.require_question(source, requester=requester, purpose=purpose)
        told = RecipientChild("", (), (), shielded=True) if self._rights.knows_shielded else None
        outcome = "shielded"
        if not is_shielded:
            told = self._told(found)
            outcome = "ambiguous" if is_ambiguous else "unknown" if found is None else "told"
        request = Request(
            "ask", self._rights.recipient, requester, purpose, self._published.run_no, source, record_id
        )
        self._log.append(request, outcome=outcome, n_records=len(told.sources) if told else 0)
        return told

    def child(self, pseudonym: str, *, requester: str, purpose: str) -> RecipientChild | None:
        """A child by this recipient's pseudonym; None if there is none, or it may not be told.

        The first call computes every child's pseudonym, about a second for a million children.

        Raises
        ------
        IndexRefused
            If the check character does not fit, or requester or purpose is missing.
        """
        made = parse_child_id(pseudonym)
        child_id = self._by_pseudonym.get(made)
        found = None if child_id is None else self._published.child(child_id)
        told = self._told(found)
        self._log_answer("child", found, told, requester, purpose, "", made)
        return told

    def export(self, *, requester: str, purpose: str, n_batch: int = 65536) -> pa.RecordBatchReader:
        """Every record that the recipient may see, by its own pseudonyms and in their order; no shielded child.

        Raises
        ------
        IndexRefused
            If the recipient may not export, or requester or purpose is missing.
        """
        if not self._rights.may_export:
            raise IndexRefused(f"{self._rights.recipient} has no right to an export")
        request = Request("export", self._rights.recipient, requester, purpose, self._published.run_no)
        self._log.append(request, outcome="told", n_records=self._published.n_records)
        ids = self._pseudonyms.of_many(self._published.child_ids())
        return self._published.export_as(ids, sources=sorted(self._rights.sees_records), n_batch=n_batch)

    def _told(self, child: Child | None) -> RecipientChild | None:
        if child is None or (child.shielded and not self._rights.knows_shielded):
            return None
        if child.shielded:
            return RecipientChild("", (), (), shielded=True)
        sources = sorted({record.source for record in child.records} & self._rights.sees)
        records = tuple(record for record in child.records if record.source in self._rights.sees_records)
        pseudonym = format_child_id(self._pseudonyms.of(child.child_id))
        return RecipientChild(pseudonym, tuple(sources), records, shielded=False)

    def _log_answer(
        self,
        kind: str,
        found: Child | None,
        told: RecipientChild | None,
        requester: str,
        purpose: str,
        source: str,
        record_id: bytes,
    ) -> None:
        outcome = "unknown" if found is None else "shielded" if found.shielded else "told"
        run_no = self._published.run_no
        request = Request(kind, self._rights.recipient, requester, purpose, run_no, source, record_id)
        self._log.append(request, outcome=outcome, n_records=len(told.sources) if told else 0)

    @cached_property
    def _by_pseudonym(self) -> dict[bytes, bytes]:
        ids = self._published.known_ids()
        made = self._pseudonyms.of_many(ids)
        return dict(zip(_rows(made), _rows(ids), strict=True))


def _rows(ids: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> list[bytes]:
    raw = np.ascontiguousarray(ids).tobytes()
    return [raw[start : start + 16] for start in range(0, len(raw), 16)]
