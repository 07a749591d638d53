"""Committed files name no machine and no registry, and the lock files agree."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints"
# Written as patterns that do not match themselves. A path of one machine works on no other.
MACHINE_PATH = re.compile(rb"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+|tmp/\w+)/")
REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;\\]+)(?P<marker> ; [^\\]+)?", re.MULTILINE)


def committed_files() -> list[Path]:
    """Every file under version control that stands in the tree."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def locked_versions(file: Path) -> set[tuple[str, str]]:
    """Name and version of every requirement; one name has two versions where Python versions need them."""
    text = file.read_text(encoding="utf-8")
    return {(found["name"], found["version"]) for found in REQUIREMENT.finditer(text)}


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    naming = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in committed_files()
        for number, line in enumerate(file.read_bytes().splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert naming == []


def test_lock_files_name_no_registry() -> None:
    naming = [file.name for file in CONSTRAINTS.iterdir() if "://" in file.read_text(encoding="utf-8")]
    assert naming == []


def test_every_locked_requirement_has_a_hash() -> None:
    for file in CONSTRAINTS.glob("*.txt"):
        blocks = re.split(r"\n(?=\S)", file.read_text(encoding="utf-8").strip())
        assert [block.partition(" ")[0] for block in blocks if "--hash=sha256:" not in block] == [], file.name


def test_what_runs_is_what_is_tested() -> None:
    assert locked_versions(CONSTRAINTS / "runtime.txt") <= locked_versions(CONSTRAINTS / "test.txt")


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "runtime.txt": project["dependencies"],
        "test.txt": project["dependencies"] + extras["test"] + extras["evaluation"] + extras["check"],
    }
    for name, requirements in wanted.items():
        locked = {requirement for requirement, _ in locked_versions(CONSTRAINTS / name)}
        assert {re.split(r"[<>=!~\[ ;]", requirement)[0] for requirement in requirements} <= locked, name
