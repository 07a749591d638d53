"""Checking the look-up log: its chain, its end, and the statements that were signed about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import IndexRefused
from linkage.exchange.plurals import counted
from linkage.exchange.primitives import NotAuthentic
from linkage.exchange.signing import SigningKey, VerifyingKey
from linkage.index.reading.look_up_log import (
    GENESIS,
    LINE_BYTES,
    chain_value,
    flush_log,
    log_segments,
    read_entry,
    read_head,
    subject_digest,
)
from linkage.index.storage.runs import now

__all__ = ["AuditReport", "Checkpoint", "audit_log", "entries_about", "read_checkpoint", "sign_checkpoint"]

_USE = "look-up log checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """A statement that the log had so many entries, the last with this chain value; signed, except by a run.

    Attributes
    ----------
    n_entries, chain
        Number of entries, and the chain value of the last one in hexadecimal.
    at
        When it was made, ISO 8601.
    signature
        Ed25519 by the unit's log key, in hexadecimal; empty if nobody signed it.
    """

    n_entries: int
    chain: str
    at: str
    signature: str = ""

    def to_bytes(self) -> bytes:
        """As canonical JSON, for a file that an auditor keeps."""
        return write_canonical(vars(self))


@dataclass(frozen=True)
class AuditReport:
    """What an audit found to be whole.

    Attributes
    ----------
    n_entries, chain
        Entries in the log, and the chain value of the last.
    n_checkpoints
        Statements that were checked against it.
    n_after_last_checkpoint
        Entries that no signed statement covers yet.
    """

    n_entries: int
    chain: str
    n_checkpoints: int
    n_after_last_checkpoint: int


def sign_checkpoint(folder: Path, key: SigningKey) -> Checkpoint:
    """Sign where the log ends, append it to the log's own list, and return it to be given away."""
    head = flush_log(folder)
    chain, at = head.chain.hex(), now()
    signature = key.sign(_USE, str(head.n_entries), chain, at).hex()
    checkpoint = Checkpoint(head.n_entries, chain, at, signature)
    with (folder / "checkpoints").open("ab") as file:
        file.write(checkpoint.to_bytes() + b"\n")
    return checkpoint


def read_checkpoint(raw: bytes) -> Checkpoint:
    """Read what `Checkpoint.to_bytes` wrote.

    Raises
    ------
    IndexRefused
        If it is not a checkpoint.
    """
    try:
        return Checkpoint(**read_canonical(raw.rstrip(b"\n"), at_most=LINE_BYTES))
    except (NotCanonical, TypeError):
        raise IndexRefused("this is not a checkpoint of a look-up log") from None


def audit_log(
    folder: Path, *, key: VerifyingKey | None = None, kept: Iterable[Checkpoint] = ()
) -> AuditReport:
    """Read the whole log and check it.

    Parameters
    ----------
    key
        The unit's log key; without it the log's own checkpoints are compared with the chain, but anybody could have
        written them.
    kept
        Checkpoints that were given away, or noted by published runs; signatures are checked where there are any.

    Raises
    ------
    IndexRefused
        If an entry was changed, removed, added or moved, the end is missing, or a checkpoint does not fit; says which.
    """
    signed = _own_checkpoints(folder)
    checkpoints = [*signed, *kept]
    wanted = {checkpoint.n_entries for checkpoint in checkpoints}
    chains = {0: GENESIS.hex()}
    n_entries, chain = 0, GENESIS
    for n_entries, chain in _verified(folder):
        if n_entries in wanted:
            chains[n_entries] = chain.hex()
    head = read_head(folder)
    if (head.n_entries, head.chain) != (n_entries, chain):
        raise IndexRefused(
            f"the log ends after entry {n_entries}, its head says after entry {head.n_entries}"
        )
    for checkpoint in checkpoints:
        _check(checkpoint, chains, n_entries, key)
    covered = max((c.n_entries for c in checkpoints if c.signature), default=0)
    return AuditReport(n_entries, chain.hex(), len(checkpoints), n_entries - covered)


def entries_about(folder: Path, source: str, record_id: bytes) -> Iterator[dict[str, Any]]:
    """Every entry about one record, for an auditor who has its id; audit the log first."""
    for entry in _entries(folder):
        if subject_digest(bytes.fromhex(entry["nonce"]), source, record_id).hex() == entry["subject"]:
            yield entry


def _verified(folder: Path) -> Iterator[tuple[int, bytes]]:
    """Number and chain value of each entry, checked against the one before it."""
    before = GENESIS
    for number, entry in enumerate(_entries(folder), start=1):
        chain = entry.pop("chain", "")
        before = chain_value(before, entry)
        if entry.get("entry") != number or chain != before.hex():
            raise IndexRefused(
                f"the log is broken at entry {number}: it, or one before it, is not what was written"
            )
        yield number, before


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    number = 0
    for first, path in log_segments(folder):
        if first != number + 1:
            raise IndexRefused(f"the log is broken at entry {number + 1}: its file is missing")
        with path.open("rb") as file:
            for line in file:
                number += 1
                try:
                    yield read_entry(line)
                except NotCanonical:
                    raise IndexRefused(f"the log is broken at entry {number}: it is not an entry") from None


def _own_checkpoints(folder: Path) -> list[Checkpoint]:
    try:
        lines = (folder / "checkpoints").read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [read_checkpoint(line) for line in lines]


def _check(checkpoint: Checkpoint, chains: dict[int, str], n_entries: int, key: VerifyingKey | None) -> None:
    if checkpoint.n_entries > n_entries:
        raise IndexRefused(
            f"the end of the log is missing: it has {counted(n_entries, 'entry', 'entries')}, a"
            f" checkpoint of {checkpoint.at} "
            f"knows {checkpoint.n_entries}"
        )
    if chains.get(checkpoint.n_entries) != checkpoint.chain:
        raise IndexRefused(
            f"the log was rewritten: entry {checkpoint.n_entries} is not the one that a checkpoint of "
            f"{checkpoint.at} knows"
        )
    if key is not None and checkpoint.signature:
        try:
            signature = bytes.fromhex(checkpoint.signature)
            key.verify(signature, _USE, str(checkpoint.n_entries), checkpoint.chain, checkpoint.at)
        except (NotAuthentic, ValueError):
            raise IndexRefused(
                f"the checkpoint of {checkpoint.at} was not signed by the unit's log key"
            ) from None
