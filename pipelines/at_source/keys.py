"""The jobs around a source's keys: draw them, pass the project key between sources.

Nothing secret is returned or printed: fingerprints, names and places of files only.
"""

from pathlib import Path
from typing import Any

from encoders.keys.project_key import key_check
from encoders.keys.project_key_files import create_project_key, load_project_key, project_key_file
from encoders.keys.source_keys import create_source_keys, load_source_keys
from encoders.keys.transport import receive_project_key, send_project_key
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import read_public_keys, source_file
from linkage.exchange.specification import read_specification
from pipelines.key_trust import Confirm, require_compared

__all__ = ["project", "receive", "send", "source"]


def project(specification: Path, out: Path) -> dict[str, Any]:
    """Draw the project key of a specification's project and epoch."""
    agreed = read_specification(specification)
    key = create_project_key(out, agreed.project, agreed.epoch, read_passphrase())
    return {
        "file": str(out / project_key_file(key.epoch)),
        "project": key.project,
        "epoch": key.epoch,
        "key check": key_check(key),
    }


def source(name: str, out: Path) -> dict[str, Any]:
    """Draw a source's keys."""
    made = create_source_keys(out, name, read_passphrase())
    return {"public file": str(out / source_file(name)), "fingerprint": made.public.fingerprint}


def send(
    public: Path,
    keys: Path,
    source_name: str,
    out: Path,
    fingerprint: str | None = None,
    confirm: Confirm | None = None,
) -> dict[str, Any]:
    """Seal the newest project key to another source, whose fingerprint was compared as in `trust`."""
    passphrase = read_passphrase()
    recipient = read_public_keys(public, role="source")
    require_compared(public, recipient, fingerprint, confirm)
    key = load_project_key(keys, passphrase=passphrase)
    send_project_key(out, key, load_source_keys(keys, source_name, passphrase), recipient)
    return {
        "file": str(out),
        "for": recipient.name,
        "epoch": key.epoch,
        "fingerprint of recipient": recipient.fingerprint,
    }


def receive(
    sealed: Path,
    keys: Path,
    source_name: str,
    sender: Path,
    fingerprint: str | None = None,
    confirm: Confirm | None = None,
) -> dict[str, Any]:
    """Open a sealed project key and write its key file, once the sender's fingerprint was compared as in `trust`.

    A key from an impostor is a key that the impostor knows: whoever encodes under it hides nothing from him.
    """
    passphrase = read_passphrase()
    own = load_source_keys(keys, source_name, passphrase)
    sending = read_public_keys(sender, role="source")
    require_compared(sender, sending, fingerprint, confirm)
    key = receive_project_key(sealed, keys, own, sending, passphrase)
    return {
        "file": str(keys / project_key_file(key.epoch)),
        "project": key.project,
        "epoch": key.epoch,
        "key check": key_check(key),
        "fingerprint of sender": sending.fingerprint,
    }
