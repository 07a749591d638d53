"""American Soundex of the first word of every value of a column at once, from Arrow buffers to Arrow buffers.

The codes are jellyfish's, which the tests compare; a call of it for each name takes longer than all other keys do.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from encoders.compiling import kernel

__all__ = ["soundex_column"]

CODE_BYTES = 4
# Of a to z. 0 stands for letters that part equal neighbours, 7 for those that do not (h and w).
_CLASSES = np.frombuffer(b"01230127022455012623017202", dtype=np.uint8) - ord("0")


def soundex_column(values: pa.StringArray) -> pa.StringArray:
    """The code of the first word of each value; the word itself where it is not of letters alone.

    Parameters
    ----------
    values
        Of a-z, 0-9 and blanks; null is missing.

    Returns
    -------
    A string array of the same length, null where the value is null or begins with a blank or nothing.
    """
    n = len(values)
    if n in (0, values.null_count):
        return pa.nulls(n, pa.string())
    _, offsets, data = values.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + n + 1]
    flat = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    present = np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    out = np.empty(n * CODE_BYTES + int(starts[-1] - starts[0]), dtype=np.uint8)
    ends = np.zeros(n + 1, dtype=np.int32)
    _code_rows(starts, flat, present, _CLASSES, out, ends)
    coded = np.packbits(np.diff(ends) > 0, bitorder="little")
    return pa.StringArray.from_buffers(
        n, pa.py_buffer(ends), pa.py_buffer(out[: ends[-1]].copy()), pa.py_buffer(coded)
    )


@kernel
def _code_rows(
    offsets: npt.NDArray[np.int32],
    data: npt.NDArray[np.uint8],
    present: npt.NDArray[np.bool_],
    classes: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint8],
    ends: npt.NDArray[np.int32],
) -> None:
    """Write the codes one after another into `out`, and where each ends; a row without one is empty."""
    place = 0
    for row in range(len(present)):
        start = int(offsets[row])
        stop, is_word = start, True
        if present[row]:
            while stop < offsets[row + 1] and data[stop] != 32:
                is_word &= 97 <= data[stop] <= 122
                stop += 1
        if not is_word:
            for i in range(start, stop):
                out[place] = data[i]
                place += 1
        elif stop > start:
            out[place] = data[start] - 32
            filled, last = 1, int(classes[data[start] - 97])
            for i in range(start + 1, stop):
                this = int(classes[data[i] - 97])
                if 1 <= this <= 6 and this != last and filled < 4:
                    out[place + filled] = 48 + this
                    filled += 1
                last = last if this == 7 else this
            for i in range(filled, 4):
                out[place + i] = 48
            place += 4
        ends[row + 1] = place
