"""Does it do well, and say honestly how well, on data of every kind: small, dirty, sparse, rich in twins.

Simulated children are linked with product defaults: two profiles (attribute-level and private), one, two and three
sources, from some sixty records on, clean and dirty, with few children in common and with many twins. No constant of
the software is tuned to one of them; what counts is the mean, the worst case and whether the stated intervals hold.

Figures
-------
F1 of the children
    Of the published partition, by population; the mean and the worst over all.
own threshold below best
    How far single links at the software's threshold stay below the best threshold, chosen with the truth.
true precision (recall) inside the stated interval
    Share of the populations in which the truth lies inside the 90% interval that `link` states for the children.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from datasets import DataSet, shared_data
from linkage_job import link_data_set, pairs_at_any_threshold
from reporting import Figure, arguments, print_report

from linkage.exchange.specification import default_specification_text
from pipelines import simulate
from pipelines.at_unit.linking.expecting import CHILDREN
from pipelines.simulation.rates import Rates

ALL = ("school", "gp", "benefits")
DIRTY = {
    "forename_misspelt": 0.08,
    "surname_misspelt": 0.07,
    "nickname": 0.08,
    "birth_date_wrong": 0.04,
    "postcode_misspelt": 0.05,
    "missing_postcode": 0.10,
    "missing_nhs_number": 0.30,
    "missing_upn": 0.30,
    "mover": 0.25,
    "surname_change": 0.06,
}
SPARSE = {"in_school": 0.35, "in_gp": 0.30, "in_benefits": 0.20}
KINDS: dict[str, tuple[dict[str, float], tuple[str, ...]]] = {
    "plain": ({}, ALL),
    "dirty": (DIRTY, ALL),
    "few in common": (SPARSE, ALL),
    "many twins": ({"twin": 0.10}, ALL),
    "two sources": ({}, ("school", "gp")),
    "one source, many duplicates": ({"duplicate": 0.10}, ("gp",)),
}
SIZES = (25, 100, 400, 2_000)
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")


@dataclass(frozen=True)
class Population:
    """One problem."""

    kind: str
    profile: str
    children: int
    seed: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.kind}, {self.profile}, {self.children:,}"


@dataclass
class Outcome:
    """What came of it."""

    f1: float
    gap: float
    inside: dict[str, bool] = field(default_factory=dict)


def populations(*, quick: bool) -> Iterator[Population]:
    """Every kind and size under both profiles."""
    for size in SIZES[:1] if quick else SIZES:
        for number, kind in enumerate(list(KINDS)[:1] if quick else KINDS):
            for profile in ("children", "children_private"):
                yield Population(kind, profile, size, 100 * number + size)


def prepared(population: Population, folder: Path) -> DataSet:
    """Feeds, truth and specification of a population."""
    rates, sources = KINDS[population.kind]
    tables = shared_data() / "uk"
    simulate.run(
        folder,
        population.children,
        population.seed,
        tables=tables if tables.is_dir() else None,
        rates=Rates(**rates),
        formats=("csv",),
    )
    truth = pd.read_parquet(folder / "truth.parquet")
    truth[truth["source"].isin(sources)].to_parquet(folder / "truth.parquet")
    text = default_specification_text(population.profile)
    (folder / "spec.toml").write_text(only_sources(text, sources), encoding="utf-8")
    return DataSet(population.kind, folder, sources)


def only_sources(text: str, sources: tuple[str, ...]) -> str:
    """A specification without the sections of other sources."""
    kept, keep = [], True
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]").split(".")
            keep = name[0] != "sources" or name[1] in sources
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def outcome(population: Population) -> Outcome:
    """Link it as a user would, and hold the result and what was said of it against the truth."""
    with tempfile.TemporaryDirectory(prefix="childindex-robustness-") as folder:
        linked = link_data_set(prepared(population, Path(folder) / "data"))
        pairs = pairs_at_any_threshold(linked)
        quality = linked.evaluation.pairs
        stated = linked.summary.expected[CHILDREN]
        inside = {
            name: stated[name]["low"] <= value <= stated[name]["high"]
            for name, value in (("precision", quality.precision), ("recall", quality.recall))
        }
        gap = pairs.curve.best[1].f1 - pairs.curve.at(pairs.threshold).f1
        return Outcome(quality.f1, gap, inside)


def summary(found: dict[Population, Outcome], *, quick: bool) -> list[Figure]:
    """Every population, and what they come to."""
    outcomes = list(found.values())

    def of_all(measure: Callable[[Outcome], float]) -> list[float]:
        return [measure(each) for each in outcomes]

    f1, gap = of_all(lambda each: each.f1), of_all(lambda each: each.gap)
    figures = [Figure(f"{each.name}: F1 of the children", "", [told.f1]) for each, told in found.items()]
    figures += [
        Figure("F1 of the children, mean", "", [sum(f1) / len(f1)]),
        Figure("F1 of the children, worst", "", [min(f1)]),
        Figure("own threshold below best, mean", "", [sum(gap) / len(gap)]),
        Figure("own threshold below best, worst", "", [max(gap)]),
    ]
    for name in ("precision", "recall"):
        held = [told.inside[name] for told in outcomes]
        share = sum(held) / len(held)
        figures.append(Figure(f"true {name} inside the stated interval", "", [share], ">= 0.85", quick))
    return figures


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--most-children", type=int, default=SIZES[-1], help="leave larger populations out")
    asked = parser.parse_args()
    found = {}
    for population in populations(quick=asked.quick):
        if population.children <= asked.most_children:
            found[population] = told = outcome(population)
            print(f"{population.name}: F1 {told.f1:.4f}, {told.inside}", file=sys.stderr, flush=True)
    print_report("robustness", summary(found, quick=asked.quick), PACKAGES, as_json=asked.json)


if __name__ == "__main__":
    main()
