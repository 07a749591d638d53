"""Where a package is written: at its place, or on trial for the gate.

The trial lies in a folder of its own that vanishes; nothing appears at the place of the package before it passed.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linkage.exchange.errors import PackageRefused

__all__ = ["place_of"]


@contextmanager
def place_of(out: Path, *, gated: bool) -> Iterator[Path]:
    """Where a package is written first: its place, or a trial beside it that vanishes.

    Raises
    ------
    PackageRefused
        If there is a file already, or no folder.
    """
    if not gated:
        yield out
        return
    if out.exists():
        raise PackageRefused(f"{out}: there is a file already; a package is never overwritten")
    if not out.parent.is_dir():
        raise PackageRefused(f"{out.parent}: there is no such folder for the package")
    with tempfile.TemporaryDirectory(prefix=".childindex-gate-", dir=out.parent) as folder:
        yield Path(folder) / out.name
