"""Destroying a project key, and the signed record that says so.

Once every source has destroyed the key of an epoch, the encodings made under it can no longer be guessed at by
anybody, not even by a source that turns against the others. The record names the key by its key check, and the source
signs it: it is evidence for the people who ask, not proof, since nobody can show that no copy is left. On flash
memory and on copying file systems, overwriting does not reach every old block, and back-ups are beyond it: a
passphrase on the file is what protects those.
"""

import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from encoders.keys.project_key import key_check
from encoders.keys.project_key_files import load_project_key, project_key_file
from encoders.keys.source_keys import SourceKeys
from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import KeyRefused
from linkage.exchange.manifest import rounded_hour
from linkage.exchange.primitives import NotAuthentic, UnusableKey
from linkage.exchange.private_files import read_small_file, sync_folder, write_new_file
from linkage.exchange.public_keys import PublicKeys
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["DestructionRecord", "destroy_project_key", "destruction_file", "read_destruction_record"]

FORMAT = "childindex destroyed key"
VERSION = 1
LONGEST_FILE = 4096
USE = "destroyed project key"
MEMBERS = {"format", "version", "project", "epoch", "key_check", "source", "destroyed"}


@dataclass(frozen=True)
class DestructionRecord:
    """What a source states about a key that it destroyed.

    Attributes
    ----------
    key_check
        The value that identified the key in packages.
    destroyed
        The hour, as ``2026-11-22T19:00:00Z``.
    """

    project: str
    epoch: int
    key_check: str
    source: str
    destroyed: str


def destruction_file(epoch: int) -> str:
    """Name of the record of an epoch, which stays in the folder of the keys."""
    return f"project.epoch-{epoch}.destroyed.json"


def destroy_project_key(
    folder: Path,
    epoch: int,
    source: SourceKeys,
    passphrase: SecretBytes | None = None,
    *,
    now: datetime | None = None,
) -> DestructionRecord:
    """Overwrite and remove the key file of an epoch, and leave a signed record in its place.

    The key is loaded first, so that the record names what really stood in the file.

    Raises
    ------
    KeyRefused
        If the key does not load, or its record is there already.
    """
    key = load_project_key(folder, epoch=epoch, passphrase=passphrase)
    hour = rounded_hour(now or datetime.now(UTC))
    record = DestructionRecord(key.project, key.epoch, key_check(key), source.name, hour)
    content = {"format": FORMAT, "version": VERSION} | asdict(record)
    content["signature"] = source.sign(USE, write_canonical(content)).hex()
    record_path = folder / destruction_file(epoch)
    if record_path.exists():
        raise KeyRefused(f"{record_path}: there is a record of its destruction already; move it away first")
    # Under another name until the key is gone: a record must never stand beside the key that it declares dead.
    pending = record_path.with_name(f".{record_path.name}.pending")
    pending.unlink(missing_ok=True)
    write_new_file(pending, write_canonical(content) + b"\n", private=False)
    _overwrite_and_remove(folder / project_key_file(epoch))
    pending.rename(record_path)
    sync_folder(folder)
    return record


def read_destruction_record(path: Path, source: PublicKeys) -> DestructionRecord:
    """Read a record and check the source's signature.

    Raises
    ------
    KeyRefused
        If it is missing, damaged, or not signed by this source.
    """
    raw = read_small_file(path, at_most=LONGEST_FILE, what="record of a destroyed key")
    try:
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST_FILE)
        signature = bytes.fromhex(content.pop("signature"))
        source.verifying_key.verify(signature, USE, write_canonical(content))
        record = DestructionRecord(**{name: content[name] for name in MEMBERS - {"format", "version"}})
        whole = content.keys() == MEMBERS and (content["format"], content["version"]) == (FORMAT, VERSION)
    except (NotCanonical, NotAuthentic, UnusableKey, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise KeyRefused(
            f"{path}: this is not a record that source '{source.name}' signed; ask the source for it again"
        )
    return record


def _overwrite_and_remove(path: Path) -> None:
    with path.open("r+b", buffering=0) as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
