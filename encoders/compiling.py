"""How the kernels of the source side are compiled: one decision, in one place.

The linkage unit has its own in ``linkage.kernels.compiling``: the zones share the package format and nothing else.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

__all__ = ["kernel"]

P = ParamSpec("P")
R = TypeVar("R")

# The wrapper is for calls by pointer, out of C.
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "no_cfunc_wrapper": True}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile on the first call, release the interpreter lock, keep the machine code on disk, exact arithmetic."""
    return cast("Callable[P, R]", numba.njit(**_OPTIONS)(function))
