"""Join two sets of filters with anonlink or FAISS; runs in the environment of the peers: ``peer_similarity.py FOLDER``.

Reads ``left.npy`` and ``right.npy``, uint8 (n, bytes), then a job a line on standard input, ``PEER THRESHOLD THREADS``,
and answers each with the seconds of the processor and the number of pairs. A job ``pairs THRESHOLD FILE`` writes
anonlink's pairs.
"""

import sys
import time
from pathlib import Path
from typing import Any

import anonlink  # type: ignore[import-not-found]
import faiss  # type: ignore[import-not-found]
import numpy as np
from bitarray import bitarray  # type: ignore[import-not-found]

__all__ = ["main"]


def main(folder: Path) -> None:
    """Answer jobs until the input ends."""
    left, right = np.load(folder / "left.npy"), np.load(folder / "right.npy")
    sets = as_bitarrays(left), as_bitarrays(right)
    print("ready", flush=True)
    for line in sys.stdin:
        peer, threshold, last = line.split()
        if peer == "pairs":
            _, (rows, others) = anonlink.similarities.dice_coefficient_accelerated(sets, float(threshold))
            np.save(last, np.stack([np.asarray(rows), np.asarray(others)]))
            seconds, n_pairs = 0.0, len(rows)
        elif peer == "anonlink":
            started = time.process_time()
            similarities, _ = anonlink.similarities.dice_coefficient_accelerated(sets, float(threshold))
            seconds, n_pairs = time.process_time() - started, len(similarities)
        else:
            seconds, n_pairs = range_search(left, right, float(threshold), int(last))
        print(seconds, n_pairs, flush=True)


def as_bitarrays(rows: Any) -> list[Any]:
    """One bitarray a filter, as anonlink takes them."""
    filters = []
    for row in rows:
        bits = bitarray(endian="little")
        bits.frombytes(row.tobytes())
        filters.append(bits)
    return filters


def range_search(left: Any, right: Any, threshold: float, threads: int) -> tuple[float, int]:
    """Seconds and hits of FAISS within the Hamming distance that a pair of mean length has at a Dice coefficient."""
    length = (np.bitwise_count(left).sum(axis=1).mean() + np.bitwise_count(right).sum(axis=1).mean()) / 2
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexBinaryFlat(8 * left.shape[1])
    index.add(right)
    started = time.process_time()
    limits, _, _ = index.range_search(left, int((1 - threshold) * 2 * length) + 1)
    return time.process_time() - started, int(limits[-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
