"""Files of the project key: one an epoch, made, loaded, rotated and destroyed."""

import re
from pathlib import Path

from encoders.keys.project_key import LAST_EPOCH, ProjectKey
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
from linkage.exchange.primitives import KEY_BYTES
from linkage.exchange.private_files import make_private_folder
from linkage.exchange.public_keys import NAME
from linkage.exchange.secret_bytes import SecretBytes

__all__ = [
    "create_project_key",
    "epochs_in",
    "load_project_key",
    "project_key_file",
    "rotate_project_key",
    "store_project_key",
]

REMEDY = (
    "one source draws it (`childindex keys project`), the others get it there (`keys send`, `keys receive`)"
)
PROJECT = KeyFileKind("project", "project key", KEY_BYTES, {"project": str, "epoch": int}, REMEDY)
FIRST_FILE = "project.key"
LATER_FILE = re.compile(r"project\.epoch-([1-9][0-9]{0,4})\.key")


def project_key_file(epoch: int) -> str:
    """Name of the file of an epoch: ``project.key``, then ``project.epoch-2.key`` and so on."""
    return FIRST_FILE if epoch == 1 else f"project.epoch-{epoch}.key"


def create_project_key(
    folder: Path, project: str, epoch: int = 1, passphrase: SecretBytes | None = None
) -> ProjectKey:
    """Draw a project key and write its file into a folder.

    Raises
    ------
    KeyRefused
        If there is a file already, the folder holds a package, a key of the unit or one under another passphrase, or
        project or epoch are out of bounds.
    """
    if NAME.fullmatch(project) is None:
        raise KeyRefused(
            f"the project's name has to match {NAME.pattern}: small letters, digits and underscores, 48 at most"
        )
    if not 1 <= epoch <= LAST_EPOCH:
        raise KeyRefused(f"expected an epoch between 1 and {LAST_EPOCH}, got {epoch}")
    key = ProjectKey.generate(project, epoch)
    store_project_key(folder, key, passphrase)
    return key


def store_project_key(folder: Path, key: ProjectKey, passphrase: SecretBytes | None = None) -> Path:
    """Write the file of a key that was drawn here or received from another source; returns its path."""
    make_private_folder(folder)
    refuse_folder_with_package(folder)
    refuse_unit_keys(folder)
    refuse_other_passphrase(folder, passphrase)
    path = folder / project_key_file(key.epoch)
    content = KeyFile(key.secret, {"project": key.project, "epoch": key.epoch})
    write_key_file(path, PROJECT, content, passphrase)
    return path


def rotate_project_key(folder: Path, passphrase: SecretBytes | None = None) -> ProjectKey:
    """Draw the key of the next epoch beside the present one.

    Old encodings cannot be converted: each source encodes its feed again, and packages of both epochs are taken
    until all have moved. Then the old key is destroyed.
    """
    present = load_project_key(folder, passphrase=passphrase)
    return create_project_key(folder, present.project, present.epoch + 1, passphrase)


def load_project_key(
    folder: Path,
    *,
    project: str | None = None,
    epoch: int | None = None,
    passphrase: SecretBytes | None = None,
) -> ProjectKey:
    """Load the key of an epoch, or of the newest epoch in the folder.

    Raises
    ------
    KeyRefused
        If the file is missing or does not check, or the key is of another project or epoch.
    """
    present = [number for number in epochs_in(folder) if number <= LAST_EPOCH]
    wanted = epoch if epoch is not None else max(present, default=1)
    path = folder / project_key_file(wanted)
    if present and wanted not in present:
        listed = ", ".join(str(number) for number in present)
        raise KeyRefused(
            f"{path}: there is no project key of epoch {wanted}; this folder holds epoch {listed}"
        )
    content = read_key_file(path, PROJECT, passphrase)
    found_project, found_epoch = content.about["project"], content.about["epoch"]
    if found_epoch != wanted:
        raise KeyRefused(
            f"{path}: expected the key of epoch {wanted}, found epoch {found_epoch}; rename the file"
        )
    if project is not None and found_project != project:
        raise KeyRefused(
            f"{path}: expected the key of project '{project}', found '{found_project}'; give the folder of the "
            "project that the specification names"
        )
    return ProjectKey(found_project, found_epoch, content.secret)


def epochs_in(folder: Path) -> list[int]:
    """Epochs whose key files lie in a folder, ascending; empty if the folder does not exist."""
    if not folder.is_dir():
        return []
    names = {path.name for path in folder.iterdir()}
    matches = (LATER_FILE.fullmatch(name) for name in names)
    epochs = {int(match[1]) for match in matches if match is not None}
    return sorted(epochs | ({1} if FIRST_FILE in names else set()))
