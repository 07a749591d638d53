"""A sealed question about one child: encoded at the source, answered at the unit, stored nowhere."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from project_on_disk import Project

from linkage.index import open_index, open_published
from pipelines.at_source import encode
from pipelines.at_unit import adopt
from pipelines.at_unit.recipients import Asking

RECIPIENTS = """
[recipients.care]
asks_about = ["school"]
sees = ["school", "gp", "benefits"]
may_ask = true
knows_shielded = true

[recipients.health]
asks_about = ["school"]
sees = ["gp"]
"""
WHO = ("--purpose", "referral 5", "--requester", "duty desk")


@pytest.fixture(scope="module")
def project(linked: Project, tmp_path_factory) -> Project:
    project = linked.copy(tmp_path_factory.mktemp("asked"))
    project.spec.write_text(project.spec.read_text() + RECIPIENTS)
    adopt.run(project.index, project.spec, Asking(requester="registrar", purpose="agreement 4"))
    return project


def rows_of(project: Project) -> list[dict[str, str]]:
    with project.feed("school").open(newline="") as file:
        return list(csv.DictReader(file))


def question(project: Project, tmp_path: Path, rows: list[dict[str, str]], name: str = "met") -> Path:
    """Seal some rows of the school as a question, under record ids that nobody has."""
    feed, package = tmp_path / f"{name}.csv", tmp_path / f"{name}.cip"
    with feed.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"pupil_ref": f"visitor-{number}"} for number, row in enumerate(rows))
    encode.run(project.job("school", feed=feed, out=package, kind="question"))
    return package


@pytest.fixture
def ask(run_command, project: Project):
    def run(package: Path, recipient: str = "care", where: Path | None = None):
        options = ("--recipient", recipient, *WHO, "--keys", project.unit_keys, "--json")
        return run_command("ask", where or project.index, package, *options)

    return run


def unit_ids(project: Project) -> dict[str, str]:
    rows = pq.read_table(project.id_map("school")).to_pylist()
    return {row["feed_record_id"]: row["record_id"] for row in rows}


def test_a_child_that_is_known(ask, project: Project, tmp_path) -> None:
    published, ids = open_published(project.index), unit_ids(project)
    told = 0
    for row in rows_of(project)[:5]:
        child = published.lookup("school", bytes.fromhex(ids[row["pupil_ref"]]))
        result = ask(question(project, tmp_path, [row], row["pupil_ref"].replace("/", "-")))
        if result.exit_code == 0:
            told += 1
            answer = json.loads(result.stdout)
            assert set(answer["sources"]) == {record.source for record in child.records}
    assert told >= 3


def test_the_question_leaves_no_trace_but_in_the_log(ask, run_command, project: Project, tmp_path) -> None:
    before = sorted((str(path), path.stat().st_size) for path in (project.index / "columns").rglob("*"))
    n = json.loads(run_command("audit", project.index, "--json").stdout)["entries"]
    package = question(project, tmp_path, rows_of(project)[:1])
    assert ask(package).exit_code in (0, 3)
    assert json.loads(run_command("audit", project.index, "--json").stdout)["entries"] == n + 1
    after = sorted((str(path), path.stat().st_size) for path in (project.index / "columns").rglob("*"))
    assert before == after


def test_it_is_answered_while_somebody_writes(ask, project: Project, tmp_path) -> None:
    package = question(project, tmp_path, rows_of(project)[1:2])
    with open_index(project.index):
        assert ask(package).exit_code in (0, 3)


def test_near_a_shielded_child_nothing_is_told(ask, run_command, project: Project, tmp_path) -> None:
    copy = project.copy(tmp_path / "copy")
    row = rows_of(project)[2]
    arguments = ("shield", copy.index, "school", unit_ids(project)[row["pupil_ref"]])
    assert run_command(*arguments, "--by", "me", "--reason", "order").exit_code == 0
    result = ask(question(project, tmp_path, [row]), where=copy.index)
    assert json.loads(result.stdout) == {"pseudonym": "", "shielded": True, "sources": [], "records": []}


def test_refusals(ask, run_command, project: Project, tmp_path) -> None:
    package = question(project, tmp_path, rows_of(project)[3:4])
    assert "no right to ask with a sealed record" in ask(package, "health").stderr
    assert "no recipient 'police'" in ask(package, "police").stderr
    snapshot = ask(project.package("school"))
    assert snapshot.exit_code == 3
    assert "kind: expected question, found snapshot" in snapshot.stderr
    loaded = run_command("load", project.index, package, "--keys", project.unit_keys)
    assert loaded.exit_code == 3
    assert "kind: expected snapshot or delta, found question" in loaded.stderr
    with pytest.raises(Exception, match="a question is one record, the feed has 2"):
        question(project, tmp_path, rows_of(project)[:2], "two")
    assert not (tmp_path / "two.cip").exists()


def test_a_question_takes_no_place_in_the_chain(project: Project, tmp_path) -> None:
    chains = {path: path.read_bytes() for path in project.keys("school").iterdir() if "chain" in path.name}
    assert chains
    question(project, tmp_path, rows_of(project)[:1])
    assert chains == {path: path.read_bytes() for path in chains}
