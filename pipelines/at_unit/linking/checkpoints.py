"""What a long linking run has done so far, so that the same command goes on where it was cut short.

One file a step in the folder ``linking`` of the index, each written whole or not at all: pattern counts, and emitted
pairs as row positions and pattern codes; nothing of a record. They hold for exactly one state of the index, one
specification and one model: under any other they are thrown away, and a publication removes them. So are those of
another version of the software or of this layout, and what cannot be read: the step is done again.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.candidates import EmittedPairs

__all__ = ["Checkpoints", "digest_of"]

FORMAT = 2

Arrays = dict[str, npt.NDArray[np.generic]]


def digest_of(*parts: bytes | str) -> str:
    """A short name for a state."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


class Checkpoints:
    """The steps done under one state.

    Parameters
    ----------
    folder
        Of all checkpoints; what was kept there under another state is removed.
    state
        From `digest_of`.
    """

    def __init__(self, folder: Path, state: str) -> None:
        name = digest_of(str(FORMAT), version("childindex"), state)
        self._folder = folder / name
        if folder.is_dir():
            for other in folder.iterdir():
                if other.name != name:
                    shutil.rmtree(other, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def load(self, step: str) -> Arrays | None:
        """The arrays of a step; None if it was not done, or cannot be read any more."""
        path = self._folder / f"{step}.npz"
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as kept:
                return {name: kept[name] for name in kept.files}
        except (ValueError, EOFError, zipfile.BadZipFile):
            path.unlink()
            return None

    def load_pairs(self, step: str) -> EmittedPairs | None:
        """The pairs that a step emitted; None as in `load`."""
        kept = self.load(step)
        if kept is None:
            return None
        return EmittedPairs(
            left=kept["left"].astype(np.int64, copy=False),
            right=kept["right"].astype(np.int64, copy=False),
            patterns=kept["patterns"].astype(np.int64, copy=False),
            strata=kept["strata"].astype(np.int16, copy=False),
        )

    def save_pairs(self, step: str, pairs: EmittedPairs) -> None:
        """Keep the pairs that a step emitted."""
        self.save(step, vars(pairs))

    def save(self, step: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Keep the arrays of a step."""
        partial = self._folder / f".{step}.partial"
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._folder / f"{step}.npz")
