"""Do the intervals hold that `link` states without labels? Held against the truth of populations of every dirtiness.

Every population is drawn anew: how many children, which sources, how many of them each source holds, and every rate of
error by itself, around a dirtiness of a third to four times what linkage studies report. None of it was looked at when
the intervals were made, and nothing is tuned to what comes out here.

Figures
-------
true precision (recall) of the children inside the stated interval
    Share of the populations in which the 90% interval of the published children holds the truth.
true precision (recall) of single links inside the stated interval
    The same for links at the threshold that the software chose, before resolution, and their 95% interval.
width of the interval
    Median over the populations: an interval that always holds because it says nothing is no use.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import DataSet, shared_data
from linkage_job import link_data_set, pairs_at_any_threshold
from reporting import Figure, arguments, print_report
from robustness import only_sources

from linkage.exchange.specification import default_specification_text
from pipelines import simulate
from pipelines.at_unit.linking.expecting import CHILDREN
from pipelines.simulation.rates import Rates

POPULATIONS = 20
SEED = 77_000
SOURCES = (("school", "gp", "benefits"), ("school", "gp"), ("gp", "benefits"), ("school", "gp", "benefits"))
PROFILES = ("children", "children_private")
HELD = ("in_school", "in_gp", "in_benefits")
"""Shares of the children in a feed, drawn evenly; what is not a rate of error follows."""
FAMILIES = ("twin_alike", "blended", "mixed_origin", "double_barrelled", "two_homes", "moved_near",
            "former_surname_known", "compound_split", "benefits_nhs_number", "benefits_upn")  # fmt: skip
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")


@dataclass(frozen=True)
class Population:
    """One draw."""

    number: int
    children: int
    dirtiness: float
    sources: tuple[str, ...]
    profile: str
    rates: dict[str, float]


@dataclass(frozen=True)
class Told:
    """An interval, and what was true."""

    population: int
    of: str
    measure: str
    low: float
    estimate: float
    high: float
    truth: float

    @property
    def holds(self) -> bool:
        """Whether the truth is inside."""
        return self.low <= self.truth <= self.high


def populations(count: int, seed: int, *, quick: bool) -> Iterator[Population]:
    """Draw them; equal seeds draw equal ones."""
    usual = Rates()
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        dirtiness = float(np.exp(generator.uniform(np.log(1 / 3), np.log(4.0))))
        rates = {name: float(generator.uniform(0.35, 0.97)) for name in HELD}
        rates["twin"] = float(generator.uniform(0.005, 0.06))
        for rate in fields(Rates):
            if rate.name in (*HELD, *FAMILIES, "twin"):
                continue
            own = getattr(usual, rate.name) * dirtiness * float(np.exp(generator.normal(0.0, 0.5)))
            rates[rate.name] = min(own, 0.4)
        children = 60 if quick else int(np.exp(generator.uniform(np.log(120), np.log(6_000))))
        own_sources = SOURCES[number % len(SOURCES)]
        yield Population(number, children, dirtiness, own_sources, PROFILES[number // 2 % 2], rates)


def told_of(population: Population, seed: int) -> list[Told]:
    """Link it as a user would, and hold what was said of it against the truth."""
    with tempfile.TemporaryDirectory(prefix="childindex-coverage-") as folder:
        linked = link_data_set(_prepared(population, Path(folder) / "data", seed))
        pairs = pairs_at_any_threshold(linked)
        single, whole = pairs.curve.at(pairs.threshold), linked.evaluation.pairs
        stated = linked.summary.expected
        found = []
        for of, own, true in (("children", stated[CHILDREN], whole), ("single links", stated, single)):
            for measure in ("precision", "recall"):
                low, estimate, high = (own[measure][part] for part in ("low", "estimate", "high"))
                truth = getattr(true, measure)
                found.append(Told(population.number, of, measure, low, estimate, high, truth))
        return found


def _prepared(population: Population, folder: Path, seed: int) -> DataSet:
    """Feeds, truth and specification."""
    tables = shared_data() / "uk"
    simulate.run(
        folder,
        population.children,
        seed + population.number,
        tables=tables if tables.is_dir() else None,
        rates=Rates(**population.rates),
        formats=("csv",),
    )
    truth = pd.read_parquet(folder / "truth.parquet")
    truth[truth["source"].isin(population.sources)].to_parquet(folder / "truth.parquet")
    text = only_sources(default_specification_text(population.profile), population.sources)
    (folder / "spec.toml").write_text(text, encoding="utf-8")
    return DataSet("coverage", folder, population.sources)


def figures(found: list[Told], *, quick: bool) -> list[Figure]:
    """Shares of the populations, and how wide the intervals are."""
    told = []
    for of, confidence in (("children", 90), ("single links", 95)):
        for measure in ("precision", "recall"):
            own = [one for one in found if (one.of, one.measure) == (of, measure)]
            held = sum(one.holds for one in own) / len(own)
            target = ">= 0.85" if of == "children" else None
            told += [
                Figure(
                    f"true {measure} of {of} inside the {confidence}% interval", "", [held], target, quick
                ),
                Figure(f"width of it, {measure} of {of}", "", [one.high - one.low for one in own]),
            ]
    return told


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--populations", type=int, default=POPULATIONS)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    found = []
    for population in populations(1 if asked.quick else asked.populations, asked.seed, quick=asked.quick):
        own = told_of(population, asked.seed)
        found += own
        about = {name: value for name, value in asdict(population).items() if name != "rates"}
        lines = [asdict(one) | {"holds": one.holds} for one in own]
        print(json.dumps({"population": about, "told": lines}), file=sys.stderr, flush=True)
    print_report("interval_coverage", figures(found, quick=asked.quick), PACKAGES, as_json=asked.json)


if __name__ == "__main__":
    main()
