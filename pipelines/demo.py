"""The job that shows everything: from three plaintext feeds to one pseudonymous index, on the sample data.

The folder shows who may see what: ``school/``, ``gp/`` and ``benefits/`` stand for the sources and hold plaintext and
keys, ``packages/`` is what travels, ``unit/`` is the linkage unit, which sees neither.
"""

import shutil
import time
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from linkage.exchange.errors import InputRefused
from linkage.exchange.specification import read_specification
from pipelines import evaluate, specification
from pipelines.at_source import encode, keys
from pipelines.at_unit import export, init, link, load
from pipelines.at_unit.keys import unit as create_unit
from pipelines.console import table_text
from pipelines.key_trust import trust
from pipelines.progress import Progress, Silent

__all__ = ["DemoSummary", "run"]

FIRST_KEY_HOLDER = "school"


@dataclass(frozen=True)
class DemoSummary:
    """What the demo did, and where its files are."""

    folder: Path
    encoded: list[encode.EncodeSummary]
    linked: link.LinkSummary
    evaluated: evaluate.EvaluationSummary
    seconds: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """As a document for machines."""
        return {
            "folder": str(self.folder),
            "encoded": [summary.to_json() for summary in self.encoded],
            "linked": self.linked.to_json(),
            "evaluated": self.evaluated.to_json(),
            "seconds": self.seconds,
        }

    def text(self) -> str:
        """The summary that a person reads."""
        records = sum(self.linked.records.values())
        feeds = table_text(
            ["feed", "records", "duplicates found", "rejected"],
            [
                [summary.source, summary.counts.encoded, self.linked.duplicates[summary.source],
                 sum(summary.counts.rejected.values())]
                for summary in self.encoded
            ],
        )  # fmt: skip
        stages = table_text(
            ["stage", "seconds"], [[name, round(value, 2)] for name, value in self.seconds.items()]
        )
        places = table_text(
            ["where", "what is there"],
            [
                [f"{self.folder}/school, gp, benefits", "the sources: plaintext feeds and keys"],
                [f"{self.folder}/packages", "what travels: signed, encrypted, without a name"],
                [f"{self.folder}/unit", "the linkage unit: its keys and the index"],
                [f"{self.folder}/children.parquet", "child_id, source, record_id"],
            ],
        )
        found = self.evaluated.pairs
        return (
            f"{records:,} records came in, {self.linked.children:,} children came out.\n\n{feeds}\n\n"
            f"Against the truth: precision {found.precision:.4f}, recall {found.recall:.4f}, F1 {found.f1:.4f}\n"
            f"at the threshold that the software chose by itself, without labels.\n\n{stages}\n\n{places}\n\n"
            f"Next: childindex lookup {self.folder}/unit/index school RECORD_ID\n"
            f"      (record ids: {self.folder}/school/school.record_ids.parquet)"
        )


def run(folder: Path, progress: Progress | None = None) -> DemoSummary:
    """Run everything in a new folder.

    Raises
    ------
    InputRefused
        If the folder exists and is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputRefused(f"{folder}: the demo wants an empty folder; remove this one or name another")
    progress = progress or Silent()
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    spec = folder / "spec.toml"
    folder.mkdir(parents=True, exist_ok=True)
    specification.new(spec, records=_fewest_records())
    sources = list(read_specification(spec).sources)
    _make_keys(folder, spec, sources)
    seconds["make keys"] = _lap(started)
    encoded = [_encode(folder, spec, name, progress) for name in sources]
    seconds["normalise, encode and seal"] = _lap(started) - sum(seconds.values())
    index = folder / "unit" / "index"
    init.run(index, spec)
    load.run(index, [summary.package for summary in encoded], folder / "unit" / "keys", progress)
    seconds["check and load"] = _lap(started) - sum(seconds.values())
    linked = link.run(link.LinkJob(index), progress)
    seconds["compare, fit, link, publish"] = _lap(started) - sum(seconds.values())
    export.run(index, folder / "children.parquet", progress)
    truth = folder / "truth.parquet"
    _copy_sample("truth.parquet", truth)
    evaluated = evaluate.run(index, truth, [summary.id_map for summary in encoded], progress)
    seconds["export and evaluate"] = _lap(started) - sum(seconds.values())
    seconds["all"] = _lap(started)
    return DemoSummary(folder, encoded, linked, evaluated, seconds)


def _fewest_records() -> int:
    """Rows of the smallest sample feed."""
    counts = []
    for sample in files("sample_data").iterdir():
        if sample.name.endswith(".csv"):
            with sample.open("rb") as rows:
                counts.append(sum(1 for _ in rows) - 1)
    return min(counts)


def _make_keys(folder: Path, spec: Path, sources: list[str]) -> None:
    """Make all keys and exchange the public ones, and the project key between the sources, as in real use."""
    unit_keys = folder / "unit" / "keys"
    told_by_unit = create_unit(unit_keys)["fingerprint"]
    told = {name: keys.source(name, folder / name / "keys")["fingerprint"] for name in sources}
    first = folder / FIRST_KEY_HOLDER / "keys"
    keys.project(spec, first)
    for name in sources:
        own = folder / name / "keys"
        trust(unit_keys / "unit.pub", own, told_by_unit)
        trust(own / f"source-{name}.pub", unit_keys, told[name])
        if own != first:
            sealed = folder / name / "project-key.sealed"
            keys.send(own / f"source-{name}.pub", first, FIRST_KEY_HOLDER, sealed, told[name])
            sender = first / f"source-{FIRST_KEY_HOLDER}.pub"
            keys.receive(sealed, own, name, sender, told[FIRST_KEY_HOLDER])


def _encode(folder: Path, spec: Path, name: str, progress: Progress) -> encode.EncodeSummary:
    feed = folder / name / f"{name}.csv"
    _copy_sample(feed.name, feed)
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    job = encode.EncodeJob(feed, name, spec, folder / name / "keys", packages / f"{name}.cip")
    return encode.run(job, progress)


def _copy_sample(name: str, target: Path) -> None:
    with as_file(files("sample_data") / name) as sample:
        shutil.copyfile(sample, target)


def _lap(started: float) -> float:
    return round(time.perf_counter() - started, 3)
