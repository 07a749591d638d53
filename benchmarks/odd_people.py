"""Does it do well on people who are odd: many twins, families with one number, initials, years for dates.

Two feeds of made-up people with families, one thing odd each time, linked with a filter a field, or with the private
profile (`--profile private`), under a specification that `spec new --feed` drafts and nobody corrects. Nothing in the
software is tuned to them: each shape once went wrong, most of them without a warning.

Figures
-------
own threshold, best threshold
    F1 of single links.
F1, precision of the children
    Of the published partition.
calibration error
    Expected, of the posteriors, ten bins.
number of warnings
    What the model says by itself; the words are on standard error.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import DataSet
from linkage_job import link_data_set, pairs_at_any_threshold
from reporting import Figure, arguments, print_report

from pipelines import specification
from pipelines.simulation.lists.listed_names import common_forenames, common_surnames
from pipelines.simulation.lists.origins import BRITISH, ORIGINS

Frame = pd.DataFrame
Generator = np.random.Generator
Oddity = Callable[[Frame, Frame, Generator], tuple[Frame, Frame]]

PEOPLE, QUICK_PEOPLE = 3_000, 300
HELD = 0.7
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))
PLACE = ["address", "postcode", "town"]
HOME = ["surname", *PLACE]
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb")


def _drawn(names: list[str], n: int, rng: Generator) -> np.ndarray:
    weights = 1 / np.arange(1, len(names) + 1) ** 0.8
    return rng.choice(np.array(names, dtype=object), n, p=weights / weights.sum())


def homes(n: int, rng: Generator) -> Frame:
    """Places, three homes a street on average; a street has one postcode."""
    n_streets = max(n // 3, 3)
    street = rng.integers(0, n_streets, n)
    towns = np.array(
        [f"Town {name}" for name in ("Ash", "Birk", "Corn", "Dale", "Elm", "Fern", "Gorse")], object
    )
    return pd.DataFrame(
        {
            "address": [f"{rng.integers(1, 90)} {LETTERS[one % 26]}{one}ton Road" for one in street],
            "postcode": [
                f"A{one % 26 + 1} {one // 26 % 10}{chr(65 + one % 24)}{chr(65 + one // 9 % 24)}"
                for one in street
            ],
            "town": towns[street % len(towns)],
        }
    )


def people(n: int, rng: Generator) -> Frame:
    """Two in three live in families of two or three who share a surname and a home."""
    sex = rng.choice(["M", "F"], n)
    boys, girls = (common_forenames(ORIGINS[BRITISH], number) for number in (0, 1))
    family = np.sort(rng.integers(0, int(0.6 * n), n))
    born = np.datetime64("1950-01-01") + rng.integers(0, 60 * 365, n).astype("timedelta64[D]")
    everybody = pd.DataFrame(
        {
            "entity": np.arange(n),
            "family": family,
            "forename": np.where(sex == "M", _drawn(boys, n, rng), _drawn(girls, n, rng)),
            "surname": _drawn(common_surnames(ORIGINS[BRITISH]), n, rng),
            "birth_date": born.astype(str),
            "sex": sex,
        }
    )
    everybody = pd.concat([everybody, homes(n, rng)], axis=1)
    everybody[HOME] = everybody.groupby("family")[HOME].transform("first")
    everybody["nhs_number"] = None
    return everybody


def recorded(everybody: Frame, rng: Generator) -> Frame:
    """What one feed holds: a tenth moved, some letters and days are wrong, some values missing."""
    feed = everybody[rng.random(len(everybody)) < HELD].sample(frac=1, random_state=int(rng.integers(2**31)))
    feed = feed.reset_index(drop=True)
    moved = rng.random(len(feed)) < 0.1
    feed.loc[moved, PLACE] = homes(int(moved.sum()), rng).to_numpy()
    for field, share in (("forename", 0.06), ("surname", 0.05), ("birth_date", 0.03), ("address", 0.08)):
        hit = rng.random(len(feed)) < share
        feed.loc[hit, field] = [_mistyped(value, rng) for value in feed.loc[hit, field]]
    for field in ("birth_date", "sex", "postcode", "address", "town"):
        feed.loc[rng.random(len(feed)) < 0.02, field] = None
    return feed


def _mistyped(value: str, rng: Generator) -> str:
    if value[:1].isdigit() and value.count("-") == 2:
        return f"{value[:8]}{rng.integers(1, 29):02}"
    place = int(rng.integers(len(value)))
    return value[:place] + str(rng.choice(LETTERS)) + value[place + 1 :]


def _to_all(change: Callable[[Frame], Frame]) -> Callable[[Frame, Generator], Frame]:
    return lambda everybody, _: change(everybody)


def twins(everybody: Frame, rng: Generator) -> Frame:
    """In three families of ten the first two are born on one day."""
    second = everybody.groupby("family").cumcount() == 1
    chosen = rng.random(int(everybody["family"].max()) + 1)[everybody["family"]] < 0.3
    first = everybody.groupby("family")["birth_date"].transform("first")
    return everybody.assign(birth_date=everybody["birth_date"].where(~(second & chosen), first))


def namesakes(everybody: Frame, rng: Generator) -> Frame:
    """In three families of ten the second has the name and sex of the first."""
    second = everybody.groupby("family").cumcount() == 1
    chosen = rng.random(int(everybody["family"].max()) + 1)[everybody["family"]] < 0.3
    named = everybody.groupby("family")[["forename", "sex"]].transform("first")
    return everybody.assign(
        forename=everybody["forename"].where(~(second & chosen), named["forename"]),
        sex=everybody["sex"].where(~(second & chosen), named["sex"]),
    )


def numbers(everybody: Frame, rng: Generator) -> Frame:
    """Everybody has a number; three families of ten have that of the first of them."""
    drawn = pd.Series([_nhs_number(rng) for _ in range(len(everybody))])
    shared = rng.random(int(everybody["family"].max()) + 1)[everybody["family"]] < 0.3
    return everybody.assign(
        nhs_number=drawn.where(~shared, drawn.groupby(everybody["family"]).transform("first"))
    )


def _nhs_number(rng: Generator) -> str:
    while True:
        digits = rng.integers(0, 10, 9)
        check = (11 - int((digits * np.arange(10, 1, -1)).sum()) % 11) % 11
        if check < 10:
            return "".join(map(str, digits)) + str(check)


def initials(a: Frame, b: Frame, _rng: Generator) -> tuple[Frame, Frame]:
    """The second feed has initials for forenames."""
    return a, b.assign(forename=b["forename"].str[:1])


def swapped(a: Frame, b: Frame, rng: Generator) -> tuple[Frame, Frame]:
    """Forename and surname are swapped in one record of five, and there is no place."""
    for feed in (a, b):
        hit = rng.random(len(feed)) < 0.2
        feed.loc[hit, ["forename", "surname"]] = feed.loc[hit, ["surname", "forename"]].to_numpy()
    return a.drop(columns=[*PLACE, "sex"]), b.drop(columns=[*PLACE, "sex"])


def years(a: Frame, b: Frame, _rng: Generator) -> tuple[Frame, Frame]:
    """Years for birth dates in both feeds."""
    a, b = (feed.assign(birth_date=feed["birth_date"].str[:4]) for feed in (a, b))
    return a, b


def _middle_names(feed: Frame) -> pd.Series:
    """A middle name for seven in ten, the same in every feed."""
    names = common_forenames(ORIGINS[BRITISH], 0)
    return feed["entity"].map(lambda one: names[one * 7919 % len(names)] if one % 10 < 7 else "")


def whole_names(a: Frame, b: Frame, _rng: Generator) -> tuple[Frame, Frame]:
    """The second feed has "SURNAME, Forename Middle" in one column."""
    whole = b["surname"].str.upper() + ", " + b["forename"] + " " + _middle_names(b)
    return a, b.assign(full_name=whole.str.strip()).drop(columns=["forename", "surname"])


def all_forenames(a: Frame, b: Frame, _rng: Generator) -> tuple[Frame, Frame]:
    """The second feed has all forenames in one column, the first feed the first one."""
    return a, b.assign(forename=(b["forename"] + " " + _middle_names(b)).str.strip())


def without(*fields: str) -> Oddity:
    """Both feeds lack these fields."""
    return lambda a, b, _: (a.drop(columns=list(fields)), b.drop(columns=list(fields)))


def _as_they_are(a: Frame, b: Frame, _rng: Generator) -> tuple[Frame, Frame]:
    return a, b


SHAPES: dict[str, tuple[Callable[[Frame, Generator], Frame], Oddity]] = {
    "nothing odd": (_to_all(lambda everybody: everybody), _as_they_are),
    "twins in three families of ten": (twins, _as_they_are),
    "parent and child of one name in three families of ten": (namesakes, _as_they_are),
    "one number in three families of ten": (numbers, _as_they_are),
    "initials in one feed": (_to_all(lambda everybody: everybody), initials),
    "names swapped in one record of five, no place": (_to_all(lambda everybody: everybody), swapped),
    "years for birth dates": (_to_all(lambda everybody: everybody), years),
    "no birth date": (_to_all(lambda everybody: everybody), without("birth_date")),
    "surname and place only": (
        _to_all(lambda everybody: everybody),
        without("forename", "birth_date", "sex"),
    ),
    "whole names in one feed": (_to_all(lambda everybody: everybody), whole_names),
    "all forenames in one feed": (_to_all(lambda everybody: everybody), all_forenames),
}


def laid_out(name: str, folder: Path, seed: int, profile: str, *, quick: bool) -> DataSet:
    """Feeds, truth and the drafted specification."""
    rng = np.random.default_rng([seed, list(SHAPES).index(name)])
    of_people, of_feeds = SHAPES[name]
    everybody = of_people(people(QUICK_PEOPLE if quick else PEOPLE, rng), rng)
    feeds = dict(
        zip(("a", "b"), of_feeds(recorded(everybody, rng), recorded(everybody, rng), rng), strict=True)
    )
    truth = []
    for source, feed in feeds.items():
        ids = [f"{source}{row}" for row in range(len(feed))]
        feed.drop(columns=["entity", "family"]).assign(record_id=ids).to_csv(
            folder / f"{source}.csv", index=False
        )
        truth.append(pd.DataFrame({"source": source, "record_id": ids, "entity_id": feed["entity"]}))
    pd.concat(truth).to_parquet(folder / "truth.parquet", index=False)
    paths = {source: folder / f"{source}.csv" for source in feeds}
    specification.new(folder / "spec.toml", profile, None, paths)
    return DataSet(name, folder, tuple(feeds))


def measured(name: str, seed: int, profile: str, *, quick: bool) -> dict[str, float]:
    """Link a shape as a user would, and hold it against the truth."""
    with tempfile.TemporaryDirectory(prefix="childindex-odd-") as folder:
        linked = link_data_set(laid_out(name, Path(folder), seed, profile, quick=quick))
        pairs, children = pairs_at_any_threshold(linked), linked.evaluation.pairs
    for warning in linked.summary.warnings:
        print(f"{name}: the model warns: {warning}", file=sys.stderr, flush=True)
    return {
        "own threshold": pairs.curve.at(pairs.threshold).f1,
        "best threshold": pairs.curve.best[1].f1,
        "F1 of the children": children.f1,
        "precision of the children": children.precision,
        "calibration error": pairs.calibration.calibration_error,
        "number of warnings": len(linked.summary.warnings),
    }


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--only", nargs="+", choices=list(SHAPES), help="these shapes")
    parser.add_argument("--profile", choices=list(specification.PROFILES), default="reference")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    figures: list[Figure] = []
    for name in asked.only or (list(SHAPES)[:2] if asked.quick else SHAPES):
        runs = [
            measured(name, seed, asked.profile, quick=asked.quick)
            for seed in (asked.seeds[:1] if asked.quick else asked.seeds)
        ]
        figures += [Figure(f"{name}: {figure}", "", [run[figure] for run in runs]) for figure in runs[0]]
    print_report("odd_people", figures, PACKAGES, as_json=asked.json)


if __name__ == "__main__":
    main()
