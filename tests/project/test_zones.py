"""The two zones hold, at run time and in the import graph."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = (sys.executable, "-W", "error", "-c")

# Runs in a fresh interpreter: imports every module below a package while some others cannot be imported, then
# looks for work done by importing.
IMPORT_ALL = """
import importlib, pkgutil, sys

package_name, forbidden, allowed = sys.argv[1], sys.argv[2].split(","), sys.argv[3].split(",")

def within(name, parents):
    return any(name == parent or name.startswith(parent + ".") for parent in parents)

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if within(name, forbidden) and not within(name, allowed):
            raise AssertionError(f"{package_name} imports {name}")

sys.meta_path.insert(0, Refuse())
package = importlib.import_module(package_name)
names = [module.name for module in pkgutil.walk_packages(package.__path__, package_name + ".")]
for name in names:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] != "pyspark":  # an optional extra
            raise

compiled = sorted(
    f"{name}.{attribute}"
    for name in names if name in sys.modules
    for attribute, value in vars(sys.modules[name]).items()
    if type(value).__name__ == "CPUDispatcher" and value.signatures
)
if compiled:
    raise AssertionError(f"compiled by importing: {', '.join(compiled)}")
"""


@pytest.mark.parametrize(
    "package,forbidden,allowed",
    [
        ("linkage", ["encoders", "pipelines", "cli"], []),
        ("encoders", ["linkage", "pipelines", "cli"], ["linkage.exchange"]),
        ("pipelines", ["cli"], []),
    ],
)
def test_every_module_imports_without_the_other_zone(
    package: str, forbidden: list[str], allowed: list[str]
) -> None:
    # The parent package itself is loaded with linkage.exchange, and imports nothing.
    preload = "import linkage.exchange\n" if "linkage" in forbidden else ""
    run = subprocess.run(
        [*PYTHON, preload + IMPORT_ALL, package, ",".join(forbidden), ",".join(allowed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    assert run.stderr == ""


def test_the_exchange_layer_loads_nothing_else_of_the_linkage_unit() -> None:
    program = "import sys, linkage.exchange; print(*(n for n in sys.modules if n.startswith('linkage.')))"
    run = subprocess.run([*PYTHON, program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {".".join(name.split(".")[:2]) for name in run.stdout.split()} == {"linkage.exchange"}


def test_the_import_contracts_hold() -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_command_line_leaves_engines_to_the_jobs() -> None:
    # Listing the commands must stay quick: what is slow to import belongs to the job, inside the command.
    for file in [ROOT / "cli.py", *(ROOT / "pipelines/commands").glob("*.py")]:
        body = ast.parse(file.read_text(encoding="utf-8")).body
        imported = {alias.name for node in body if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in body if isinstance(node, ast.ImportFrom)}
        roots = {name.partition(".")[0] for name in imported}
        assert roots & {"duckdb", "pyspark", "numba", "pyarrow", "numpy", "pandas"} == set(), file.name
