"""Runs the commands of a tutorial, in order, in one folder: fenced blocks of language `sh`.

After `sh` a block may say `exit-3` (its last command ends so), `exit-any`, or `slow` (run only with the whole suite).
`childindex` runs in this process, anything else in bash. ``NAME=$(...)`` keeps what a command prints.
"""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from cli import main

BLOCK = re.compile(r"^```sh(?P<flags>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
KEEP = re.compile(r"^(?P<name>[A-Z_]+)=\$\((?P<command>.*)\)$")


@dataclass(frozen=True)
class Block:
    """Commands of one fenced block, and how the last of them ends (None: anyhow)."""

    lines: tuple[str, ...]
    status: int | None
    slow: bool


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        flags = match["flags"].split()
        ends = [flag.removeprefix("exit-") for flag in flags if flag.startswith("exit-")]
        status = 0 if not ends else None if ends[0] == "any" else int(ends[0])
        lines = tuple(line for line in match["body"].splitlines() if line.strip())
        found.append(Block(lines, status, "slow" in flags))
    return found


class Reader:
    """Somebody who follows a tutorial word by word in a folder.

    Parameters
    ----------
    folder
        Where the commands run.
    made
        Folder in which what `childindex demo` makes is kept, since tutorials begin with the same.
    """

    def __init__(self, folder: Path, made: Path) -> None:
        self._folder, self._made = folder, made
        self._names: dict[str, str] = {}

    def follow(self, block: Block) -> None:
        """Run a block; only its last command may end other than with 0."""
        for number, line in enumerate(block.lines, start=1):
            status, told = self._run(line)
            last = number == len(block.lines)
            if not last:
                assert status == 0, f"{line}\n{told}"
            elif block.status is not None:
                assert status == block.status, f"{line}\n{told}"

    def _run(self, line: str) -> tuple[int, str]:
        keep = KEEP.match(line)
        if keep:
            status, told = self._run(keep["command"])
            self._names[keep["name"]] = told.strip()
            return status, told
        if not line.startswith("childindex "):
            done = subprocess.run(
                ["bash", "-c", line], cwd=self._folder, capture_output=True, text=True, check=False
            )
            return done.returncode, done.stdout + done.stderr
        words = shlex.split(re.sub(r"\$([A-Z_]+)", lambda found: self._names[found[1]], line))[1:]
        if words[0] == "demo":
            return self._demo(words[1])
        before = Path.cwd()
        os.chdir(self._folder)
        try:
            result = CliRunner().invoke(main, words)
        finally:
            os.chdir(before)
        return result.exit_code, result.stdout + (result.stderr if result.exit_code else "")

    def _demo(self, name: str) -> tuple[int, str]:
        if not self._made.exists():
            result = CliRunner().invoke(main, ["demo", str(self._made)])
            if result.exit_code:
                return result.exit_code, result.output
        shutil.copytree(self._made, self._folder / name)
        return 0, ""
