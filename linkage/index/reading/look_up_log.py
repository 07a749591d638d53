"""Every look-up and export, in a log of which no entry can be changed, removed or moved unnoticed.

::

    INDEX/log/
      000000000001.log    one entry a line, canonical JSON; named after its first entry
      head                how many entries there are, where the last one ends, and its chain value
      checkpoints         one signed statement a line: so many entries, with this chain value

The chain value of an entry is SHA-256 over a label, the chain value before it and the entry without its own. An edit,
a removal or a reordering breaks it. Cutting off the end is noticed by the head, by a signed checkpoint or by what a
published run noted; whoever can write all of these and sign needs no log to forge, so give checkpoints away.

An entry never names what was asked for: it holds a random nonce and the digest of nonce, source and record id, so that
an auditor who has the record id finds its entries and nobody else learns it (the construction of a commitment; entries
with little entropy need the nonce).

Many processes append at once, under a lock on `head`. An entry is in the file before the answer is given; it survives
the end of the process at once, and the end of the machine after `flush`. An entry that was half written when its
writer was killed is dropped by the next one, and its answer was never given.
"""

import fcntl
import os
import secrets
import shutil
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import IndexRefused
from linkage.exchange.labels import labelled_digest
from linkage.index.storage.runs import now

__all__ = [
    "GENESIS",
    "Head",
    "LookUpLog",
    "Request",
    "chain_value",
    "check_request",
    "copy_log",
    "flush_log",
    "log_segments",
    "read_entry",
    "read_head",
    "subject_digest",
]

GENESIS = labelled_digest("look-up log")
SEGMENT_BYTES = 64 << 20
LINE_BYTES = 4096
TEXT_CHARACTERS = 200
_HEAD = struct.Struct("<8sQQQ32s")
_MAGIC = b"cidxlog1"


class Head(NamedTuple):
    """Where the log ends.

    Attributes
    ----------
    n_entries
        Entries so far.
    segment
        Number of the first entry in the file that is being written; 1 in an empty log.
    stop
        Bytes of that file.
    chain
        Chain value of the last entry.
    """

    n_entries: int
    segment: int
    stop: int
    chain: bytes


@dataclass(frozen=True, repr=False)
class Request:
    """Who asked for what, and why.

    Attributes
    ----------
    kind
        ``lookup``, ``export``, ``history``.
    recipient
        The recipient whose pseudonyms and rights applied.
    requester, purpose
        The person or system behind the request and why it asks; required. They must not name a child.
    run_no
        The published run that answers.
    source, record_id
        What was asked for; not written, only committed to. Empty for an export.
    """

    kind: str
    recipient: str
    requester: str
    purpose: str
    run_no: int
    source: str = ""
    record_id: bytes = b""


class LookUpLog:
    """The log of one index, open for appending; one object may be used by many threads."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._head = os.open(folder / "head", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._segment = (-1, -1)
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the files; nothing is lost without it."""
        os.close(self._head)
        if self._segment[1] >= 0:
            os.close(self._segment[1])

    def append(self, request: Request, *, outcome: str, n_records: int) -> int:
        """Write an entry and return its number. Call it before the answer is given.

        Raises
        ------
        IndexRefused
            If requester or purpose is missing or too long, or the log has lost its end.
        """
        check_request(request)
        nonce = secrets.token_bytes(16)
        entry = {
            "at": now(),
            "kind": request.kind,
            "n_records": n_records,
            "nonce": nonce.hex(),
            "outcome": outcome,
            "purpose": request.purpose,
            "recipient": request.recipient,
            "requester": request.requester,
            "run": request.run_no,
            "subject": subject_digest(nonce, request.source, request.record_id).hex(),
        }
        with self._turn, _locked(self._head):
            head = self._settled(_parse_head(os.pread(self._head, _HEAD.size, 0)))
            entry["entry"] = head.n_entries + 1
            chain = chain_value(head.chain, entry)
            line = write_canonical({**entry, "chain": chain.hex()}) + b"\n"
            if head.stop + len(line) > SEGMENT_BYTES:
                head = Head(head.n_entries, head.n_entries + 1, 0, head.chain)
                os.ftruncate(self._file(head.segment), 0)  # a killed writer may have begun the same file
            os.pwrite(self._file(head.segment), line, head.stop)
            after = Head(head.n_entries + 1, head.segment, head.stop + len(line), chain)
            os.pwrite(self._head, _HEAD.pack(_MAGIC, *after), 0)
        return after.n_entries

    def flush(self) -> Head:
        """Wait until every entry so far is on the disk."""
        with self._turn, _locked(self._head):
            head = self._settled(_parse_head(os.pread(self._head, _HEAD.size, 0)))
            os.fsync(self._file(head.segment))
            os.fsync(self._head)
        return head

    def _file(self, segment: int) -> int:
        if self._segment[0] != segment:
            if self._segment[1] >= 0:
                os.fsync(self._segment[1])
                os.close(self._segment[1])
            path = self._folder / f"{segment:012d}.log"
            self._segment = (segment, os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return self._segment[1]

    def _settled(self, head: Head) -> Head:
        """The head, after what a writer left that was killed between its entry and the head."""
        file = self._file(head.segment)
        size = os.fstat(file).st_size
        if size < head.stop:
            raise IndexRefused(
                "the end of the look-up log is missing; nothing is answered until it was audited"
            )
        if size > head.stop:
            os.ftruncate(file, head.stop)  # its answer was never given
        return head


def subject_digest(nonce: bytes, source: str, record_id: bytes) -> bytes:
    """What an entry holds instead of the record that was asked for."""
    return labelled_digest("look-up log subject", nonce, source, record_id)


def chain_value(before: bytes, entry: dict[str, Any]) -> bytes:
    """The chain value of an entry, given without its own, after the chain value before it."""
    return labelled_digest("look-up log entry", before, write_canonical(entry))


def read_head(folder: Path) -> Head:
    """Where the log ends, as its head says; an index that was never asked has an empty log."""
    try:
        with (folder / "head").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            return _parse_head(file.read())
    except FileNotFoundError:
        return _parse_head(b"")


def flush_log(folder: Path) -> Head:
    """Wait until every entry so far is on the disk; where the log ends."""
    if not (folder / "head").exists():
        return read_head(folder)
    log = LookUpLog(folder)
    try:
        return log.flush()
    finally:
        log.close()


def copy_log(folder: Path, target: Path) -> Head:
    """Let another index's log go on from here: all entries so far, and the statements about them; the last's head.

    What is logged here afterwards stands here alone.
    """
    head = flush_log(folder)
    target.mkdir(mode=0o700, exist_ok=True)
    if not head.n_entries:
        return head
    for segment, path in log_segments(folder):
        if segment > head.segment:
            break
        with path.open("rb") as source, (target / path.name).open("xb") as copy:
            shutil.copyfileobj(source, copy)
            if segment == head.segment:
                copy.truncate(head.stop)
    with suppress(FileNotFoundError):
        shutil.copyfile(folder / "checkpoints", target / "checkpoints")
    (target / "head").write_bytes(_HEAD.pack(_MAGIC, *head))
    return head


def log_segments(folder: Path) -> Iterator[tuple[int, Path]]:
    """The files of the log with the number of their first entry, in order."""
    for path in sorted(folder.glob("*.log")):
        yield int(path.stem), path


def read_entry(line: bytes) -> dict[str, Any]:
    """Read one line; raises `NotCanonical` if it is not what was written."""
    if not line.endswith(b"\n"):
        raise NotCanonical
    return read_canonical(line[:-1], at_most=LINE_BYTES)


def _parse_head(raw: bytes) -> Head:
    if not raw:
        return Head(0, 1, 0, GENESIS)
    try:
        magic, *fields = _HEAD.unpack(raw)
    except struct.error:
        magic, fields = b"", []
    if magic != _MAGIC:
        raise IndexRefused("the head of the look-up log is damaged; nothing is answered until it was audited")
    return Head(*fields)


def check_request(request: Request) -> None:
    """See that a request says who asks and why.

    Raises
    ------
    IndexRefused
        If requester or purpose is missing or too long.
    """
    for name in ("requester", "purpose", "recipient", "kind"):
        text = getattr(request, name)
        if not text.strip():
            raise IndexRefused(f"a {name} is required for every look-up")
        if len(text) > TEXT_CHARACTERS:
            raise IndexRefused(f"{name}: expected at most {TEXT_CHARACTERS} characters, got {len(text)}")


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the lock of the log."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
