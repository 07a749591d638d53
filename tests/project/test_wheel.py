"""The built wheel works in an environment that holds nothing but it and its locked dependencies."""

import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution that was built from the tree."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a new environment with the wheel installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pip: list[str | Path] = [folder / "bin/python", "-m", "pip", "install", "--quiet"]
    run([*pip, "--require-hashes", "-r", ROOT / "constraints" / "runtime.txt"])
    run([*pip, "--no-deps", "--no-index", wheel])
    return folder / "bin"


def run(command: list[str | Path], cwd: Path | None = None) -> str:
    """Standard output of a command that has to succeed."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def test_the_wheel_holds_every_module_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith("childindex-")}
    packages = ("linkage", "encoders", "pipelines", "sample_data")
    expected = {
        str(file.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert held == expected | {"cli.py"}


def test_the_command_tells_its_version(environment: Path, tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert version in run([environment / "childindex", "--version"], cwd=tmp_path)


def test_the_demonstration_runs(environment: Path, tmp_path: Path) -> None:
    run([environment / "childindex", "demo", tmp_path / "demo"], cwd=tmp_path)
    assert any((tmp_path / "demo").iterdir())


def test_every_module_imports(environment: Path, tmp_path: Path) -> None:
    program = (
        "import importlib, pkgutil\n"
        "for name in ('cli', 'linkage', 'encoders', 'pipelines'):\n"
        "    package = importlib.import_module(name)\n"
        "    for module in pkgutil.walk_packages(getattr(package, '__path__', []), name + '.'):\n"
        "        module.name == 'linkage.spark' or importlib.import_module(module.name)\n"
    )
    run([environment / "python", "-c", program], cwd=tmp_path)
