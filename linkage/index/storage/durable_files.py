"""Files and folders that are either as before or complete, whatever happens to the machine in between.

POSIX: a rename within a file system is atomic, and lasts once the folder is flushed.
"""

import os
from pathlib import Path

__all__ = ["flush_folder", "replace_file"]


def replace_file(path: Path, content: bytes) -> None:
    """Give a file a new content: readers see the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Make names that were added to or removed from a folder last."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
