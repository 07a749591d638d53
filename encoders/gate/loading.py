"""Loading what the gate has compiled, before it begins: a first run compiles it, and says so."""

import numpy as np

from encoders.attacks.joint_known_pairs import ExactColumn, book_scores
from encoders.attacks.neighbourhoods import neighbour_components
from encoders.gate.byte_windows import WindowSet, runs_of, windows_of

__all__ = ["load_gate_kernels"]


def load_gate_kernels() -> None:
    """Scan a few made-up bytes and attack two made-up codes; compiled code depends on types of arrays alone.

    As a package gives them, bytes may be read-only, which counts as a type of its own.
    """
    offsets, data = np.array([0, 4, 8], dtype=np.int32), np.arange(64, dtype=np.uint8)
    read_only = np.frombuffer(bytes(64), np.uint8)
    for own in (data, read_only):
        keys, _ = windows_of(offsets, own)
        WindowSet.of(keys, 4).find(own)
        runs_of(own, np.ones(256, dtype=np.bool_), 4)
    numbers = np.zeros(2, dtype=np.int64)
    book_scores([ExactColumn(numbers, numbers)], numbers, numbers)
    neighbour_components(np.ones((2, 1), dtype=np.uint64), [numbers], radius=1)
