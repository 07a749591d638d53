"""Keys and packages lie in folders of their own.

A folder that is copied, mailed or backed up whole must never carry both a package and a key that opens it or
encodes guesses for it. So each is refused where the other lies, found by its first bytes, whatever it is called.
"""

import os
from pathlib import Path

from linkage.exchange.errors import KeyRefused, PackageRefused

__all__ = ["KEY_START", "PACKAGE_MAGIC", "refuse_folder_with_key", "refuse_folder_with_package"]

# As PNG's: a byte above 127 and both line ends show a transfer as text, which would damage the file.
PACKAGE_MAGIC = b"\x89CIP\r\n\x1a\n"
KEY_START = b'{"about":{'
KEY_MARK = b'"format":"childindex key"'
LONGEST_KEY_FILE = 16 * 1024


def refuse_folder_with_package(folder: Path) -> None:
    """Refuse to put a private key where a package lies.

    Raises
    ------
    KeyRefused
        If a file directly in the folder begins as a package does.
    """
    for path in _regular_files(folder):
        if _start(path, len(PACKAGE_MAGIC)) == PACKAGE_MAGIC:
            raise KeyRefused(
                f"{folder}: holds the package {path.name}; a key is never put beside a package, choose another folder"
            )


def refuse_folder_with_key(folder: Path) -> None:
    """Refuse to put a package where a private key lies.

    Raises
    ------
    PackageRefused
        If a file directly in the folder is a private key file.
    """
    for path in _regular_files(folder):
        if path.stat().st_size <= LONGEST_KEY_FILE:
            content = _start(path, LONGEST_KEY_FILE)
            if content.startswith(KEY_START) and KEY_MARK in content:
                raise PackageRefused(
                    f"{folder}: holds the key file {path.name}; a package is never put beside a key, choose another "
                    "folder"
                )


def _regular_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(Path(entry.path) for entry in entries if entry.is_file())


def _start(path: Path, n_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(n_bytes)
    except OSError:
        # Unreadable to us: neither our key nor a package that we could have made.
        return b""
