"""How much memory linking may take, and how many records that leaves room for at a time."""

import os
import re
import threading
from pathlib import Path
from typing import Self

from linkage.exchange.errors import InputRefused
from linkage.exchange.plurals import counted

__all__ = [
    "BASE_MIB",
    "OwnPeak",
    "default_memory_mb",
    "fits_whole",
    "require_whole",
    "rows_at_once",
    "store_memory_mb",
]

BASE_MIB = 900
"""The interpreter, compiled kernels, tables of patterns and the store's buffers."""
RECORD_BYTES = 180
"""A live record without its words: row id, source, child, its places in the blocks, its share of the evidence."""
BLOCK_BYTES = 48
"""A record of the stretch of blocks that is being compared, beside its words."""
FEWEST_ROWS = 50_000
STATUS, LOOK_SECONDS = Path("/proc/self/status"), 0.02


def default_memory_mb() -> int:
    """Half of the machine's memory."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 21


def store_memory_mb(memory_mb: int) -> int:
    """What the store may take of it.

    With an eighth of 9,000 MiB the events of 26 million new records could not be made, inside a transaction that had
    stored 27 million links before.
    """
    return max(256, min(4096, memory_mb // 4))


class OwnPeak:
    """The most memory that this process held inside the block, without files mapped into it.

    The system keeps the peak of all pages only, those of mapped files among them, which it takes away when it needs
    them: where columns of an index were read, they were a third of it. So this looks every few hundredths of a second.
    """

    def __init__(self) -> None:
        self._peak: float | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Start to look."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        self._done.set()
        self._thread.join()

    @property
    def mib(self) -> float | None:
        """MiB; None where the system does not tell."""
        self._look()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        try:
            status = STATUS.read_text(encoding="ascii")
        except OSError:
            return
        kib = {
            name: int(size)
            for name, size in re.findall(r"^(VmRSS|RssFile):\s+(\d+) kB$", status, re.MULTILINE)
        }
        self._peak = max(self._peak or 0.0, (kib["VmRSS"] - kib["RssFile"]) / 1024)


def fits_whole(n_records: int, n_words: int, memory_mb: int) -> bool:
    """Whether all records can be held in memory while they are compared."""
    return _free_bytes(n_records, memory_mb) >= n_records * 8 * n_words


def require_whole(n_records: int, n_words: int, memory_mb: int) -> None:
    """See that a memory that somebody set holds all records, where every pair is compared and nothing is streamed.

    Raises
    ------
    InputRefused
        If it does not.
    """
    if not fits_whole(n_records, n_words, memory_mb):
        needed = BASE_MIB + n_records * (RECORD_BYTES + 8 * n_words) / 2**20
        raise InputRefused(
            f"memory: every pair of {counted(n_records, 'record')} is compared, which needs {needed:,.0f} MiB,"
            f" {memory_mb:,} are allowed; raise --memory, or have records streamed with a lower every_pair_up_to"
            " under [candidates]"
        )


def rows_at_once(n_records: int, n_words: int, memory_mb: int) -> int:
    """Records that may be in memory at a time.

    Raises
    ------
    InputRefused
        If the memory does not even hold what has to be known of every record.
    """
    free = _free_bytes(n_records, memory_mb)
    rows = int(free // (8 * n_words + BLOCK_BYTES))
    least = min(n_records, FEWEST_ROWS)
    if rows < least:
        needed = BASE_MIB + (n_records * RECORD_BYTES + least * (8 * n_words + BLOCK_BYTES)) / 2**20
        raise InputRefused(
            f"memory: {counted(n_records, 'record needs', 'records need')} at least {needed:,.0f} MiB"
            f" to link, {memory_mb:,} are allowed;"
            " raise --memory"
        )
    return rows


def _free_bytes(n_records: int, memory_mb: int) -> float:
    return (memory_mb - BASE_MIB) * 2**20 - n_records * RECORD_BYTES
