"""Where a source's chain of packages stands: the number and the digest of the package sealed last.

Kept beside the source's keys, so that each package names the one before it and a missing night is noticed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from linkage.exchange.errors import KeyRefused

__all__ = ["Chain", "read_chain", "write_chain"]


@dataclass(frozen=True)
class Chain:
    """The package sealed last; sequence 0 and no digest before the first."""

    sequence: int = 0
    digest: str | None = None


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
