"""How kernels are compiled: one decorator decides it, and one intrinsic counts the set bits of a word.

Limits: kernels address rows with int64 and words with uint64. `fastmath` stays off, so a sum of floats has
one value on every machine; the GIL is released, so threads of one process share a table; the compiled code
is cached beside the module and keyed by the sources and the processor's features, so nothing compiles at
import and a second process starts warm.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from llvmlite.ir import IntType
from numba import njit, types
from numba.extending import intrinsic

from linkage.kernels.compiled_cache import SourceCache

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "fastmath": False,
    "error_model": "numpy",
    # For calls by pointer, out of C.
    "no_cfunc_wrapper": True,
}
_NOT_FROM_PYTHON: dict[str, Any] = {"no_cpython_wrapper": True}


def _compiled(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    dispatcher = njit(**_OPTIONS, **options)(function)
    # What `cache=True` does, but for the sources that the key is made of.
    dispatcher._cache = SourceCache(function)  # noqa: SLF001
    return cast("Callable[P, R]", dispatcher)


def is_compiled(function: Callable[..., Any]) -> bool:
    """Whether a kernel was compiled before, in this process or in one that left the code on the disk."""
    dispatcher = cast("Any", function)
    return bool(dispatcher.signatures) or dispatcher._cache.has_code()  # noqa: SLF001


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` without the GIL, cached, with exact floating point; callers keep its signature."""
    return _compiled(function)


def step_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like `kernel`, for other kernels to call: Python must not.

    Reading every array of the arguments out of a Python object often takes longer to compile than the function.
    """
    return _compiled(function, **_NOT_FROM_PYTHON)


def inline_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like `step_kernel`, and have the body put into its callers: for the short steps of a loop."""
    return _compiled(function, forceinline=True, **_NOT_FROM_PYTHON)


def bare_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like `kernel`, but without counting references to arrays.

    Naming a member of a tuple of arrays, or taking a slice, otherwise costs an atomic instruction, more
    than a vector operation on 64 lanes. The arrays must come from the caller, who keeps them: a bare
    kernel makes none and returns none. Its own steps are inline kernels, which are then compiled into it.
    """
    return _compiled(function, _nrt=False)


def inner_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile like `bare_kernel`, for other kernels to call: Python must not."""
    return _compiled(function, _nrt=False, **_NOT_FROM_PYTHON)


@intrinsic
def _popcount(_typing: Any, word: Any) -> Any:
    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        bits = builder.ctpop(args[0])
        return bits if word.bitwidth == 64 else builder.zext(bits, IntType(64))

    return (types.int64(word), codegen) if isinstance(word, types.Integer) else None


popcount = cast("Callable[[Any], int]", _popcount)
"""Number of set bits of an integer, as int64. Only callable inside a kernel."""


@inline_kernel
def lowest_bit(mask: int) -> int:
    """Position of the lowest set bit of an int64 that is not zero."""
    return popcount((mask & -mask) - 1)
