"""Finding any of millions of byte strings in hundreds of megabytes, with little memory.

Aho-Corasick over every value of a large feed takes gigabytes of automaton. Here the first few bytes of each string,
its *window*, go into a bitmap and a sorted array; one pass over the data looks every position up. What is found is
compared with the whole string afterwards, so the answer is the same.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from encoders.compiling import kernel

__all__ = ["LONGEST_WINDOW", "WindowSet", "each_once", "runs_of", "windows_of"]

LONGEST_WINDOW = 8
BITMAP_BITS_A_KEY = 16
LEAST_WORD_BITS = 4

Bytes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class WindowSet:
    """A set of windows of one length.

    Attributes
    ----------
    length
        1 to 8 bytes.
    keys
        uint64, sorted, each once: the windows as little-endian numbers.
    bitmap
        uint64, a power of two of words: three bits for each window, all in one word, so that a look costs one access
        to memory. Of windows that are not in the set about one in a hundred passes it.
    """

    length: int
    keys: Keys
    bitmap: Keys

    @classmethod
    def of(cls, keys: Keys, length: int) -> "WindowSet":
        """Take windows that are `length` bytes or longer; bytes beyond are cut off."""
        if not 1 <= length <= LONGEST_WINDOW:
            raise ValueError(f"length: expected 1 to {LONGEST_WINDOW} bytes, got {length}")
        cut = each_once(keys & _mask(length))
        word_bits = max(LEAST_WORD_BITS, int(len(cut) * BITMAP_BITS_A_KEY // 64).bit_length())
        bitmap = np.zeros(1 << word_bits, dtype=np.uint64)
        _mark(cut, bitmap, word_bits)
        return cls(length, cut, bitmap)

    def find(self, data: Bytes) -> Places:
        """Positions in the data, ascending, at which one of the windows begins."""
        found = np.empty(1024, dtype=np.int64)
        if not len(self.keys) or len(data) < self.length:
            return found[:0]
        while True:
            count = _find(data, self.length, self.keys, self.bitmap, found)
            if count <= len(found):
                return found[:count]
            found = np.empty(count, dtype=np.int64)


def each_once(keys: Keys) -> Keys:
    """Numbers ascending, each once: `numpy.unique` hashes, which takes twenty times as long on a million digests."""
    ordered = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def windows_of(offsets: npt.NDArray[np.int32], data: Bytes) -> tuple[Keys, npt.NDArray[np.uint8]]:
    """The first eight bytes of strings in Arrow buffers.

    Returns
    -------
    uint64 (n,): little-endian, shorter strings filled with zeros; uint8 (n,): the string's length, at most 8.
    """
    lengths = np.minimum(np.diff(offsets), LONGEST_WINDOW).astype(np.uint8)
    keys = np.zeros(len(lengths), dtype=np.uint64)
    _read_windows(offsets, data, lengths, keys)
    return keys, lengths


def runs_of(data: Bytes, member: npt.NDArray[np.bool_], least: int) -> Places:
    """Stretches of bytes of one class: int64, shape (runs, 2), start and end of each of at least `least` bytes.

    Parameters
    ----------
    member
        bool, shape (256,): which bytes belong to the class.
    """
    found = np.empty((1024, 2), dtype=np.int64)
    while True:
        count = _find_runs(data, member, least, found)
        if count <= len(found):
            return found[:count]
        found = np.empty((count, 2), dtype=np.int64)


def _mask(length: int) -> np.uint64:
    return np.uint64((1 << (8 * length)) - 1)


@kernel
def _mixed(window: np.uint64) -> np.uint64:
    """A hash whose upper bits depend on all of a window (Fibonacci hashing of folded halves)."""
    return (window ^ (window >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)


@kernel
def _marks(mixed: np.uint64, word_bits: int) -> np.uint64:
    """Three bits of a word, from the bits of the hash below those that choose the word."""
    rest = mixed >> np.uint64(46 - word_bits)
    first, second, third = rest & np.uint64(63), (rest >> np.uint64(6)) & np.uint64(63), rest >> np.uint64(12)
    one = np.uint64(1)
    return (one << first) | (one << second) | (one << (third & np.uint64(63)))


@kernel
def _mark(keys: Keys, bitmap: Keys, word_bits: int) -> None:
    for place in range(len(keys)):
        mixed = _mixed(keys[place])
        bitmap[mixed >> np.uint64(64 - word_bits)] |= _marks(mixed, word_bits)


@kernel
def _find(data: Bytes, length: int, keys: Keys, bitmap: Keys, found: Places) -> int:
    count = 0
    word_bits = 0
    while (1 << word_bits) < len(bitmap):
        word_bits += 1
    window = np.uint64(0)
    top = np.uint64(8 * (length - 1))
    for place in range(len(data)):
        window = (window >> np.uint64(8)) | (np.uint64(data[place]) << top)
        if place < length - 1:
            continue
        mixed = _mixed(window)
        marks = _marks(mixed, word_bits)
        if bitmap[mixed >> np.uint64(64 - word_bits)] & marks != marks:
            continue
        low, high = 0, len(keys)
        while low < high:
            middle = (low + high) >> 1
            if keys[middle] < window:
                low = middle + 1
            else:
                high = middle
        if low < len(keys) and keys[low] == window:
            if count < len(found):
                found[count] = place - length + 1
            count += 1
    return count


@kernel
def _read_windows(offsets: npt.NDArray[np.int32], data: Bytes, lengths: Bytes, keys: Keys) -> None:
    for row in range(len(lengths)):
        key = np.uint64(0)
        for place in range(lengths[row]):
            key |= np.uint64(data[offsets[row] + place]) << np.uint64(8 * place)
        keys[row] = key


@kernel
def _find_runs(data: Bytes, member: npt.NDArray[np.bool_], least: int, found: Places) -> int:
    count = 0
    start = -1
    for place in range(len(data) + 1):
        inside = place < len(data) and member[data[place]]
        if inside and start < 0:
            start = place
        elif not inside and start >= 0:
            if place - start >= least:
                if count < len(found):
                    found[count, 0] = start
                    found[count, 1] = place
                count += 1
            start = -1
    return count
