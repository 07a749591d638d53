"""How fast a feed becomes a sealed package, and in how much memory.

Figures
-------
encode command
    ``childindex encode`` from CSV to package on all cores: reading, normalising, encoding, shuffling, sealing, and the
    record-id map. Records a second over the whole process after start-up, by the clock and by a second of processor
    (which a busy machine distorts least), at two sizes; the peak resident set at both sizes, whose ratio shows whether
    memory grows with the feed. Each run is a process of its own.
filters
    Normalised text to filters, one thread, against clkhash on the same fields (forename, surname, birth date), if the
    peers' environment is there. clkhash is given the same strings, as CSV rows in memory, and its own default of one
    CLK of 1024 bits; we make one filter of 1024 bits over the same fields.

Traps: the first run compiles the kernels, so each process warms up on a small feed first; a shared machine is noisy,
so both sides run in turns and medians count.
"""

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
from reporting import Figure, arguments, peers_python, print_report

from encoders.filters.bloom import FilterEncoder
from encoders.normalise import normalise
from linkage.exchange.specification import default_specification_text, parse_specification
from linkage.exchange.specification.encoding import FilterField, FilterRule
from pipelines import simulate
from pipelines.at_source import encode, keys
from pipelines.at_unit.keys import unit as create_unit
from pipelines.key_trust import trust

SIZES, QUICK_SIZES = (100_000, 1_000_000), (500, 2_000)
FILTER_ROWS, QUICK_FILTER_ROWS = 50_000, 1_000
RUNS, QUICK_RUNS = 5, 1
FIELDS = ("forename", "surname", "birth_date")
CLKHASH = """
import json, sys, time
from clkhash.bloomfilter import stream_bloom_filters
from clkhash.comparators import get_comparator
from clkhash.field_formats import BitsPerTokenStrategy, FieldHashingProperties, StringSpec
from clkhash.key_derivation import generate_key_lists
from clkhash.schema import Schema
rows = [tuple(row) for row in json.load(open(sys.argv[1]))]
def spec(name):
    comparator = get_comparator({"type": "ngram", "n": 2})
    return StringSpec(name, FieldHashingProperties(comparator=comparator, strategy=BitsPerTokenStrategy(15)))
schema = Schema([spec(name) for name in ("forename", "surname", "birth_date")], 1024)
keys = generate_key_lists(b"secret", 3)
started = time.perf_counter()
done = sum(1 for _ in stream_bloom_filters(rows, keys, schema))
print(json.dumps({"seconds": time.perf_counter() - started, "rows": done}))
"""


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument(
        "--one", nargs=2, metavar=("FOLDER", "SOURCE"), help="encode one prepared feed and report"
    )
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(encode_one(Path(asked.one[0]), asked.one[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = command_figures(Path(folder), quick=asked.quick) + filter_figures(
            Path(folder), quick=asked.quick
        )
    print_report(
        "encode", figures, ("childindex", "numpy", "numba", "pyarrow", "cryptography"), as_json=asked.json
    )


def command_figures(folder: Path, *, quick: bool) -> list[Figure]:
    """Speed and memory of the whole command at two sizes."""
    prepare(folder, QUICK_SIZES if quick else SIZES)
    figures, peaks = [], []
    for children in QUICK_SIZES if quick else SIZES:
        runs = [measured(folder / str(children)) for _ in range(QUICK_RUNS if quick else RUNS)]
        records = runs[0]["records"]
        target = ">= 150000" if children == SIZES[-1] else None
        speeds = [run["records"] / run["seconds"] for run in runs]
        figures.append(Figure(f"encode command, {records:,.0f} records", "records/s", speeds, target, quick))
        of_processor = [run["records"] / run["processor"] for run in runs]
        figures.append(Figure("the same, of one processor's time", "records/s", of_processor))
        figures.append(
            Figure(f"peak memory, {records:,.0f} records", "MiB", [run["peak_mib"] for run in runs])
        )
        peaks.append(figures[-1].value)
    figures.append(
        Figure("memory at the larger size over the smaller", "ratio", [peaks[1] / peaks[0]], "<= 1.5", quick)
    )
    return figures


def prepare(folder: Path, sizes: tuple[int, ...]) -> None:
    """Simulated feeds, a specification and keys."""
    spec = folder / "spec.toml"
    spec.write_text(default_specification_text("children"), encoding="utf-8")
    told = create_unit(folder / "unit")["fingerprint"]
    for source in ("gp",):
        keys.source(source, folder / "keys")
    keys.project(spec, folder / "keys")
    trust(folder / "unit" / "unit.pub", folder / "keys", told)
    for children in (200, *sizes):
        simulate.run(folder / str(children), children, seed=1, formats=("csv",))


def measured(feeds: Path) -> dict[str, float]:
    """Encode the GP feed in a process of its own."""
    command = [sys.executable, __file__, "--one", str(feeds), "gp"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def encode_one(feeds: Path, source: str) -> dict[str, float]:
    """Warm up on a small feed, then encode one; seconds, records and peak memory of this process."""
    root = feeds.parent
    for name in ("200", feeds.name):
        out = root / f"out-{name}"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        job = encode.EncodeJob(
            root / name / f"{source}.csv", source, root / "spec.toml", root / "keys", out / f"{source}.cip"
        )
        before = time.process_time()
        summary = encode.run(job)
        processor = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "records": summary.counts.encoded,
        "seconds": summary.seconds,
        "processor": processor,
        "peak_mib": peak,
    }


def filter_figures(folder: Path, *, quick: bool) -> list[Figure]:
    """Normalised text to filters against clkhash."""
    n_rows = QUICK_FILTER_ROWS if quick else FILTER_ROWS
    columns = normalised(folder, n_rows)
    n_rows = len(columns["forename"])
    rule = FilterRule(name="clk", bits=1024, fill=0.3, fields=[FilterField(field=name) for name in FIELDS])
    specification = parse_specification(default_specification_text("children"), origin="default")
    encoder = FilterEncoder(rule, specification.fields, lambda label: label.encode().ljust(32, b"."))
    encoder.encode(columns, n_rows)
    runs = QUICK_RUNS if quick else RUNS
    ours = [n_rows / timed(lambda: encoder.encode(columns, n_rows)) for _ in range(runs)]
    figures = [Figure("filters of 1024 bits over three fields, one thread", "records/s", ours)]
    peer = peers_python()
    if peer is None:
        return figures
    rows = folder / "rows.json"
    rows.write_text(json.dumps(list(zip(*(columns[name].to_pylist() for name in FIELDS), strict=True))))
    theirs = [clkhash_speed(peer, rows) for _ in range(runs)]
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    return [
        *figures,
        Figure("clkhash on the same fields, one process", "records/s", theirs),
        Figure("filters: ours over clkhash", "times", ratios, ">= 50", quick),
    ]


def normalised(folder: Path, n_rows: int) -> dict[str, pa.StringArray]:
    """Complete normalised rows of a simulated GP feed."""
    path = max(folder.glob("*/gp.csv"), key=lambda found: found.stat().st_size)
    table = pa.csv.read_csv(
        path, convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string()))
    )
    values = {
        field: normalise(kind, table[column].combine_chunks(), field=field, date_formats=["%Y-%m-%d"]).values
        for column, (field, kind) in COLUMNS.items()
    }
    complete = pa.table(values).drop_null().slice(0, n_rows).combine_chunks()
    return {name: complete[name].chunk(0) for name in FIELDS}


COLUMNS = {
    "given_name": ("forename", "name"),
    "family_name": ("surname", "name"),
    "date_of_birth": ("birth_date", "date"),
}


def timed(work) -> float:  # type: ignore[no-untyped-def]
    """Seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def clkhash_speed(peer: Path, rows: Path) -> float:
    """Records a second of clkhash in its own environment."""
    done = subprocess.run([str(peer), "-c", CLKHASH, str(rows)], check=True, capture_output=True, text=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return float(result["rows"] / result["seconds"])


if __name__ == "__main__":
    main()
