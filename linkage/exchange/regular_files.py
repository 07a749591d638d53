"""Opening a file that somebody else may have put there."""

import errno
import io
import os
import stat
from pathlib import Path

__all__ = ["open_regular_file"]


def open_regular_file(path: Path) -> io.FileIO:
    """Open a regular file for reading, without waiting and without a buffer.

    Raises
    ------
    OSError
        If it cannot be opened, or is a folder, a pipe or a device; `strerror` says so.
    """
    # Without O_NONBLOCK a named pipe in place of the file would hold us for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    # The check is on the open file, so that it cannot be exchanged in between.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return io.FileIO(descriptor, "rb")
