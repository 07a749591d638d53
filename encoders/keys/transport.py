"""Handing the project key from one source to another, never through the linkage unit.

The key is sealed by HPKE to the receiving source's public key and signed by the sending source, both named in what
is signed. The file may travel by any way; what must not is the pair of fingerprints, which the two sources compare
over another channel: without that, whoever carries the public key files can put their own in place.

The file is canonical JSON: sender, recipient and what the key is in the clear, the key itself sealed.
"""

from pathlib import Path
from typing import Any

from encoders.keys.project_key import LAST_EPOCH, ProjectKey, key_check
from encoders.keys.project_key_files import store_project_key
from encoders.keys.source_keys import SourceKeys
from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import KeyRefused
from linkage.exchange.labels import label
from linkage.exchange.primitives import NotAuthentic, UnusableKey
from linkage.exchange.private_files import read_small_file, write_new_file
from linkage.exchange.public_keys import PublicKeys
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["receive_project_key", "send_project_key"]

FORMAT = "childindex sealed project key"
VERSION = 1
LONGEST_FILE = 16 * 1024
USE = "sealed project key"
MEMBERS = {
    "format",
    "version",
    "project",
    "epoch",
    "key_check",
    "sender",
    "sender_fingerprint",
    "recipient",
    "recipient_fingerprint",
    "sealed",
    "signature",
}


def send_project_key(path: Path, key: ProjectKey, sender: SourceKeys, recipient: PublicKeys) -> None:
    """Write the project key into a new file that one other source can open.

    Parameters
    ----------
    recipient
        From the other source's public key file, its fingerprint compared with what that source says.

    Raises
    ------
    KeyRefused
        If the keys are not those of another source (the unit must never get a project key), or the file exists.
    """
    if recipient.role != "source":
        raise KeyRefused(
            "a project key is sent to sources only; these are the public keys of the linkage unit"
        )
    if recipient.fingerprint == sender.public.fingerprint:
        raise KeyRefused(
            f"source '{recipient.name}' would send the key to itself; give the other source's .pub file"
        )
    content = {
        "format": FORMAT,
        "version": VERSION,
        "project": key.project,
        "epoch": key.epoch,
        "key_check": key_check(key),
        "sender": sender.name,
        "sender_fingerprint": sender.public.fingerprint,
        "recipient": recipient.name,
        "recipient_fingerprint": recipient.fingerprint,
    }
    sealed = recipient.envelope_key.seal(key.secret.reveal(), info=label(USE, write_canonical(content)))
    content["sealed"] = sealed.hex()
    content["signature"] = sender.sign(USE, write_canonical(content)).hex()
    write_new_file(path, write_canonical(content) + b"\n", private=True)


def receive_project_key(
    path: Path, folder: Path, recipient: SourceKeys, sender: PublicKeys, passphrase: SecretBytes | None = None
) -> ProjectKey:
    """Open a sealed project key, check who sent it, and write its key file into a folder.

    Parameters
    ----------
    sender
        From the sending source's public key file, its fingerprint compared with what that source says.

    Raises
    ------
    KeyRefused
        If the file is damaged, for or from somebody else, not signed by the sender, or its key is there already.
    """
    content = _read(path)
    own = recipient.public
    for end, keys in (("sender", sender), ("recipient", own)):
        found = (content[end], content[f"{end}_fingerprint"])
        if found != (keys.name, keys.fingerprint):
            raise KeyRefused(
                f"{path}: expected the {end} '{keys.name}' with fingerprint {keys.fingerprint}, found other keys; "
                "compare the fingerprints of both public key files and let the key be sent again"
            )
    try:
        key = _open(content, recipient, sender)
    except (NotAuthentic, UnusableKey, ValueError, TypeError):
        raise _damaged(path) from None
    store_project_key(folder, key, passphrase)
    return key


def _read(path: Path) -> dict[str, Any]:
    raw = read_small_file(path, at_most=LONGEST_FILE, what="sealed project key")
    try:
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST_FILE)
    except NotCanonical:
        raise _damaged(path) from None
    if set(content) != MEMBERS or content["format"] != FORMAT or content["version"] != VERSION:
        raise _damaged(path)
    return content


def _open(content: dict[str, Any], recipient: SourceKeys, sender: PublicKeys) -> ProjectKey:
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    signature = bytes.fromhex(content["signature"])
    sender.verifying_key.verify(signature, USE, write_canonical(unsigned))
    context = {name: value for name, value in unsigned.items() if name != "sealed"}
    secret = recipient.envelope_key.open(
        bytes.fromhex(content["sealed"]), info=label(USE, write_canonical(context))
    )
    if type(content["epoch"]) is not int or not 1 <= content["epoch"] <= LAST_EPOCH:
        raise ValueError
    key = ProjectKey(content["project"], content["epoch"], SecretBytes(secret))
    if key_check(key) != content["key_check"]:
        raise ValueError
    return key


def _damaged(path: Path) -> KeyRefused:
    return KeyRefused(
        f"{path}: this is not a whole sealed project key that its sender signed (cut short or changed); let it be sent "
        "again"
    )
