"""Compiled code is used again only while every source that it may be made of is the same."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.kernels import compiled_cache
from linkage.kernels.compiled_cache import SourceCache


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package of two modules, one of which would call the other."""
    (tmp_path / "calling.py").write_text("def outer(x):\n    return x + 1\n")
    (tmp_path / "called.py").write_text("STEP = 1\n")
    return tmp_path


def cache_of(folder: Path) -> SourceCache:
    """The cache of the calling function, as a new process would make it."""
    spec = importlib.util.spec_from_file_location("calling", folder / "calling.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    compiled_cache._digest.cache_clear()
    return SourceCache(module.outer)


def test_the_same_sources_share_code(folder: Path) -> None:
    cache_of(folder)._cache_file.save("key", "code")
    assert cache_of(folder)._cache_file.load("key") == "code"


def test_a_change_of_another_module_drops_the_code(folder: Path) -> None:
    cache_of(folder)._cache_file.save("key", "code")
    (folder / "called.py").write_text("STEP = 2\n")
    assert cache_of(folder)._cache_file.load("key") is None


def test_loading_needs_no_compiler_and_leaves_it_usable(folder: Path) -> None:
    """What a fresh process loads it runs, without what only compiling takes; then it compiles as ever."""
    (folder / "arrays.py").write_text(
        "import numpy as np\n\ndef total(n):\n"
        "    if n < 0:\n        raise ValueError(n)\n    return (np.zeros(n) + 1).sum()\n"
    )
    script = """
import sys
sys.path.insert(0, sys.argv[1])
import numba
from linkage.kernels.compiling import kernel
import arrays
total = kernel(arrays.total)
assert total(3) == 3.0
try:
    total(-1)
except ValueError as error:
    assert error.args == (-1,)
print(len(total._cache_hits), any(name.startswith(("numba.np.array", "numba.np.linalg")) for name in sys.modules))
assert numba.njit(lambda n: (arrays.np.zeros(n) + 0.5).sum())(3) == 1.5
assert total.py_func(2) == 2.0
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", script, str(folder)], check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert told == [["0", "True"], ["1", "False"]]
