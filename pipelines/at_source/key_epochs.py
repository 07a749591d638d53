"""The jobs around a key's life: the next epoch's key, the end of an old one, and what lies in a folder of keys.

Records that were encoded under two epochs cannot be compared, so an index is of one epoch: after a rotation every
source encodes its whole feed again, into a new index. Nothing secret is returned: fingerprints, key checks, epochs,
names of files.
"""

from pathlib import Path
from typing import Any

from encoders.keys.destruction import destroy_project_key, destruction_file, read_destruction_record
from encoders.keys.project_key import key_check
from encoders.keys.project_key_files import epochs_in, load_project_key, project_key_file, rotate_project_key
from encoders.keys.source_keys import load_source_keys
from linkage.exchange.errors import KeyRefused
from linkage.exchange.key_files import KeyHeader, read_key_header
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import read_public_keys
from pipelines.console import table_text
from pipelines.key_trust import grouped

__all__ = ["destroy", "listed", "listed_text", "rotate", "show"]

PURPOSES = {
    "project": "project key",
    "source": "a source's own key",
    "unit": "the unit's own key",
    "pseudonym": "pseudonym key",
}
CHECK_SHOWN = 16


def rotate(keys: Path) -> dict[str, Any]:
    """Draw the project key of the next epoch beside the present one.

    Raises
    ------
    KeyRefused
        If there is no project key in the folder, or that of the next epoch is there already.
    """
    key = rotate_project_key(keys, read_passphrase())
    return {
        "file": str(keys / project_key_file(key.epoch)),
        "project": key.project,
        "epoch": key.epoch,
        "key check": key_check(key),
        "next": (
            f"send it to the other sources (`keys send`), set `epoch = {key.epoch}` in the specification of all, encode"
            " every feed again as a snapshot, and load them into a new index: records of two epochs do not match"
        ),
    }


def destroy(keys: Path, epoch: int, source: str, *, confirmed: bool) -> dict[str, Any]:
    """Overwrite and remove the project key of an epoch; a signed record stays.

    Raises
    ------
    KeyRefused
        If nobody confirmed it, there is no such key, or its record is there already.
    """
    present = epochs_in(keys)
    if epoch not in present:
        held = f"it holds epoch {', '.join(map(str, present))}" if present else "it holds none"
        raise KeyRefused(f"{keys}: there is no project key of epoch {epoch} to destroy; {held}")
    if not confirmed:
        last = (
            ", and it is the newest one here: this source can then encode nothing more"
            if epoch == present[-1]
            else ""
        )
        raise KeyRefused(
            f"{keys / project_key_file(epoch)}: nothing was destroyed. A destroyed key does not come back{last}. Make"
            " sure that no package of its epoch is still to be made or verified, then give --yes"
        )
    passphrase = read_passphrase()
    record = destroy_project_key(keys, epoch, load_source_keys(keys, source, passphrase), passphrase)
    return {
        "record": str(keys / destruction_file(epoch)),
        "project": record.project,
        "epoch": record.epoch,
        "key check": record.key_check,
        "source": record.source,
        "destroyed": record.destroyed,
        "remaining": "copies and back-ups of the file, if there are any: destroy those as well",
    }


def listed(keys: Path) -> list[dict[str, Any]]:
    """What lies in a folder of keys: one entry a file, its fingerprint or key check where it can be known.

    Raises
    ------
    KeyRefused
        If there is no such folder, or nothing in it is a key.
    """
    if not keys.is_dir():
        raise KeyRefused(
            f"{keys}: there is no such folder; `childindex keys source` or `keys unit` makes one"
        )
    found = [_private(path, keys) for path in sorted(keys.glob("*.key"))]
    found += [_public(path, keys) for path in sorted(keys.glob("*.pub"))]
    found += [_public(path, keys) for path in sorted((keys / "trusted").glob("*.pub"))]
    found += [_record(path, keys) for path in sorted(keys.glob("project.epoch-*.destroyed.json"))]
    if not found:
        raise KeyRefused(
            f"{keys}: no key file is here; `childindex keys source` or `keys unit` makes some with --out"
        )
    return found


def listed_text(entries: list[dict[str, Any]]) -> str:
    """The same for people; fingerprints are cut, `keys show` prints them whole."""
    rows = [
        [entry["file"], entry["what"], entry["protection"], str(entry["fingerprint"])[:CHECK_SHOWN]]
        for entry in entries
    ]
    return table_text(["file", "what", "protection", "fingerprint or check"], rows)


def show(path: Path, signer: Path | None = None) -> dict[str, Any]:
    """Everything about one file that may be seen.

    Parameters
    ----------
    path
        A key file, a public key file, or a record of destruction.
    signer
        Public key file of the source that signed a record of destruction, to check it.

    Raises
    ------
    KeyRefused
        If it is none of these, is damaged, or the record is not signed by `signer`.
    """
    if path.is_dir():
        raise KeyRefused(
            f"{path}: this is a folder; name a file in it, or run `childindex keys list --keys {path}`"
        )
    if path.name.endswith(".destroyed.json"):
        if signer is None:
            raise KeyRefused(
                f"{path}: give the public key file of the source that signed it (--signer source-NAME.pub)"
            )
        record = read_destruction_record(path, read_public_keys(signer, role="source"))
        return {"file": str(path), "what": "record of a destroyed project key", "signature": "good"} | vars(
            record
        )
    if path.suffix not in (".key", ".pub"):
        raise KeyRefused(
            f"{path}: expected a key file (.key), a public one (.pub) or a record of destruction (.destroyed.json)"
        )
    entry = _public(path, path.parent) if path.suffix == ".pub" else _private(path, path.parent)
    if path.suffix == ".pub":
        entry["to read aloud"] = grouped(entry["fingerprint"])
    return entry | {"file": str(path)}


def _private(path: Path, folder: Path) -> dict[str, Any]:
    header = read_key_header(path)
    about = dict(header.about)
    of = f" of epoch {about['epoch']}, {about['project']}" if header.purpose == "project" else ""
    of = f" ({about['name']})" if header.purpose == "source" else of
    return {
        "file": str(path.relative_to(folder)),
        "what": f"{PURPOSES.get(header.purpose, header.purpose)}{of}",
        "protection": "passphrase" if header.wrapped else "file mode only",
        "fingerprint": _check(path, header),
    }


def _check(path: Path, header: KeyHeader) -> str:
    """Fingerprint or key check of a private key; empty where it needs a passphrase that is not given."""
    if header.purpose in ("source", "unit"):
        public = path.with_suffix(".pub")
        return read_public_keys(public).fingerprint if public.is_file() else ""
    passphrase = read_passphrase()
    if header.purpose != "project" or (header.wrapped and passphrase is None):
        return ""
    return key_check(load_project_key(path.parent, epoch=int(header.about["epoch"]), passphrase=passphrase))


def _public(path: Path, folder: Path) -> dict[str, Any]:
    keys = read_public_keys(path)
    trusted = "trusted public key" if path.parent.name == "trusted" or keys.role == "unit" else "public key"
    if keys.role == "unit" and (path.parent / "unit.key").exists():
        trusted = "public key"
    owner = "the unit" if keys.role == "unit" else f"source {keys.name}"
    return {
        "file": str(path.relative_to(folder)),
        "what": f"{trusted} of {owner}",
        "protection": "not secret",
        "fingerprint": keys.fingerprint,
    }


def _record(path: Path, folder: Path) -> dict[str, Any]:
    return {
        "file": str(path.relative_to(folder)),
        "what": "record of a destroyed project key",
        "protection": "signed",
        "fingerprint": "",
    }
