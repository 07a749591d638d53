"""What all benchmarks share: figures with targets, the machine, the versions, the two ways to print."""

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["Figure", "arguments", "peers_python", "print_report"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda value, bound: value >= bound,
    "<=": lambda value, bound: value <= bound,
    "<": lambda value, bound: value < bound,
    ">": lambda value, bound: value > bound,
}


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes
    ----------
    runs
        Every run; `value` is their median.
    target
        Such as ``">= 8"``; None where there is none.
    """

    figure: str
    unit: str
    runs: Sequence[float]
    target: str | None = None
    quick: bool = field(default=False, compare=False)

    @property
    def value(self) -> float:
        """The median of the runs."""
        return float(statistics.median(self.runs))

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none, or the data were shrunk."""
        if self.target is None or self.quick:
            return None
        sign, _, bound = self.target.partition(" ")
        return COMPARISONS[sign](self.value, float(bound.replace(",", "")))

    def as_dict(self) -> dict[str, object]:
        """As the contract of the benchmarks says."""
        fields = {name: value for name, value in asdict(self).items() if name != "quick"}
        return fields | {"value": self.value, "met": self.met, "runs": list(self.runs)}


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options of every benchmark."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small data, the same code path, no verdict")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def peers_python() -> Path | None:
    """The interpreter of the environment with other linkage software (`make bench-peers`), if there is one."""
    named = os.environ.get("CHILDINDEX_PEERS_PYTHON")
    found = Path(named) if named else Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"
    return found if found.is_file() else None


def print_report(
    benchmark: str, figures: Iterable[Figure], packages: Iterable[str], *, as_json: bool
) -> None:
    """Print the figures as one JSON object or as a table."""
    figures = list(figures)
    if as_json:
        print(
            json.dumps(
                {
                    "benchmark": benchmark,
                    "machine": machine(),
                    "versions": versions(packages),
                    "figures": [figure.as_dict() for figure in figures],
                }
            )
        )
        return
    for figure in figures:
        verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
        print(
            f"{figure.figure:<52} {figure.value:>14,.3f} {figure.unit:<16} {figure.target or '':<12} {verdict}"
        )


def machine() -> dict[str, object]:
    """The hardware, as far as the system tells."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """The installed versions of packages; those that are not installed are left out."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
