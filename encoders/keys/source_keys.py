"""A source's own keys: one signs its packages, one opens what other sources seal to it.

The second also opens the source's own copy of its packages, so that a privacy officer can look into one before it
leaves.
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
    refuse_other_passphrase,
    refuse_unit_keys,
    write_key_file,
)
from linkage.exchange.key_pairs import PAIR_BYTES, key_pair, pair_secret
from linkage.exchange.private_files import make_private_folder
from linkage.exchange.public_keys import NAME, PublicKeys, source_file, write_public_keys
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.signing import SigningKey

__all__ = ["SourceKeys", "create_source_keys", "load_source_keys"]

SOURCE = KeyFileKind(
    "source",
    "source's key",
    PAIR_BYTES,
    {"name": str, "suite": int},
    "`childindex keys source NAME` makes it, and --source has to be that name",
)


@dataclass(frozen=True)
class SourceKeys:
    """The private keys of a source; a `linkage.exchange.public_keys.Signer`."""

    name: str
    signing_key: SigningKey
    envelope_key: EnvelopeKey

    @property
    def public(self) -> PublicKeys:
        """The public halves, as the unit and the other sources get them."""
        return PublicKeys("source", self.name, self.signing_key.verifying_key, self.envelope_key.public)

    def sign(self, use: str, *parts: str | bytes) -> bytes:
        """Sign a labelled message."""
        return self.signing_key.sign(use, *parts)


def create_source_keys(folder: Path, name: str, passphrase: SecretBytes | None = None) -> SourceKeys:
    """Draw a source's keys and write ``source-NAME.key`` and ``source-NAME.pub`` into a folder.

    Raises
    ------
    KeyRefused
        If one of the files exists, the folder holds a package, a key of the unit or one under another passphrase, or
        the name is not one.
    """
    if NAME.fullmatch(name) is None:
        raise KeyRefused(
            f"a source's name has to match {NAME.pattern}: small letters, digits and underscores, 48 at most"
        )
    make_private_folder(folder)
    refuse_folder_with_package(folder)
    refuse_unit_keys(folder)
    refuse_other_passphrase(folder, passphrase)
    public_path = folder / source_file(name)
    if public_path.exists():
        raise KeyRefused(f"{public_path}: there is a key already, and it is never overwritten")
    keys = SourceKeys(name, SigningKey.generate(), EnvelopeKey.generate())
    secret = pair_secret(keys.signing_key, keys.envelope_key)
    about = {"name": name, "suite": int(keys.envelope_key.public.suite)}
    write_key_file(_private_path(folder, name), SOURCE, KeyFile(secret, about), passphrase)
    write_public_keys(public_path, keys.public, keys.signing_key)
    return keys


def load_source_keys(folder: Path, name: str, passphrase: SecretBytes | None = None) -> SourceKeys:
    """Load ``source-NAME.key`` from a folder.

    Raises
    ------
    KeyRefused
        If the file is missing, does not check, or holds the keys of another source.
    """
    path = _private_path(folder, name)
    key = read_key_file(path, SOURCE, passphrase)
    if key.about["name"] != name:
        raise KeyRefused(
            f"{path}: expected the keys of source '{name}', found those of '{key.about['name']}'"
        )
    return SourceKeys(name, *key_pair(path, key))


def _private_path(folder: Path, name: str) -> Path:
    return folder / f"source-{name}.key"
