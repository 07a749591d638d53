"""One writer an index: a lock that the kernel releases when its holder dies, and that names its holder.

`flock` on a file of the index. It is advisory and local: an index on a network file system must be written by one
machine only.
"""

import fcntl
import json
import os
import socket
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from linkage.exchange.errors import IndexRefused

__all__ = ["WriterLock"]


@dataclass(frozen=True)
class Holder:
    """Who holds the lock."""

    pid: int
    host: str
    started: str
    command: str

    def __str__(self) -> str:
        return f"`{self.command}` (process {self.pid} on {self.host}, since {self.started})"


class WriterLock:
    """Held from construction until `release`, or until the process ends in any way.

    Raises
    ------
    IndexRefused
        If another process writes; the message says which one.
    """

    def __init__(self, path: Path, command: str) -> None:
        # Opened without truncation: the loser of the race must still read the winner's name.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(self._descriptor)
            os.close(self._descriptor)
            raise IndexRefused(f"{path.parent} is being written by {holder}; try again afterwards") from None
        me = Holder(
            os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"), command
        )
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, json.dumps(asdict(me)).encode(), 0)

    def release(self) -> None:
        """Let others write. The file stays: removing it would let two writers lock two different files."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _holder(descriptor: int) -> str:
    try:
        return str(Holder(**json.loads(os.pread(descriptor, 4096, 0))))
    except (ValueError, TypeError):
        return "another process"  # caught between locking and writing its name
