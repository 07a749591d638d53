"""Keys rotate and the children outlive them, by the commands: rotate, encode, translate, init --after, nightly."""

import csv
import dataclasses
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from project_on_disk import SOURCES, Project

from cli import main
from linkage.index import open_index, open_published
from pipelines.at_source import translate

RECIPIENT = """
[recipients.research]
asks_about = []
sees = ["school", "gp", "benefits"]
sees_records = ["school", "gp", "benefits"]
may_export = true

[breaker]
fewest_records = 100
"""
WHO = ("--by", "dpo", "--reason", "decision 7")


def run(*arguments: object, status: int = 0):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.stderr
    return result


def run_json(*arguments: object):
    return json.loads(run(*arguments, "--json").stdout)


@dataclass(frozen=True)
class Rotated:
    """A project before and after a rotation; names are the sources' own record ids."""

    project: Project
    later: Path
    new: Path
    told: dict

    def named(self, epoch: int) -> dict[tuple[str, str], str]:
        """The sources' own id of each record of an epoch."""
        found = {}
        for path in (self.project.folder / "feeds").glob("*.record_ids*.parquet"):
            mark = pq.read_schema(path).metadata[b"childindex.key"].decode()
            if mark.startswith(f"epoch-{epoch}-"):
                table = pd.read_parquet(path)
                keys = zip(table["source"], table["record_id"], strict=True)
                found |= dict(zip(keys, table["feed_record_id"], strict=True))
        return found

    def children(self, epoch: int) -> dict[frozenset[tuple[str, str]], str]:
        """The id of each child that is shown, by its records."""
        index, names = self.project.index if epoch == 1 else self.new, self.named(epoch)
        rows = open_published(index).export().read_all().to_pandas()
        rows["name"] = [
            (source, names[source, record])
            for source, record in zip(rows["source"], rows["record_id"], strict=True)
        ]
        return {frozenset(group): child for child, group in rows.groupby("child_id")["name"]}

    def export(self, epoch: int, out: Path) -> dict[str, set[tuple[str, str]]]:
        """What the recipient sees: own ids by pseudonym."""
        index = self.project.index if epoch == 1 else self.new
        options = ("--recipient", "research", "--keys", self.project.unit_keys)
        run("export", index, *options, "--purpose", "study", "--requester", "team", "--out", out)
        names, seen = self.named(epoch), {}
        for row in pd.read_parquet(out).itertuples():
            seen.setdefault(row[1], set()).add((row.source, names[row.source, row.record_id]))
        return seen


def arrive(project: Project, name: str, packages: list[Path]) -> Path:
    inbox = project.folder / name
    inbox.mkdir()
    for package in packages:
        shutil.copy(package, inbox)
    return inbox


@pytest.fixture(scope="module")
def before(encoded: Project, tmp_path_factory):
    """An index in which a child is shielded, two are severed, and a record was erased; both keys are there."""
    project = encoded.copy(tmp_path_factory.mktemp("rotation"))
    project.spec.write_text(project.spec.read_text() + RECIPIENT)
    run("init", project.index, "--spec", project.spec)
    inbox = arrive(project, "inbox", [project.package(source) for source in SOURCES])
    nightly = ("nightly", project.index, inbox, "--keys", project.unit_keys)
    run(*nightly)
    rows = open_published(project.index).export().read_all().to_pandas()
    whole = rows.groupby("child_id").filter(lambda group: len(group) == 3 and group["source"].nunique() == 3)
    picked = [group for _, group in whole.groupby("child_id")][:3]
    shielded, severed, erased = ([tuple(row) for row in g[["source", "record_id"]].values] for g in picked)
    run("shield", project.index, *shielded[0], *WHO)
    run("separate", project.index, *severed[0], *severed[1], "--severed", *WHO)
    proof = project.folder / "proof.json"
    run("erase", project.index, *erased[0], "--keys", project.unit_keys, "--proof", proof, *WHO)
    run(*nightly)
    run("keys", "rotate", "--keys", project.keys("school"))
    for source in ("gp", "benefits"):
        shutil.copy(project.keys("school") / "project.epoch-2.key", project.keys(source))
    later = project.folder / "spec-2.toml"
    later.write_text(re.sub(r"^epoch = 1\b", "epoch = 2", project.spec.read_text(), flags=re.MULTILINE))
    for source in SOURCES:
        common = ("--source", source, "--spec", later, "--keys", project.keys(source))
        run("encode", project.feed(source), *common, "--out", project.folder / "packages" / f"{source}-2.cip")
        maps = sorted((project.folder / "feeds").glob(f"{source}.record_ids*.parquet"))
        run("translate", *maps, *common, "--out", project.folder / "packages" / f"{source}-ids.cip")
    return project, later, {"shielded": shielded, "severed": severed, "erased": erased[0]}


def translations(project: Project, *sources: str) -> list[object]:
    chosen = sources or SOURCES
    return [part for s in chosen for part in ("--translation", project.folder / "packages" / f"{s}-ids.cip")]


def init_after(project: Project, later: Path, new: Path, *options: object, status: int = 0, by: str = "dpo"):
    asked = ("--after", project.index, "--keys", project.unit_keys, "--by", by)
    return run("init", new, "--spec", later, *asked, *options, "--json", status=status)


@pytest.fixture(scope="module")
def rotated(before):
    project, later, _ = before
    new = project.folder / "index-2"
    told = json.loads(init_after(project, later, new, *translations(project)).stdout)
    inbox = arrive(
        project, "inbox-2", [project.folder / "packages" / f"{source}-2.cip" for source in SOURCES]
    )
    run("nightly", new, inbox, "--keys", project.unit_keys)
    return Rotated(project, later, new, told)


def test_children_keep_their_ids(rotated):
    old, new = rotated.children(1), rotated.children(2)
    same = old.keys() & new.keys()
    assert len(same) > 0.9 * len(old)
    assert all(old[records] == new[records] for records in same)
    assert rotated.told["left_behind"] == 0
    assert rotated.told["taken_over"]["unknown"] == {}


def test_a_recipient_calls_a_child_as_before(rotated, tmp_path):
    old, new = rotated.export(1, tmp_path / "1.parquet"), rotated.export(2, tmp_path / "2.parquet")
    assert len(old.keys() & new.keys()) > 0.9 * len(old)
    assert all(old[child] & new[child] for child in old.keys() & new.keys())


def test_nobody_is_exposed_joined_again_or_back(before, rotated):
    _, _, chosen = before
    old, new = rotated.named(1), rotated.children(2)
    shown = set().union(*new)
    assert not {(source, old[source, record]) for source, record in chosen["shielded"]} & shown
    assert (chosen["erased"][0], old[tuple(chosen["erased"])]) not in shown
    one, other = ((source, old[source, record]) for source, record in chosen["severed"][:2])
    assert not any({one, other} <= child for child in new)
    former = rotated.children(1)
    ids = {child for records, child in former.items() if {one, other} & records}
    # They were taken apart in the old index: each keeps what it got there.
    assert {child for records, child in new.items() if {one, other} & records} <= ids


def test_no_record_id_of_the_old_epoch_is_in_the_new_index(rotated):
    named = list(rotated.named(1))[:40]
    content = [path.read_bytes() for path in rotated.new.rglob("*") if path.is_file()]
    for _, record in named:
        halves = bytes.fromhex(record)[:8], bytes.fromhex(record)[8:]
        needles = [record.encode(), *halves, *(half[::-1] for half in halves)]
        assert not any(needle in held for needle in needles for held in content)


def test_the_log_goes_on_and_runs_of_before_are_known_and_not_undone(rotated):
    run("audit", rotated.new, "--keys", rotated.project.unit_keys)
    entries = [
        json.loads(line)
        for path in sorted((rotated.new / "log").glob("*.log"))
        for line in path.read_text().splitlines()
    ]
    assert [entry["entry"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {"shield", "sever", "erase", "succeed"} <= {entry["kind"] for entry in entries}
    runs = run_json("runs", rotated.new)
    listed = runs["runs"] if isinstance(runs, dict) else runs
    assert [entry["status"] for entry in listed].count("earlier") == 3
    told = run("undo", rotated.new, "1", "--reason", "no", status=3).stderr
    assert "of the index of an earlier epoch" in told


def test_history_reaches_back(rotated):
    old = rotated.children(1)
    child = next(child for records, child in rotated.children(2).items() if records in old)
    events = run_json("history", rotated.new, child)["events"]
    assert events[0]["event"] == "created"
    assert events[0]["earlier_epoch"]


def test_the_breaker_measures_the_first_night_by_the_old_index(rotated):
    with open_index(rotated.new) as index:
        report = next(r for r in reversed(index.runs()) if r.status == "published").metrics
    judged = {figure["figure"]: figure for figure in report["figures"]}
    assert judged["new_children"]["high"] is not None
    assert judged["feed_change"]["high"] is not None


@pytest.mark.parametrize("fault", ["maps mixed up", "a feed is missing"])
def test_the_first_night_is_kept_back(before, tmp_path, monkeypatch, fault):
    project, later, _ = before
    given, sources = translations(project), SOURCES
    if fault == "maps mixed up":
        honest = translate.pack_pairs

        def mixed(pairs):
            return honest(dataclasses.replace(pairs, later=np.roll(pairs.later, 1, axis=0)))

        monkeypatch.setattr(translate, "pack_pairs", mixed)
        given = []
        for source in SOURCES:
            maps = sorted((project.folder / "feeds").glob(f"{source}.record_ids*.parquet"))
            options = ("--source", source, "--spec", later, "--keys", project.keys(source))
            run("translate", *maps, *options, "--out", tmp_path / f"{source}.cip")
            given += ["--translation", tmp_path / f"{source}.cip"]
    else:
        sources = ("school", "gp")
    new, inbox = tmp_path / "new", tmp_path / "inbox"
    init_after(project, later, new, *given)
    inbox.mkdir()
    for source in sources:
        shutil.copy(project.folder / "packages" / f"{source}-2.cip", inbox)
    told = run("nightly", new, inbox, "--keys", project.unit_keys, status=4).stderr
    assert ("merged_children" if fault == "maps mixed up" else "feed_change of benefits") in told


def test_a_decision_in_the_old_index_alone_is_warned_of(rotated, tmp_path):
    old = shutil.copytree(rotated.project.index, tmp_path / "old")
    new = shutil.copytree(rotated.new, tmp_path / "new")
    asked = [(index, *next(iter(rotated.named(epoch)))) for index, epoch in ((old, 1), (new, 2))]
    warned = [run_json("shield", *subject, *WHO).get("warning", "") for subject in asked]
    assert "does not know of this decision" in warned[0]
    assert not warned[1]
    assert "warning: on 20" in run("unshield", *asked[0], *WHO).stdout
    assert "warning" not in run("expire", old).stdout


def test_another_key_of_the_same_epoch_is_refused(before, rotated, tmp_path):
    project, later, _ = before
    shutil.copytree(project.keys("gp"), tmp_path / "keys")
    (tmp_path / "keys" / "project.epoch-2.key").unlink()
    run("keys", "rotate", "--keys", tmp_path / "keys")
    package = tmp_path / "gp.cip"
    options = (
        "--source",
        "gp",
        "--spec",
        later,
        "--keys",
        tmp_path / "keys",
        "--id-map",
        tmp_path / "map.parquet",
    )
    run("encode", project.feed("gp"), *options, "--out", package)
    new = tmp_path / "new"
    init_after(project, later, new, *translations(project))
    told = run("load", new, package, "--keys", project.unit_keys, status=3).stderr
    assert "key check" in told


def test_a_lost_decision_stops_it_until_somebody_gives_it_up(before, tmp_path):
    project, later, chosen = before
    new = tmp_path / "new"
    given = translations(project, "gp", "benefits")
    told = init_after(project, later, new, *given, status=3).stderr
    assert "shielded of school" in told
    assert not new.exists()
    listed = tmp_path / "new.untranslated.csv"
    with listed.open() as file:
        rows = list(csv.DictReader(file))
    assert {"shielded", "source"} <= {row["decision"] for row in rows}
    record = next(record for source, record in chosen["shielded"] if source == "school")
    assert {"decision": "shielded", "source": "school", "record_id": record, "live": "yes"} in rows
    left = ("--without", listed, "--reason", "the school cannot say")
    assert "--reason" in init_after(project, later, new, *given, *left[:2], status=3).stderr
    some = tmp_path / "some.csv"
    some.write_text("".join(listed.read_text().splitlines(keepends=True)[:-1]))
    init_after(project, later, new, *given, "--without", some, *left[2:], status=3)
    made = json.loads(init_after(project, later, new, *given, *left).stdout)
    assert made["left_behind"] == len(rows)
    kinds = [json.loads(line)["kind"] for line in next((new / "log").glob("*.log")).read_text().splitlines()]
    assert kinds.count("leave behind") == len(rows)
    assert run_json("audit", new, "--about", "school", record, "--keys", project.unit_keys)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("same epoch", "expected an epoch after 1"),
        ("twice", "a second translation of source"),
        ("snapshot", "expected translation, found snapshot"),
        ("nobody", "--by: say who orders it"),
        ("open run", "run 3 is open"),
    ],
)
def test_what_does_not_check_is_refused_and_leaves_nothing(before, tmp_path, change, fault):
    project, later, _ = before
    given, spec, by = translations(project), later, "dpo"
    if change == "same epoch":
        spec = project.spec
    elif change == "twice":
        given = [*given, *given[:2]]
    elif change == "snapshot":
        given = ["--translation", project.folder / "packages" / "school-2.cip"]
    elif change == "nobody":
        by = ""
    else:
        project = project.copy(tmp_path / "project")
        with open_index(project.index) as index:
            assert index.begin_run() == 3
    new = tmp_path / "new"
    assert fault in init_after(project, spec, new, *given, status=3, by=by).stderr
    assert [path.name for path in tmp_path.iterdir()] in ([], ["project"])
