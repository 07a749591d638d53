"""Which compiled code may be used again: only that of the very sources at hand.

Numba keys compiled code by the source of its own module. But a kernel has the kernels and vector programs that
it calls compiled into it, out of other modules: after an upgrade, code from before would read arrays that are
laid out anew, beyond their ends. So here the key is every source of the packages that a kernel is made of.
"""

import hashlib
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba.core import environment
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime.nrt import rtsys

__all__ = ["SourceCache"]


class SourceCache(FunctionCache):
    """Compiled code of one function, dropped when a module of this package or of the function's changes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        own = Path(function.__code__.co_filename).parent
        stamp = _digest(Path(__file__).parent), _digest(own)
        base = self._impl.filename_base
        self._cache_file = _CodeFiles(self._cache_path, base, stamp)  # type: ignore[no-untyped-call]

    def has_code(self) -> bool:
        """Whether anything lies on the disk that was compiled of these very sources."""
        return bool(self._cache_file._load_index())  # type: ignore[no-untyped-call]  # noqa: SLF001

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load compiled code without what only compiling needs.

        Numba's own makes ready to compile before it looks: a hundred modules of its standard library, and SciPy's
        linear algebra, which takes longer than loading all kernels. Running them takes the runtime alone; where
        nothing is found, the compiler makes ready by itself.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


class _CodeFiles(IndexDataCacheFile):
    """Reads compiled code with `_Reader`."""

    def _load_data(self, name: str) -> Any:
        with Path(self._data_path(name)).open("rb") as file:  # type: ignore[no-untyped-call]
            return _Reader(file).load()


class _Reader(pickle.Unpickler):
    """Unpickles compiled code, which is Numba's own way of keeping it, without importing what it was made of."""

    def find_class(self, module: str, name: str) -> Any:
        own = (module, name) == (environment.__name__, "_rebuild_env")
        return _rebuilt_environment if own else super().find_class(module, name)


def _rebuilt_environment(module: str, constants: list[Any], name: str) -> Any:
    """What Numba makes of an environment, but with no global names of its own modules.

    Compiled code has the constants of an environment in use; its global names serve code that runs as Python, of which
    Numba's own functions have none. Their modules are half of the time of loading all kernels: arrays, SciPy's linear
    algebra.
    """
    if not module.startswith("numba.") or environment.lookup_environment(name) is not None:  # type: ignore[no-untyped-call]
        return environment._rebuild_env(module, constants, name)  # type: ignore[no-untyped-call]  # noqa: SLF001
    rebuilt = environment.Environment({"__name__": module})
    rebuilt.consts[:] = constants
    rebuilt.env_name = name
    environment.Environment._memo[name] = rebuilt  # noqa: SLF001
    return rebuilt


@cache
def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
