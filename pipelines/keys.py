"""The jobs around keys: draw them, trust public ones, pass the project key between sources.

Nothing secret is returned or printed: fingerprints, names and places of files only.
"""

from pathlib import Path
from typing import Any

from encoders.key_transport import receive_project_key, send_project_key
from encoders.keys import key_check
from encoders.project_key_files import create_project_key, load_project_key, project_key_file
from encoders.source_keys import create_source_keys, load_source_keys
from linkage.exchange.errors import KeyRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import compare_fingerprint, read_public_keys, source_file, trust_source
from linkage.exchange.specification import read_specification
from linkage.exchange.unit_keys import create_unit_keys, load_unit_public

__all__ = ["project", "receive", "send", "source", "trust", "unit"]


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


def unit(out: Path) -> dict[str, Any]:
    """Draw the linkage unit's keys."""
    made = create_unit_keys(out, read_passphrase())
    return {"public file": str(out / "unit.pub"), "fingerprint": made.public.fingerprint}


def trust(public: Path, keys: Path, fingerprint: str | None) -> dict[str, Any]:
    """Take over a public key file: a source's at the unit, the unit's at a source.

    Raises
    ------
    KeyRefused
        If it does not check, has another fingerprint, or other keys are trusted in its place already.
    """
    try:
        unit_keys = load_unit_public(public)
    except KeyRefused:
        trusted = trust_source(keys, public, fingerprint=fingerprint)
        return {"trusted": f"source {trusted.name}", "fingerprint": trusted.fingerprint}
    compare_fingerprint(public, unit_keys, fingerprint)
    target = keys / "unit.pub"
    content = public.read_bytes()
    if target.exists() and target.read_bytes() != content:
        raise KeyRefused(
            f"{target}: another unit is trusted already; remove it first if the unit has new keys"
        )
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_bytes(content)
    return {"trusted": "unit", "fingerprint": unit_keys.fingerprint}


def send(public: Path, keys: Path, source_name: str, out: Path) -> dict[str, Any]:
    """Seal the newest project key to another source."""
    passphrase = read_passphrase()
    recipient = read_public_keys(public, role="source")
    key = load_project_key(keys, passphrase=passphrase)
    send_project_key(out, key, load_source_keys(keys, source_name, passphrase), recipient)
    return {"file": str(out), "for": recipient.name, "fingerprint of recipient": recipient.fingerprint}


def receive(sealed: Path, keys: Path, source_name: str, sender: Path) -> dict[str, Any]:
    """Open a sealed project key and write its key file."""
    passphrase = read_passphrase()
    own = load_source_keys(keys, source_name, passphrase)
    sending = read_public_keys(sender, role="source")
    key = receive_project_key(sealed, keys, own, sending, passphrase)
    return {
        "file": str(keys / project_key_file(key.epoch)),
        "project": key.project,
        "epoch": key.epoch,
        "key check": key_check(key),
        "fingerprint of sender": sending.fingerprint,
    }
