"""How fast packages are sealed, verified and read: one thread, rows of about the width of the default specification.

    python benchmarks/seal_packages.py [--quick] [--json] [--runs N] [--folder FOLDER]

Each figure is the best of the runs, in MB of file a second. Two passes of SHA-256 (rows, file) are more than half of
the time of sealing and of verifying; ChaCha20-Poly1305 is a sixth. Times are of this process's processor, since other
work on the machine says nothing about the format; the seconds on the clock stand beside them.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from encoders.keys.source_keys import SourceKeys
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.expectation import Expectation
from linkage.exchange.manifest import ManifestDraft, rounded_hour
from linkage.exchange.package_reader import VerifiedPackage, open_package
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.records import EncodedRecords
from linkage.exchange.schema import ColumnKind, RecordSchema
from linkage.exchange.signing import SigningKey

FULL_ROWS, QUICK_ROWS = 300_000, 5_000
BATCH = 50_000
SCHEMA = RecordSchema.of(
    [(ColumnKind.FILTER, f"f{number}", 32) for number in range(3)]
    + [(ColumnKind.BLOCK, f"b{number}", 1) for number in range(4)]
)
SOURCE = "school"


def batch_of(first: int, n: int) -> EncodedRecords:
    """Records with ascending ids."""
    ids = np.zeros((n, 16), dtype=np.uint8)
    ids[:, :8] = np.arange(first + 1, first + n + 1, dtype=">u8").view(np.uint8).reshape(n, 8)
    nothing = np.zeros(n, dtype=np.uint8)
    words = np.random.default_rng(first).integers(0, 2**63, (n, SCHEMA.n_words), dtype=np.uint64)
    return EncodedRecords(ids, nothing, nothing, words)


def timed(work: Callable[[], None]) -> tuple[float, float]:
    """Seconds of this process's processor, and on the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def one_run(folder: Path, n_rows: int) -> dict[str, tuple[float, float]]:
    """Seal, verify and read one package; MB a second, of the processor and on the clock."""
    source, unit = SourceKeys(SOURCE, SigningKey.generate(), EnvelopeKey.generate()), EnvelopeKey.generate()
    draft = ManifestDraft(
        project="children",
        source=SOURCE,
        sequence=1,
        kind="snapshot",
        previous=None,
        created=rounded_hour(datetime.now(UTC)),
        expires=None,
        purpose="benchmark",
        specification="5" * 64,
        normaliser="1",
        software="0",
        key_epoch=1,
        key_check="c" * 32,
    )
    path = folder / "a.cip"
    batches = [batch_of(first, min(BATCH, n_rows - first)) for first in range(0, n_rows, BATCH)]
    packages: list[VerifiedPackage] = []

    def seal() -> None:
        with PackageWriter(path, signer=source, recipient=unit.public, draft=draft, schema=SCHEMA) as writer:
            for batch in batches:
                writer.write(batch)

    def verify() -> None:
        expected = Expectation(project="children", specification="5" * 64, schema=SCHEMA)
        packages.append(open_package(path, unit, {SOURCE: source.public}, expected))

    def read() -> None:
        with packages[0] as package:
            for _ in package.batches():
                pass

    seconds = {work.__name__: timed(work) for work in (seal, verify, read)}
    megabytes = path.stat().st_size / 1e6
    path.unlink()
    return {name: (megabytes / cpu, megabytes / clock) for name, (cpu, clock) in seconds.items()}


def figures(runs: list[dict[str, tuple[float, float]]], *, quick: bool) -> list[dict[str, object]]:
    """The best of the runs."""
    results: list[dict[str, object]] = []
    for name in runs[0]:
        for place, unit, target in ((0, "MB/s", 500), (1, "MB/s on the clock", None)):
            value = round(max(run[name][place] for run in runs))
            results.append(
                {
                    "figure": name,
                    "value": value,
                    "unit": unit,
                    "target": f">= {target}" if target else None,
                    "met": value >= target if target and not quick else None,
                    "runs": len(runs),
                }
            )
    return results


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows instead of {FULL_ROWS:,}")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, help="where the package is written; default is the temporary folder"
    )
    options = parser.parse_args()
    n_rows = QUICK_ROWS if options.quick else FULL_ROWS
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        runs = [one_run(Path(folder), n_rows) for _ in range(options.runs)]
    result = {
        "benchmark": "seal_packages",
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()}",
        "versions": {
            "python": platform.python_version(),
            "cryptography": version("cryptography"),
            "numpy": np.__version__,
        },
        "figures": figures(runs, quick=options.quick),
    }
    if options.json:
        print(json.dumps(result))
    else:
        for figure in figures(runs, quick=options.quick):
            print(f"{figure['figure']:8} {figure['value']:>6} {figure['unit']:18} {figure['target'] or ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
