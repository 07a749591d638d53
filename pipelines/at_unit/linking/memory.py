"""How much memory linking may take, and how many records that leaves room for at a time."""

import os
import re
from pathlib import Path

from linkage.exchange.errors import InputRefused

__all__ = ["BASE_MIB", "default_memory_mb", "fits_whole", "own_peak_mib", "rows_at_once", "store_memory_mb"]

BASE_MIB = 900
"""The interpreter, compiled kernels, tables of patterns and the store's buffers."""
RECORD_BYTES = 180
"""A live record without its words: row id, source, child, its places in the blocks, its share of the evidence."""
BLOCK_BYTES = 48
"""A record of the stretch of blocks that is being compared, beside its words."""
FEWEST_ROWS = 50_000


def default_memory_mb() -> int:
    """Half of the machine's memory."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) >> 21


def store_memory_mb(memory_mb: int) -> int:
    """What the store may take of it.

    With an eighth of 9,000 MiB the events of 26 million new records could not be made, inside a transaction that had
    stored 27 million links before.
    """
    return max(256, min(4096, memory_mb // 4))


def own_peak_mib(*, otherwise: float) -> float:
    """MiB that this process held at its peak, without files mapped into memory; `otherwise` where no file tells it.

    Only the peak of all pages is known, so those of files are taken to be as many then as now.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return otherwise
    kib = {
        name: int(value.split()[0])
        for name, value in re.findall(r"^(\w+):\s+(\d+ kB)$", status, re.MULTILINE)
    }
    return (kib["VmHWM"] - kib["RssFile"]) / 1024


def fits_whole(n_records: int, n_words: int, memory_mb: int) -> bool:
    """Whether all records can be held in memory while they are compared."""
    return _free_bytes(n_records, memory_mb) >= n_records * 8 * n_words


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
            f"memory: {n_records:,} records need at least {needed:,.0f} MiB to link, {memory_mb:,} are allowed;"
            " raise --memory"
        )
    return rows


def _free_bytes(n_records: int, memory_mb: int) -> float:
    return (memory_mb - BASE_MIB) * 2**20 - n_records * RECORD_BYTES
