"""The linkage unit's own keys: one to open packages and sign its log, one to make pseudonyms.

They lie in two files, because they die differently: a lost envelope key is replaced and the sources send again, a
lost pseudonym key changes the id of every child for every recipient. No function here accepts a project key, and a
folder that holds one is refused.
"""

from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import KeyRefused
from linkage.exchange.folders import refuse_folder_with_package
from linkage.exchange.key_files import (
    KeyFile,
    KeyFileKind,
    read_key_file,
    refuse_source_keys,
    write_key_file,
)
from linkage.exchange.key_pairs import PAIR_BYTES, key_pair, pair_secret
from linkage.exchange.labels import label
from linkage.exchange.primitives import KEY_BYTES, hkdf_sha256
from linkage.exchange.private_files import make_private_folder
from linkage.exchange.public_keys import PublicKeys, read_public_keys, write_public_keys
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.signing import SigningKey

__all__ = [
    "PseudonymKey",
    "UnitKeys",
    "create_unit_keys",
    "load_pseudonym_key",
    "load_unit_keys",
    "load_unit_public",
]

UNIT_FILE = "unit.key"
UNIT_PUBLIC_FILE = "unit.pub"
PSEUDONYM_FILE = "pseudonym.key"
UNIT = KeyFileKind(
    "unit",
    "linkage unit's key",
    PAIR_BYTES,
    {"suite": int},
    "`childindex keys unit` makes it",
)
PSEUDONYM = KeyFileKind("pseudonym", "pseudonym key", KEY_BYTES, remedy="`childindex keys unit` makes it")


@dataclass(frozen=True)
class UnitKeys:
    """What opens packages at the unit, and what signs its log."""

    envelope_key: EnvelopeKey
    log_key: SigningKey

    @property
    def public(self) -> PublicKeys:
        """The public halves, as the sources get them."""
        return PublicKeys("unit", "unit", self.log_key.verifying_key, self.envelope_key.public)


class PseudonymKey:
    """The key under which the unit makes the pseudonyms that leave it."""

    def __init__(self, secret: SecretBytes) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "PseudonymKey(<secret>)"

    def derive(self, use: str, recipient: str = "") -> bytes:
        """A key of 32 bytes for one use and one recipient; no recipient's key tells anything about another's."""
        return hkdf_sha256(self._secret.reveal(), salt=b"", info=label("pseudonym key", use, recipient))


def create_unit_keys(folder: Path, passphrase: SecretBytes | None = None) -> UnitKeys:
    """Draw the unit's keys and write ``unit.key``, ``unit.pub`` and ``pseudonym.key`` into a folder.

    Raises
    ------
    KeyRefused
        If one of the files exists, or the folder holds a package or a key of the source zone.
    """
    make_private_folder(folder)
    refuse_folder_with_package(folder)
    refuse_source_keys(folder)
    for name in (UNIT_FILE, UNIT_PUBLIC_FILE, PSEUDONYM_FILE):
        if (folder / name).exists():
            raise KeyRefused(f"{folder / name}: there is a key already, and it is never overwritten")
    keys = UnitKeys(EnvelopeKey.generate(), SigningKey.generate())
    suite = keys.envelope_key.public.suite
    secret = pair_secret(keys.log_key, keys.envelope_key)
    write_key_file(folder / UNIT_FILE, UNIT, KeyFile(secret, {"suite": int(suite)}), passphrase)
    write_key_file(folder / PSEUDONYM_FILE, PSEUDONYM, KeyFile(SecretBytes.random(KEY_BYTES), {}), passphrase)
    write_public_keys(folder / UNIT_PUBLIC_FILE, keys.public, keys.log_key)
    return keys


def load_unit_keys(folder: Path, passphrase: SecretBytes | None = None) -> UnitKeys:
    """Load ``unit.key`` from a folder.

    Raises
    ------
    KeyRefused
        If the file does not check, or the folder holds a key of the source zone.
    """
    refuse_source_keys(folder)
    path = folder / UNIT_FILE
    key = read_key_file(path, UNIT, passphrase)
    log_key, envelope_key = key_pair(path, key)
    return UnitKeys(envelope_key, log_key)


def load_pseudonym_key(folder: Path, passphrase: SecretBytes | None = None) -> PseudonymKey:
    """Load ``pseudonym.key`` from a folder; `KeyRefused` as for `load_unit_keys`."""
    refuse_source_keys(folder)
    return PseudonymKey(read_key_file(folder / PSEUDONYM_FILE, PSEUDONYM, passphrase).secret)


def load_unit_public(path: Path) -> PublicKeys:
    """Load the unit's public keys from ``unit.pub`` or a folder that holds it; `KeyRefused` if it does not check."""
    file = path / UNIT_PUBLIC_FILE if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise KeyRefused(
            f"{file}: the unit is not trusted here yet; get unit.pub from the unit, compare its fingerprint, and run"
            f" `childindex keys trust unit.pub --keys {path} --fingerprint ...`"
        )
    return read_public_keys(file, role="unit")
