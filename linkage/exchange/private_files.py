"""Files that only their owner may read: written so, and refused when they are not."""

import os
import stat
from pathlib import Path

from linkage.exchange.errors import KeyRefused
from linkage.exchange.regular_files import open_regular_file

__all__ = ["make_private_folder", "read_private_file", "read_small_file", "write_new_file"]

MOST_NAMES = 10
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_private_file(path: Path, *, at_most: int, what: str, remedy: str = "") -> bytes:
    """Read a short file, after making sure that nobody but its owner can.

    The check is on the open file, so that it cannot be exchanged between check and reading. `remedy` ends the message
    about a file that is missing.

    Raises
    ------
    KeyRefused
        If it is missing, not a regular file, open to others, or longer than `at_most` bytes.
    """
    return _read(path, at_most=at_most, what=what, remedy=remedy, private=True)


def read_small_file(path: Path, *, at_most: int, what: str, remedy: str = "") -> bytes:
    """Read a short public file; the same checks without the one on who may read it."""
    return _read(path, at_most=at_most, what=what, remedy=remedy, private=False)


def _read(path: Path, *, at_most: int, what: str, remedy: str, private: bool) -> bytes:
    try:
        file = open_regular_file(path)
    except FileNotFoundError:
        raise KeyRefused(
            f"{path}: there is no such {what}{_instead(path)}{remedy and f'; {remedy}'}"
        ) from None
    except OSError as error:
        raise KeyRefused(f"{path}: the {what} cannot be opened: {error.strerror}") from None
    with file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if private and os.name == "posix" and mode & OTHERS:
            raise KeyRefused(
                f"{path}: the {what} is open to other users (mode {mode:04o}, expected 0600 or less). "
                f"Close it with `chmod 600 {path}`, and replace its content if others may have read it"
            )
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise KeyRefused(
            f"{path}: expected a {what} of at most {at_most} bytes, found more; this is another file"
        )
    return content


def _instead(path: Path) -> str:
    """What is there instead of a file that is missing: names of files of the same kind, or no folder at all."""
    if not path.parent.is_dir():
        return f", nor a folder {path.parent}; correct the path"
    names = sorted(other.name for other in path.parent.glob(f"*{path.suffix}") if path.suffix)
    if not names:
        return f"; {path.parent} holds no {path.suffix or 'such'} file"
    return (
        f"; {path.parent} holds {', '.join(names[:MOST_NAMES])}{', ...' if len(names) > MOST_NAMES else ''}"
    )


def write_new_file(path: Path, content: bytes, *, private: bool) -> None:
    """Write a file that must not exist yet, for the owner only if `private`, and wait until it is on the disk.

    Raises
    ------
    KeyRefused
        If something is there already, or the folder cannot be written.
    """
    mode = 0o600 if private else 0o644
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise KeyRefused(
            f"{path}: there is a file already; a key is never overwritten, move it away first"
        ) from None
    except OSError as error:
        raise KeyRefused(f"{path}: the file cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        if private and os.name == "posix":
            os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter; one that exists is left as it is."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeyRefused(f"{folder}: the folder cannot be made: {error.strerror}") from None


def sync_folder(folder: Path) -> None:
    """Wait until what was made, renamed or removed in a folder is on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
