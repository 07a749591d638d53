"""Asking for memory before it is needed.

Who looks things up at random places waits a hundred nanoseconds for each, and the processor looks ahead over a handful
of them at the most. A loop that first names many places and then goes through them waits once for all.
"""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["prefetch"]

_READ, _KEEP, _DATA = 0, 3, 1


@intrinsic
def _prefetch(_typing: Any, array: Any, element: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        name = "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        builder.call(function, [place, *(ir.Constant(number, value) for value in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    if not isinstance(array, types.Array) or not isinstance(element, types.Integer):
        return None
    return types.none(array, types.int64), codegen


prefetch = cast("Callable[[Any, int], None]", _prefetch)
"""``prefetch(array, element)``: have the cache line of an element of a C-contiguous array fetched.

Elements are counted from the first. Where there is none, nothing happens. Only callable inside a kernel.
"""
