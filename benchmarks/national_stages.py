"""The stages of the national benchmark, each in a process of its own: ``national_stages.py STAGE FOLDER OPTIONS``."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import linkage_job
from datasets import DataSet, shared_data
from national_night import INBOX, draw_night, encode_night, with_operations
from national_truth import judged

from pipelines import simulate, specification
from pipelines.at_unit import init, link, load, nightly
from pipelines.at_unit.linking.resources import Resources

__all__ = ["SOURCES"]

SOURCES = ("school", "gp", "benefits")

Options = dict[str, Any]


def simulate_feeds(folder: Path, options: Options) -> dict[str, Any]:
    """Three feeds of the population, and what will have changed in them a night later."""
    made = simulate.run(
        folder, options["children"], options["seed"], tables=_tables(), formats=("csv",), overwrite=True
    )
    records = {feed.source: feed.records for feed in made.feeds}
    return made.to_json() | {"night": draw_night(folder, records, options["seed"], _tables())}


def encode_feeds(folder: Path, options: Options) -> dict[str, Any]:
    """Three sealed packages, and three small ones for the night; one after the other, as if at one source."""
    data = _data(folder)
    data.specification.unlink(missing_ok=True)
    # As somebody starts who knows how large the feeds are.
    specification.new(data.specification, options["profile"], min(options["records"].values()))
    text = with_operations(data.specification.read_text(encoding="utf-8"))
    # Small indexes would compare every pair: here they go the way of the large ones.
    text = re.sub(r"every_pair_up_to = \S+", "every_pair_up_to = 0", text)
    data.specification.write_text(text, encoding="utf-8")
    linkage_job.make_keys(data)
    linkage_job.encode_feeds(data)
    return {"night": encode_night(data)}


def load_packages(folder: Path, _options: Options) -> dict[str, Any]:
    """A new index, and the packages in it."""
    index = folder / "index"
    init.run(index, folder / "spec.toml")
    loaded = load.run(index, [folder / "packages" / f"{s}.cip" for s in SOURCES], folder / "unit-keys")
    return {"records": sum(package.staged.n_new for package in loaded)}


def plan_linking(folder: Path, options: Options) -> dict[str, Any]:
    """What `link` expects to cost."""
    return link.plan(_job(folder, options))


def link_index(folder: Path, options: Options) -> dict[str, Any]:
    """Candidates, model, links, children, publication."""
    return link.run(_job(folder, options)).to_json()


def evaluate_index(folder: Path, _options: Options) -> dict[str, Any]:
    """Held against the truth; not part of anybody's night."""
    maps = {source: folder / f"{source}.record_ids.parquet" for source in SOURCES}
    return asdict(judged(folder / "index", folder / "truth.parquet", maps))


def run_night(folder: Path, _options: Options) -> dict[str, Any]:
    """The night on the published index, as the scheduler runs it."""
    return nightly.run(nightly.NightlyJob(folder / "index", folder / INBOX, folder / "unit-keys")).to_json()


def _data(folder: Path) -> DataSet:
    return DataSet("children", folder, SOURCES)


def _tables() -> Path | None:
    """Names and places of the United Kingdom, where they are on this machine."""
    tables = shared_data() / "uk"
    return tables if tables.is_dir() else None


def _job(folder: Path, options: Options) -> link.LinkJob:
    return link.LinkJob(folder / "index", resources=Resources(memory_mb=options["memory_mb"]))


STAGES: dict[str, Callable[[Path, Options], dict[str, Any]]] = {
    "simulate": simulate_feeds,
    "encode": encode_feeds,
    "load": load_packages,
    "plan": plan_linking,
    "link": link_index,
    "evaluate": evaluate_index,
    "night": run_night,
}

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Path(sys.argv[2]), json.loads(sys.argv[3]))))
