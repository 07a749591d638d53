"""Public key files: what a source gives to the unit and to other sources, and the unit to the sources.

Canonical JSON with a signature by the file's own signing key. The signature shows that the keys belong together and
that nobody changed one of them on the way; it does not show *whose* they are. That is what the fingerprint is for:
both sides compare it over another channel before the file is trusted.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.envelopes import EnvelopePublicKey
from linkage.exchange.errors import KeyRefused
from linkage.exchange.labels import labelled_digest
from linkage.exchange.primitives import HpkeSuite, NotAuthentic, UnusableKey
from linkage.exchange.private_files import read_small_file, write_new_file
from linkage.exchange.signing import SigningKey, VerifyingKey

__all__ = [
    "NAME",
    "PublicKeys",
    "Signer",
    "compare_fingerprint",
    "load_trusted_sources",
    "read_public_keys",
    "source_file",
    "trust_source",
    "write_public_keys",
]

FORMAT = "childindex public key"
VERSION = 1
LONGEST_FILE = 16 * 1024
SIGNATURE_USE = "public key file"
NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
MEMBERS = {"format", "version", "role", "name", "signing", "suite", "envelope", "signature"}
TRUSTED_FOLDER = "trusted"


@dataclass(frozen=True)
class PublicKeys:
    """The public keys of a source or of the unit.

    Attributes
    ----------
    role
        ``"source"`` or ``"unit"``.
    name
        The source's name; ``"unit"`` for the unit.
    verifying_key
        Checks a source's packages, or the unit's log.
    envelope_key
        Packages (unit) or project keys (source) are sealed to it.
    """

    role: str
    name: str
    verifying_key: VerifyingKey
    envelope_key: EnvelopePublicKey

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, over everything in the file: what both sides compare out of band."""
        return labelled_digest(
            "public key file",
            self.role,
            self.name,
            self.verifying_key.raw,
            int(self.envelope_key.suite).to_bytes(2, "big"),
            self.envelope_key.raw,
        ).hex()


class Signer(Protocol):
    """Whoever can sign for a source; `encoders.keys.source_keys.SourceKeys` is one."""

    @property
    def public(self) -> PublicKeys:
        """The source's name and public keys."""

    def sign(self, use: str, *parts: str | bytes) -> bytes:
        """Sign a labelled message with the key whose public half stands in `public`."""


def source_file(name: str) -> str:
    """The name of a source's public key file."""
    return f"source-{name}.pub"


def write_public_keys(path: Path, keys: PublicKeys, signing_key: SigningKey) -> None:
    """Write a new public key file, signed by its own signing key."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "role": keys.role,
        "name": keys.name,
        "signing": keys.verifying_key.raw.hex(),
        "suite": int(keys.envelope_key.suite),
        "envelope": keys.envelope_key.raw.hex(),
    }
    signature = signing_key.sign(SIGNATURE_USE, write_canonical(content))
    signed = write_canonical(content | {"signature": signature.hex()})
    write_new_file(path, signed + b"\n", private=False)


def read_public_keys(path: Path, *, role: str | None = None) -> PublicKeys:
    """Read and check a public key file of a role, or of either.

    Raises
    ------
    KeyRefused
        If it is missing, damaged, not signed by its own key, or of another role.
    """
    return _parse(path, _read(path), role)


def _read(path: Path) -> bytes:
    return read_small_file(path, at_most=LONGEST_FILE, what="public key file")


def _parse(path: Path, raw: bytes, role: str | None) -> PublicKeys:
    try:
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST_FILE)
    except NotCanonical:
        raise _damaged(path) from None
    if set(content) != MEMBERS or content["format"] != FORMAT or content["version"] != VERSION:
        raise _damaged(path)
    if role is not None and content["role"] != role:
        found = "the linkage unit" if content["role"] == "unit" else "a source"
        wanted = "the linkage unit (unit.pub)" if role == "unit" else "a source (source-NAME.pub)"
        raise KeyRefused(f"{path}: expected the public keys of {wanted}, found those of {found}")
    try:
        return _checked(content)
    except (NotAuthentic, UnusableKey, ValueError, TypeError):
        raise _damaged(path) from None


def load_trusted_sources(keys_folder: Path) -> dict[str, PublicKeys]:
    """The sources that the unit trusts, by name: the files ``trusted/source-*.pub`` in the folder of its keys.

    Raises
    ------
    KeyRefused
        If there are none, one is damaged, a file is not named after its source, or two sources share a key.
    """
    folder = keys_folder / TRUSTED_FOLDER
    trusted: dict[str, PublicKeys] = {}
    for path in sorted(folder.glob("source-*.pub")):
        keys = read_public_keys(path, role="source")
        if path.name != source_file(keys.name):
            raise KeyRefused(
                f"{path}: holds the keys of source '{keys.name}'; rename it {source_file(keys.name)}"
            )
        trusted[keys.name] = keys
    if not trusted:
        raise KeyRefused(
            f"{folder}: no source is trusted yet; add one with "
            "`childindex keys trust source-NAME.pub --keys FOLDER --fingerprint ...`"
        )
    if len({keys.verifying_key.raw for keys in trusted.values()}) != len(trusted):
        raise KeyRefused(f"{folder}: two sources have the same signing key; each source needs its own")
    return trusted


def trust_source(keys_folder: Path, public_file: Path, *, fingerprint: str | None = None) -> PublicKeys:
    """Trust a source from now on: check its public key file and copy it to ``trusted/``.

    Parameters
    ----------
    fingerprint
        What the source said over another channel; compared in full where given.

    Raises
    ------
    KeyRefused
        If the file does not check, the fingerprint differs, or other keys are trusted under that name already.
    """
    raw = _read(public_file)
    keys = _parse(public_file, raw, "source")
    compare_fingerprint(public_file, keys, fingerprint)
    target = keys_folder / TRUSTED_FOLDER / source_file(keys.name)
    if target.exists():
        if read_public_keys(target, role="source") == keys:
            return keys
        raise KeyRefused(
            f"{target}: other keys of source '{keys.name}' are trusted already; if the source has new keys and has told"
            " you so itself, move that file away first"
        )
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new_file(target, raw, private=False)
    return keys


def compare_fingerprint(path: Path, keys: PublicKeys, expected: str | None) -> None:
    """Refuse keys whose fingerprint is not the expected one; blanks and letter case in it do not matter."""
    if expected is not None and "".join(expected.split()).lower() != keys.fingerprint:
        raise KeyRefused(
            f"{path}: expected the fingerprint {expected}, found {keys.fingerprint}; ask the owner of the keys, and "
            "do not use this file"
        )


def _checked(content: dict[str, Any]) -> PublicKeys:
    name = content["name"]
    if content["role"] not in ("source", "unit") or not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise ValueError
    verifying_key = VerifyingKey(bytes.fromhex(content["signing"]))
    unsigned = {member: value for member, value in content.items() if member != "signature"}
    verifying_key.verify(bytes.fromhex(content["signature"]), SIGNATURE_USE, write_canonical(unsigned))
    envelope_key = EnvelopePublicKey(HpkeSuite(content["suite"]), bytes.fromhex(content["envelope"]))
    return PublicKeys(content["role"], name, verifying_key, envelope_key)


def _damaged(path: Path) -> KeyRefused:
    if path.suffix == ".key":
        return KeyRefused(
            f"{path}: this is a secret key file and stays where it is; give the public one (.pub)"
        )
    return KeyRefused(
        f"{path}: this is not a whole public key file of version {VERSION} (cut short, changed or not signed by its "
        "own key); ask its owner for it again"
    )
