"""Key files: one secret each, with a header that says what it is for.

The file is canonical JSON, so that a person can see what it is without a tool::

    {"format": "childindex key", "version": 1, "purpose": ..., "about": {...},
     "protection": "none" | "argon2id-t3-p4-m64MiB", "salt": hex or null, "secret": base64}

With a passphrase the secret is wrapped by ChaCha20-Poly1305 under a key from Argon2id (t=3, p=4, 64 MiB; RFC 9106,
second recommended setting), and the header is authenticated with it. The costs are part of the name of the
protection: a file cannot ask for more memory than that. Without a passphrase the secret stands there bare, behind a
check sum that notices damage, and the file's mode (0600) is all that protects it.

Each kind of key declares a `KeyFileKind` where it is used. Of the source zone's kinds this package knows the purpose
names alone, in order to refuse them: see `refuse_source_keys` and `refuse_unit_keys`.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import KeyRefused
from linkage.exchange.labels import labelled_digest
from linkage.exchange.passphrases import PASSPHRASE_FILE_VARIABLE, PASSPHRASE_VARIABLE
from linkage.exchange.primitives import NONCE_BYTES, Cipher, NotAuthentic, argon2id
from linkage.exchange.private_files import read_private_file, write_new_file
from linkage.exchange.secret_bytes import SecretBytes

__all__ = [
    "KeyFile",
    "KeyFileKind",
    "KeyHeader",
    "read_key_file",
    "read_key_header",
    "refuse_source_keys",
    "refuse_unit_keys",
    "write_key_file",
]

FORMAT = "childindex key"
VERSION = 1
LONGEST_FILE = 16 * 1024
BARE = "none"
WRAPPED = "argon2id-t3-p4-m64MiB"
SALT_BYTES = 16
CHECK_BYTES = 8
SOURCE_PURPOSES = frozenset({"project", "source"})
UNIT_PURPOSES = frozenset({"unit", "pseudonym"})
MEMBERS = {"format", "version", "purpose", "about", "protection", "salt", "secret"}


@dataclass(frozen=True)
class KeyFileKind:
    """A kind of key file: its purpose, and how long its secret is.

    Attributes
    ----------
    purpose
        What stands in the header.
    name
        What messages call it, such as "project key".
    about
        Names of the header's public properties and their types (`str` or `int`).
    remedy
        How one comes by such a file, for the message that it is missing.
    """

    purpose: str
    name: str
    secret_bytes: int | tuple[int, ...]
    about: Mapping[str, type] = field(default_factory=dict)
    remedy: str = ""

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths that a secret may have."""
        return (self.secret_bytes,) if isinstance(self.secret_bytes, int) else self.secret_bytes


@dataclass(frozen=True)
class KeyFile:
    """The content of a key file."""

    secret: SecretBytes
    about: Mapping[str, Any]


@dataclass(frozen=True)
class KeyHeader:
    """What a key file says of itself in the clear.

    Attributes
    ----------
    purpose
        Such as ``"project"``, ``"source"`` or ``"unit"``.
    about
        Its public properties.
    wrapped
        Whether a passphrase protects the secret.
    """

    purpose: str
    about: Mapping[str, Any]
    wrapped: bool


def write_key_file(path: Path, kind: KeyFileKind, key: KeyFile, passphrase: SecretBytes | None) -> None:
    """Write a new key file of mode 0600, wrapped if there is a passphrase.

    Raises
    ------
    KeyRefused
        If something is there already or the folder cannot be written.
    """
    header = {"format": FORMAT, "version": VERSION, "purpose": kind.purpose, "about": dict(key.about)}
    secret = key.secret.reveal()
    if passphrase is None:
        header |= {"protection": BARE, "salt": None}
        stored = secret + _check_sum(header, secret)
    else:
        salt = secrets.token_bytes(SALT_BYTES)
        header |= {"protection": WRAPPED, "salt": salt.hex()}
        # The salt is drawn for this file, so the key is used once and a constant nonce is sound.
        stored = _wrapping(passphrase, salt).seal(bytes(NONCE_BYTES), secret, about=write_canonical(header))
    content = header | {"secret": base64.b64encode(stored).decode("ascii")}
    write_new_file(path, write_canonical(content) + b"\n", private=True)


def read_key_file(path: Path, kind: KeyFileKind, passphrase: SecretBytes | None) -> KeyFile:
    """Read a key file of one kind.

    Raises
    ------
    KeyRefused
        If it is missing, open to other users, damaged, of another kind or version, or the passphrase is not its own.
    """
    content = _read_header(path, kind.remedy)
    if content["purpose"] != kind.purpose:
        raise KeyRefused(
            f"{path}: expected a file of purpose '{kind.purpose}' ({kind.name}), found purpose "
            f"'{content['purpose']}'; give the folder that holds the {kind.name}"
        )
    about = content["about"]
    if {name: type(value) for name, value in about.items()} != dict(kind.about):
        raise _damaged(path)
    secret = _unwrap(path, content, passphrase)
    if len(secret) not in kind.lengths:
        raise _damaged(path)
    return KeyFile(SecretBytes(secret), about)


def read_key_header(path: Path) -> KeyHeader:
    """Read what a key file says of itself, without its secret and so without a passphrase; `KeyRefused` as above."""
    content = _read_header(path)
    return KeyHeader(content["purpose"], content["about"], content["protection"] != BARE)


def refuse_source_keys(folder: Path) -> None:
    """Refuse a folder of the unit's that holds a key of the source zone.

    Whoever has encodings and the project key can encode guesses until one fits: nothing then protects the names.

    Raises
    ------
    KeyRefused
        If a key file in the folder itself has the purpose "project" or "source".
    """
    for path, purpose in _keys_in(folder):
        if purpose in SOURCE_PURPOSES:
            raise KeyRefused(
                f"{path}: this is a {purpose} key of the source zone and must never be at the linkage "
                "unit. Remove it, tell the sources, and treat the epoch as compromised"
            )


def refuse_unit_keys(folder: Path) -> None:
    """Refuse to put a key of the source zone into a folder of the unit's, before it is drawn or opened there.

    Raises
    ------
    KeyRefused
        If a key file in the folder itself is one of the unit's.
    """
    for path, purpose in _keys_in(folder):
        if purpose in UNIT_PURPOSES:
            raise KeyRefused(
                f"{path}: {folder} is the linkage unit's folder, where no key of a source may ever lie, the project key"
                " least of all; name a folder at the source"
            )


def refuse_other_passphrase(folder: Path, passphrase: SecretBytes | None) -> None:
    """Refuse to put a key beside wrapped ones that the passphrase does not open, or without one, unprotected.

    A command reads the keys of a folder under one passphrase: under two it could never read them all. Files without
    protection are let be: any passphrase reads them.

    Raises
    ------
    KeyRefused
        Naming the first such file.
    """
    for path, _ in _keys_in(folder):
        content = _read_header(path)
        if content["protection"] == BARE:
            continue
        if passphrase is None:
            raise KeyRefused(
                f"{path}: this key is wrapped with a passphrase, and a new one would lie beside it without protection;"
                f" set {PASSPHRASE_VARIABLE} or {PASSPHRASE_FILE_VARIABLE}, or name another folder"
            )
        _unwrap(path, content, passphrase)


def _keys_in(folder: Path) -> Iterator[tuple[Path, str]]:
    """The key files in a folder itself and what each is for."""
    for path in sorted(folder.glob("*.key")) if folder.is_dir() else []:
        yield path, _read_header(path)["purpose"]


def _read_header(path: Path, remedy: str = "") -> dict[str, Any]:
    raw = read_private_file(path, at_most=LONGEST_FILE, what="key file", remedy=remedy)
    try:
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST_FILE)
    except NotCanonical:
        raise _damaged(path) from None
    if content.get("format") != FORMAT:
        raise _damaged(path)
    if content.get("version") != VERSION:
        raise KeyRefused(
            f"{path}: expected a key file of version {VERSION}, found another; use the childindex that made it"
        )
    if set(content) != MEMBERS or not isinstance(content["about"], dict):
        raise _damaged(path)
    if not all(isinstance(content[member], str) for member in ("purpose", "protection", "secret")):
        raise _damaged(path)
    return content


def _unwrap(path: Path, content: dict[str, Any], passphrase: SecretBytes | None) -> bytes:
    header = {name: value for name, value in content.items() if name != "secret"}
    try:
        stored = base64.b64decode(content["secret"], validate=True)
        salt = bytes.fromhex(content["salt"] or "")
    except (binascii.Error, ValueError, TypeError):
        raise _damaged(path) from None
    if content["protection"] == BARE and not salt:
        secret, check_sum = stored[:-CHECK_BYTES], stored[-CHECK_BYTES:]
        if check_sum != _check_sum(header, secret):
            raise _damaged(path)
        return secret
    if content["protection"] != WRAPPED or len(salt) != SALT_BYTES:
        raise _damaged(path)
    if passphrase is None:
        raise KeyRefused(
            f"{path}: the key file is wrapped with a passphrase and none was given; set {PASSPHRASE_VARIABLE} or "
            f"{PASSPHRASE_FILE_VARIABLE}"
        )
    try:
        return _wrapping(passphrase, salt).open(bytes(NONCE_BYTES), stored, about=write_canonical(header))
    except NotAuthentic:
        raise KeyRefused(
            f"{path}: the passphrase is not the one of this key file, or the file was changed; check "
            f"{PASSPHRASE_VARIABLE} or {PASSPHRASE_FILE_VARIABLE}"
        ) from None


def _wrapping(passphrase: SecretBytes, salt: bytes) -> Cipher:
    return Cipher(argon2id(passphrase.reveal(), salt=salt, iterations=3, lanes=4, memory_kib=64 * 1024))


def _check_sum(header: dict[str, Any], secret: bytes) -> bytes:
    return labelled_digest("key file check sum", write_canonical(header), secret)[:CHECK_BYTES]


def _damaged(path: Path) -> KeyRefused:
    return KeyRefused(
        f"{path}: this is not a whole key file (cut short or changed); restore it from its back-up"
    )
