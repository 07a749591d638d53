"""What a process and its children cost: seconds by the clock and of processor, memory, all sampled from outside."""

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Footprint", "folder_gib", "run_measured"]

SAMPLE_SECONDS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Footprint:
    """The cost of a process and all its children.

    Attributes
    ----------
    own_mib
        Peak of memory that only the process can give back: heap and stack, summed over the processes.
    resident_mib
        Peak of all that was resident, files mapped into memory among it: the system takes those pages away when it
        needs them.
    """

    seconds: float
    processor: float
    own_mib: float
    resident_mib: float


def run_measured(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], Footprint]:
    """Run a command that prints one JSON object, and measure it.

    Parameters
    ----------
    environment
        Variables of the process; by default those of this one.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    started = time.perf_counter()
    before = os.times()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    own = resident = 0.0
    seen: dict[int, float] = {}
    try:
        while process.poll() is None:
            a, b = _memory(process.pid, seen)
            own, resident = max(own, a), max(resident, b)
            time.sleep(SAMPLE_SECONDS)
    except BaseException:
        process.terminate()
        raise
    after = os.times()
    output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    told: dict[str, Any] = json.loads(output)
    # Children that nobody waited for, such as a virtual machine that outlives its starter, are in the samples only.
    processor = max(processor, sum(seen.values()))
    return told, Footprint(time.perf_counter() - started, processor, own, resident)


def folder_gib(folder: Path) -> float:
    """What the files of a folder take on the disk, GiB."""
    return sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file()) * 512 / 2**30


def _memory(pid: int, processor: dict[int, float]) -> tuple[float, float]:
    """Own and resident memory of a process and its children, MiB; what has ended counts nothing.

    Notes the seconds of processor that each of them has had so far.
    """
    own = resident = 0
    waiting = [pid]
    while waiting:
        place = Path(f"/proc/{waiting.pop()}")
        try:
            # After the name, which is in brackets and may hold spaces: user and system time are the 12th and 13th.
            times = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
            processor[int(place.name)] = sum(map(int, times)) / TICKS
            status = dict(
                line.split(":", 1) for line in (place / "status").read_text().splitlines() if ":" in line
            )
            own += _kib(status, "RssAnon") + _kib(status, "RssShmem")
            resident += _kib(status, "VmRSS")
            for task in (place / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return own / 1024, resident / 1024


def _kib(status: dict[str, str], name: str) -> int:
    return int(status.get(name, "0 kB").split()[0])
