"""What the frontier measures of one profile, part by part: attacks on its codes, and a linkage by the real jobs."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from datasets import DataSet
from linkage_job import link_data_set, pairs_at_any_threshold
from privacy_profiles import Profile, toml_text

from encoders.attacks.encoded_people import EncodedPeople, filter_targets
from encoders.attacks.outcome import AttackResult
from encoders.attacks.suite import (
    ALL_FILTERS,
    DENSE,
    RANDOM,
    AttackPlan,
    component_attacks,
    counting_attacks,
    learning_attacks,
    matching_attacks,
    samples,
)
from linkage.exchange.specification import read_specification
from pipelines import simulate
from pipelines.at_source.attack import encoded_people

__all__ = ["FULL", "PARTS", "QUICK", "SMALL", "Feeds", "Measures", "Sizes", "simulated"]

SOURCE = "gp"
LINKING = "linking"


@dataclass(frozen=True)
class Sizes:
    """How much data a run takes, and what the attackers know: few and many seeds, few and many known pairs."""

    linked: int
    attacked: int
    seeds: tuple[int, int]
    known: tuple[int, int]
    matching_people: int = 2_000
    targets: int = 1_000
    dictionary: int = 20_000
    network: bool = True


FULL = Sizes(10_000, 21_500, (20, 100), (1_000, 10_000))
SMALL = Sizes(4_000, 9_000, (20, 100), (1_000, 4_000), matching_people=1_000, dictionary=8_000, network=False)
"""A sixth of the work, for all profiles in a few minutes of processor."""
QUICK = Sizes(200, 500, (10, 20), (50, 100), matching_people=120, targets=100, dictionary=500)

FEW_PAIRS, MANY_PAIRS = "few known pairs, counting", "many known pairs"
DENSE_SEEDS, RANDOM_SEEDS, FEW_SEEDS = "many seeds, dense", "many seeds, random", "few seeds"
PARTS = (FEW_PAIRS, DENSE_SEEDS, LINKING, MANY_PAIRS, RANDOM_SEEDS, FEW_SEEDS)
"""In the order of what they tell for the time that they take."""


@dataclass(frozen=True)
class Feeds:
    """Folders of simulated feeds: children that are linked, and others that are attacked."""

    linked: Path
    attacked: Path


def simulated(folder: Path, sizes: Sizes, seed: int) -> Feeds:
    """Simulate both in a folder."""
    feeds = Feeds(folder / "linked", folder / "attacked")
    simulate.run(feeds.linked, sizes.linked, seed, formats=("csv",))
    simulate.run(feeds.attacked, sizes.attacked, seed + 1, formats=("parquet",))
    return feeds


@dataclass(frozen=True)
class Measures:
    """Measurements of any profile on the same children."""

    feeds: Feeds
    sizes: Sizes
    seed: int
    workers: int = 0

    def of(self, profile: Profile, part: str) -> dict[str, float]:
        """The figures of one of `PARTS`."""
        work = self.feeds.linked.parent / "work"
        try:
            if part == LINKING:
                shutil.copytree(self.feeds.linked, work)
            else:
                work.mkdir()
            specification = work / "spec.toml"
            specification.write_text(toml_text(profile.document), encoding="utf-8")
            return _linked(work) if part == LINKING else self._attacked(specification, part)
        finally:
            shutil.rmtree(work)

    def _attacked(self, specification: Path, part: str) -> dict[str, float]:
        people = encoded_people(
            self.feeds.attacked / f"{SOURCE}.parquet",
            read_specification(specification),
            SOURCE,
            specification,
        )
        rates = {"bytes a record": float(people.words.shape[1] * 8 + 18)}
        for result in self._attacks(people, part):
            if (figure := _figure_of(result)) is not None:
                rates[figure] = max(rates.get(figure, 0.0), result.rate)
        return rates

    def _attacks(self, people: EncodedPeople, part: str) -> Iterator[AttackResult]:
        rng, sizes = np.random.default_rng(self.seed), self.sizes
        plan = AttackPlan(
            matching_people=sizes.matching_people,
            targets=sizes.targets,
            dictionary=sizes.dictionary,
            each_filter=False,
            workers=self.workers,
        )
        if part in (DENSE_SEEDS, RANDOM_SEEDS, FEW_SEEDS):
            plan = replace(plan, seeds=(sizes.seeds[part != FEW_SEEDS],))
            yield from matching_attacks(_sampled(people, part, plan, rng), plan, rng)
            return
        # With ten times the pairs a network takes minutes, and named fewer than the ridge where it was tried.
        few = part == FEW_PAIRS
        yield from learning_attacks(
            people, replace(plan, known=(sizes.known[not few],), network=few and sizes.network), rng
        )
        if few:
            yield from counting_attacks(people, rng)
            yield from component_attacks(people, rng)


def _sampled(people: EncodedPeople, part: str, plan: AttackPlan, rng: np.random.Generator) -> EncodedPeople:
    """Only the people of one of the two samples, where a part is about that one."""
    if part == FEW_SEEDS:
        return people
    complete = np.flatnonzero(np.logical_and.reduce([t.codes.any(axis=1) for t in filter_targets(people)]))
    drawn = samples(people, complete, plan.matching_people, rng)
    return people.take(drawn.get(DENSE if part == DENSE_SEEDS else RANDOM, drawn[DENSE]))


def _figure_of(result: AttackResult) -> str | None:
    """The figure that an attack counts for; None for attacks that are not judged."""
    if result.attack == "graph matching":
        return (
            f"graph matching, {result.details['seeds']:.0f} seeds" if ALL_FILTERS in result.target else None
        )
    if result.attack.startswith("known pairs"):
        kind = result.attack.removeprefix("known pairs").removesuffix(", ridge")
        return f"known pairs, {result.details['known']:,.0f}{kind}"
    if result.attack == "frequency alignment":
        # What cohort tokens tell is a risk of its own, which a specification accepts by name; it is the same for all.
        return "frequency, cohorts" if result.target.startswith("cohort.") else "frequency"
    return "components" if result.attack == "component sizes" else None


def _linked(work: Path) -> dict[str, float]:
    linked = link_data_set(DataSet("children", work, ("school", "gp", "benefits")))
    pairs = pairs_at_any_threshold(linked)
    twins = linked.evaluation.by_group.get("twin", {}).get("True")
    return {
        "F1": linked.evaluation.pairs.f1,
        "best F1": pairs.curve.best[1].f1,
        "ceiling F1": pairs.ceiling_f1,
        "precision among twins": twins.precision if twins else math.nan,
        "pairs a second": linked.summary.pairs_compared / max(linked.seconds["link, processor"], 1e-3),
    }
