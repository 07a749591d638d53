"""The archive of loaded packages, and how one of them is made unreadable.

Packages lie sealed in ``INDEX/archive/SOURCE/NNNNNN-digest.cip``. The content key of a package stands, wrapped, in its
header and nowhere else here: overwriting the header makes the rest unreadable to everybody, whoever has the unit's key
(crypto-shredding). The file is removed then. On flash, and on file systems that copy on write, an overwritten block may
survive for a while, and a back-up of the archive has a header of its own: keep it for as long as the archive only.
"""

import os
import secrets
from pathlib import Path

from linkage.index.storage.durable_files import flush_folder

__all__ = ["archived_packages", "shred_package"]

HEADER_BYTES = 8192
"""More than any header of the package format, whatever its recipients."""


def archived_packages(folder: Path, source: str, digests: set[str]) -> list[Path]:
    """The archived packages of a source that have one of the digests.

    Parameters
    ----------
    folder
        ``INDEX/archive``.
    digests
        SHA-256 of whole packages, in hexadecimal; a file name holds its beginning.
    """
    found = []
    for path in sorted((folder / source).glob("*.cip")):
        beginning = path.stem.rpartition("-")[2]
        if beginning and any(digest.startswith(beginning) for digest in digests):
            found.append(path)
    return found


def shred_package(path: Path) -> None:
    """Overwrite the header of a package, with its wrapped content key, on the disk; then remove the file."""
    size = min(path.stat().st_size, HEADER_BYTES)
    with path.open("r+b", buffering=0) as file:
        file.write(secrets.token_bytes(size))
        os.fsync(file.fileno())
    path.unlink()
    flush_folder(path.parent)
