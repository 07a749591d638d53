"""The privacy gate at full size: how long it takes, in how much memory, and whether it cries wolf.

Figures
-------
verify
    ``childindex verify`` at the source: the feed read, every byte scanned, a sample encoded again, all attacks made.
    A process of its own, from start to end; its peak resident set.
encode
    The package that is verified, for comparison.
false alarms
    Clean packages, each of a feed and keys of its own, that any check but those of size and attack refuses.
planted leaks found
    Packages with one value of the feed written into a random place of a random row, in a random guise, that the scan
    refuses.

Traps: attacks are made on stated samples, so their time hardly grows; a shared machine is noisy.
"""

import dataclasses
import hashlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.csv
from reporting import Figure, arguments, print_report

from encoders.keys.source_keys import load_source_keys
from linkage.exchange.manifest import ManifestDraft
from linkage.exchange.package_reader import open_package
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.specification import read_specification
from linkage.exchange.unit_keys import load_unit_public
from pipelines import simulate
from pipelines import specification as specifying
from pipelines.at_source import encode, keys, verify
from pipelines.at_unit.keys import unit as create_unit
from pipelines.key_trust import trust

SOURCE, COLUMN = "gp", "patient_id"
FULL, QUICK = 1_000_000, 300
PACKAGES, QUICK_PACKAGES = 200, 2
SMALL_CHILDREN = 150
FEW_CHILDREN = 10_000
NO_ATTACKS, NO_BUCKETS = "least_records = 1000000000", "least_k = 0"
"""Attacks have a test of their own; a feed of a hundred fills no buckets."""
GUISES: tuple[Callable[[bytes], bytes], ...] = (
    lambda value: value,
    lambda value: value.upper(),
    lambda value: value[::-1],
    lambda value: value.decode().encode("utf-16-le"),
    lambda value: value.hex().encode(),
    lambda value: hashlib.sha256(value).digest(),
    lambda value: hashlib.sha1(value, usedforsecurity=False).digest(),
    lambda value: hashlib.md5(value, usedforsecurity=False).digest(),
)


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--one", type=Path, metavar="FOLDER", help="verify one prepared package and report")
    parser.add_argument("--children", type=int, default=0, help="of the large feed")
    parser.add_argument("--packages", type=int, default=-1, help="clean packages, and as many with a leak")
    parser.add_argument("--clean", type=int, default=SMALL_CHILDREN, help="children of each of them")
    parser.add_argument("--no-large", action="store_true", help="only the clean packages and the leaks")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(verify_one(asked.one)))
        return
    children = asked.children or (QUICK if asked.quick else FULL)
    packages = asked.packages if asked.packages >= 0 else (QUICK_PACKAGES if asked.quick else PACKAGES)
    with tempfile.TemporaryDirectory(prefix="childindex-gate-") as folder:
        figures = [
            *([] if asked.no_large else large(Path(folder) / "large", children, quick=asked.quick)),
            *(alarms(Path(folder), packages, asked.clean, quick=asked.quick) if packages else []),
        ]
    print_report(
        "gate",
        figures,
        ("childindex", "numpy", "numba", "scipy", "pyarrow", "cryptography"),
        as_json=asked.json,
    )


def prepare(folder: Path, children: int, seed: int, limits: str = "") -> None:
    """A feed, a specification with buckets that fit it, keys."""
    few = children < FEW_CHILDREN
    simulate.run(folder, children, seed, formats=("csv",), workers=1 if few else None)
    spec = folder / "spec.toml"
    specifying.new(spec, records=children)
    text = spec.read_text(encoding="utf-8")
    spec.write_text(text.replace("accepted_risks =", f"{limits}\naccepted_risks ="), encoding="utf-8")
    told = create_unit(folder / "unit")["fingerprint"]
    keys.source(SOURCE, folder / "keys")
    keys.project(spec, folder / "keys")
    trust(folder / "unit" / "unit.pub", folder / "keys", told)
    (folder / "out").mkdir()


def encoded(folder: Path) -> encode.EncodeSummary:
    """The feed of a prepared folder as a package."""
    return encode.run(
        encode.EncodeJob(
            folder / f"{SOURCE}.csv", SOURCE, folder / "spec.toml", folder / "keys", package_of(folder)
        )
    )


def package_of(folder: Path) -> Path:
    """Where the package lies."""
    return folder / "out" / f"{SOURCE}.cip"


def job(folder: Path) -> verify.VerifyJob:
    """Verify it at the source."""
    return verify.VerifyJob(
        package_of(folder), folder / "spec.toml", folder / "keys", folder / f"{SOURCE}.csv"
    )


def verify_one(folder: Path) -> dict[str, float]:
    """Verify in this process."""
    started = time.perf_counter()
    report = verify.run(job(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for finding in report.refusals:
        print(finding.check, finding.target, finding.value, file=sys.stderr)
    return {
        "seconds": time.perf_counter() - started,
        "peak_mib": peak,
        "refusals": float(len(report.refusals)),
    }


def large(folder: Path, children: int, *, quick: bool) -> list[Figure]:
    """Time and memory of the whole gate on one large package."""
    prepare(folder, children, seed=1)
    summary = encoded(folder)
    command = [sys.executable, __file__, "--one", str(folder)]
    started = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - started
    told: dict[str, float] = json.loads(done.stdout)
    records = f"{summary.counts.encoded:,} records"
    return [
        Figure(f"verify, {records}", "s", [seconds], "<= 300", quick),
        Figure(f"peak memory of verify, {records}", "GiB", [told["peak_mib"] / 1024], "<= 4", quick),
        Figure(f"encode, {records}", "s", [summary.seconds]),
        Figure(f"refusals, {records}", "", [told["refusals"]], "<= 0", quick),
    ]


def alarms(folder: Path, packages: int, children: int = SMALL_CHILDREN, *, quick: bool) -> list[Figure]:
    """False alarms on clean packages, and leaks found."""
    alarms, found = 0, 0
    limits = ", ".join([NO_ATTACKS, *([NO_BUCKETS] if children < FEW_CHILDREN else [])])
    for number in range(packages):
        place = folder / str(number)
        prepare(place, children, seed=100 + number, limits=f"limits = {{ {limits} }}")
        encoded(place)
        alarms += bool(refused := refusing(place))
        plant(place, number)
        found += "leak scan" in refusing(place)
        print(
            f"package {number + 1}: {', '.join(sorted(refused)) or 'no alarm'}; {found} leaks found",
            file=sys.stderr,
        )
        # Two hundred folders of plaintext and packages would fill a disk.
        shutil.rmtree(place)
    return [
        Figure(f"false alarms in {packages} clean packages", "", [float(alarms)], "<= 0", quick),
        Figure("planted leaks found", "", [found / packages], ">= 1", quick),
    ]


def refusing(folder: Path) -> set[str]:
    """The checks that refuse, but for the size that keeps the attacks away."""
    return {finding.check for finding in verify.run(job(folder)).refusals} - {"size"}


def plant(folder: Path, number: int) -> None:
    """Seal the package again with one value of the feed in it."""
    rng = np.random.default_rng(number)
    values = pyarrow.csv.read_csv(
        folder / f"{SOURCE}.csv",
        convert_options=pyarrow.csv.ConvertOptions(column_types={COLUMN: pyarrow.string()}),
    )[COLUMN]
    value = values[int(rng.integers(len(values)))].as_py().encode()
    secret = GUISES[number % len(GUISES)](value)
    specification = read_specification(folder / "spec.toml")
    signer = load_source_keys(folder / "keys", SOURCE)
    clean = package_of(folder).with_name("clean.cip")
    package_of(folder).rename(clean)
    trusted = {SOURCE: signer.public}
    with open_package(clean, signer.envelope_key, trusted, verify.expectation(specification)) as package:
        members = {field.name for field in dataclasses.fields(ManifestDraft)}
        draft = ManifestDraft(**{k: v for k, v in vars(package.manifest).items() if k in members})
        with PackageWriter(
            package_of(folder),
            signer=signer,
            recipient=load_unit_public(folder / "keys").envelope_key,
            draft=draft,
            schema=specification.record_schema,
        ) as writer:
            for records in package.batches():
                words = records.words.copy()
                flat = words.view(np.uint8).reshape(len(words), -1)
                row = int(rng.integers(len(words)))
                start = int(rng.integers(flat.shape[1] - len(secret)))
                flat[row, start : start + len(secret)] = np.frombuffer(secret, np.uint8)
                writer.write(dataclasses.replace(records, words=words))


if __name__ == "__main__":
    main()
