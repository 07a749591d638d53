"""Where a source's chain of packages stands: the number and the digest of the package sealed last.

Kept beside the source's keys, so that each package names the one before it and a missing night is noticed.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

from linkage.exchange.errors import KeyRefused

__all__ = ["Chain", "one_at_a_time", "read_chain", "write_chain"]


@dataclass(frozen=True)
class Chain:
    """The package sealed last; sequence 0 and no digest before the first."""

    sequence: int = 0
    digest: str | None = None


@contextmanager
def one_at_a_time(keys: Path, source: str) -> Iterator[None]:
    """Keep others from sealing for a source meanwhile: two packages of one number, and the unit refuses one of them.

    The lock lies on the source's key file, which is not written; the system releases it when the process ends. It holds
    on this machine, and where the system has no such locks it does nothing.

    Raises
    ------
    KeyRefused
        If another process seals for this source.
    """
    path = keys / f"source-{source}.key"
    if sys.platform == "win32" or not os.access(path, os.R_OK):  # A missing key has a message of its own.
        yield
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(descriptor, path, source)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path, source: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise KeyRefused(
            f"{path}: another process encodes for source '{source}' with these keys, and its package gets the next"
            " number; encode again when it is done"
        ) from None


def read_chain(keys: Path, source: str) -> Chain:
    """Read where the chain of a source stands.

    Raises
    ------
    KeyRefused
        If the file is damaged.
    """
    path = _path(keys, source)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Chain(int(content["sequence"]), str(content["digest"]))
    except FileNotFoundError:
        return Chain()
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyRefused(
            f"{path}: the state of the chain of packages is damaged; put it back from a copy, or encode with `--after`"
            " and the last package that the unit loaded"
        ) from None


def write_chain(keys: Path, source: str, chain: Chain) -> None:
    """Record the package sealed last."""
    path = _path(keys, source)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps({"sequence": chain.sequence, "digest": chain.digest}), encoding="utf-8")
    partial.replace(path)


def _path(keys: Path, source: str) -> Path:
    return keys / f"chain-{source}.json"
