"""The inner loop of an affine map of bits: four input bits looked up at a time, eight output words in a register.

The vector of eight words is written down for LLVM, which cuts it to the registers of the processor at hand; as a loop
over words the compiler left it in single words, and it took several times as long.
"""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from encoders.compiling import kernel

__all__ = ["CHUNK_WORDS", "xor_rows"]

Words = npt.NDArray[np.uint64]
CHUNK_WORDS = 8

_WORD = ir.IntType(64)
_CHUNK = ir.VectorType(_WORD, CHUNK_WORDS)
NIBBLES_A_WORD = 16


@intrinsic
def _toggled(_typing: Any, _bits: Any, table: Any, _row: Any, _step: Any, out: Any, _place: Any) -> Any:
    """XOR into a chunk of `out` what the nibbles of a word toggle.

    The row and the place are the first words of the chunk in the flat table and the flat output, the step is how far
    apart the rows of the table are.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def address(array: int, element: Any) -> Any:
            data = context.make_array(signature.args[array])(context, builder, args[array]).data
            return builder.bitcast(builder.gep(data, [element]), _CHUNK.as_pointer())

        word, start, apart, at = args[0], args[2], args[3], address(4, args[5])
        chunk = builder.load(at, align=8)
        for nibble in range(NIBBLES_A_WORD):
            four = builder.and_(builder.lshr(word, ir.Constant(_WORD, 4 * nibble)), ir.Constant(_WORD, 15))
            number = builder.add(four, ir.Constant(_WORD, 16 * nibble))
            found = builder.load(address(1, builder.add(start, builder.mul(number, apart))), align=8)
            chunk = builder.xor(chunk, found)
        builder.store(chunk, at, align=8)
        return context.get_dummy_value()

    index = types.int64
    return types.none(types.uint64, table, index, index, out, index), codegen


toggled = cast("Any", _toggled)


@kernel
def xor_rows(filters: Words, by_nibble: Words, constant: Words, out: Words) -> None:
    """Map every filter that is not all zeros.

    Parameters
    ----------
    filters
        uint64, shape (n, input words).
    by_nibble
        uint64, flat, of shape (input words * 16, 16, output words): what the values of four input bits toggle. The
        output words are a multiple of `CHUNK_WORDS`.
    constant
        uint64, shape (output words,).
    out
        uint64, flat, of shape (n, output words): zeros, which stay where a filter is all zeros.
    """
    n_words, n_out = filters.shape[1], len(constant)
    for row in range(len(filters)):
        any_bit = np.uint64(0)
        for word in range(n_words):
            any_bit |= filters[row, word]
        if any_bit == 0:
            continue
        for first in range(0, n_out, CHUNK_WORDS):
            place = row * n_out + first
            for i in range(CHUNK_WORDS):
                out[place + i] = constant[first + i]
            for word in range(n_words):
                start = word * NIBBLES_A_WORD * 16 * n_out + first
                toggled(filters[row, word], by_nibble, start, n_out, out, place)
