"""Recipients on the command line: rights, own pseudonyms, exports, the log and its audit."""

import json
import re
import stat

import pyarrow.parquet as pq
import pytest
from project_on_disk import Project

from linkage.index import open_published
from pipelines.at_unit import adopt
from pipelines.at_unit.recipients import Asking

RECIPIENTS = """
[recipients.care]
asks_about = ["school", "gp"]
sees = ["school", "gp"]
knows_shielded = true

[recipients.research]
asks_about = []
sees = ["school", "benefits"]
sees_records = ["school"]
may_export = true

[recipients.health]
asks_about = ["gp"]
sees = ["gp", "benefits"]
"""
WHO = ("--purpose", "referral 5", "--requester", "duty desk")


@pytest.fixture(scope="module")
def served(linked: Project, tmp_path_factory) -> Project:
    """An index whose specification names recipients; tests only ask it."""
    project = linked.copy(tmp_path_factory.mktemp("served"))
    project.spec.write_text(project.spec.read_text() + RECIPIENTS)
    adopt.run(project.index, project.spec, Asking(requester="registrar", purpose="agreement 4"))
    return project


def records_in(project: Project, *wanted: str) -> dict[str, str]:
    """Record id by source of a child that exactly these sources know, with one record each."""
    children: dict[str, dict[str, list[str]]] = {}
    for row in open_published(project.index).export().read_all().to_pylist():
        children.setdefault(row["child_id"], {}).setdefault(row["source"], []).append(row["record_id"])
    found = next(
        child
        for child in children.values()
        if set(child) == set(wanted) and all(len(records) == 1 for records in child.values())
    )
    return {source: records[0] for source, records in found.items()}


@pytest.fixture
def ask(run_command, served: Project):
    def lookup(recipient: str, source: str, record_id: str, *more: str, who: tuple[str, ...] = WHO):
        arguments = ("--recipient", recipient, *who, "--keys", served.unit_keys, "--json", *more)
        return run_command("lookup", served.index, source, record_id, *arguments)

    return lookup


def test_who_else_works_with_this_child(ask, served: Project) -> None:
    child = records_in(served, "school", "gp", "benefits")
    told = json.loads(ask("care", "school", child["school"]).stdout)
    assert told["sources"] == ["gp", "school"]
    assert told["records"] == []
    assert not told["shielded"]
    same = json.loads(ask("care", "gp", child["gp"]).stdout)
    assert same == told
    other = json.loads(ask("health", "gp", child["gp"]).stdout)
    assert other["sources"] == ["benefits", "gp"]
    assert other["pseudonym"] != told["pseudonym"]


@pytest.mark.parametrize(
    "recipient,source,who,message",
    [
        ("police", "school", WHO, "no recipient 'police'"),
        ("health", "school", WHO, "no right to ask about records of 'school'"),
        ("research", "gp", WHO, "no right to ask"),
        ("care", "school", ("--requester", "duty desk"), "a purpose is required"),
        ("care", "school", ("--purpose", "referral"), "a requester is required"),
    ],
)
def test_without_a_right_nothing_is_told(ask, served: Project, recipient, source, who, message) -> None:
    result = ask(recipient, source, records_in(served, "school", "gp")["school"], who=who)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert message in result.stderr


def test_an_unknown_record_is_named_and_logged(ask, run_command, served: Project) -> None:
    nobody = "5e" * 16  # other tests ask the index that this one is a copy of, but never for this
    assert "published no such record" in ask("care", "school", nobody).stderr
    about = run_command("audit", served.index, "--about", "school", nobody, "--json")
    (entry,) = json.loads(about.stdout)["about"]
    assert (entry["recipient"], entry["outcome"], entry["purpose"]) == ("care", "unknown", "referral 5")


def test_a_shielded_child_fails_closed(ask, run_command, linked: Project, served: Project, tmp_path) -> None:
    project = served.copy(tmp_path / "project")
    child = records_in(project, "school", "gp")
    run_command("shield", project.index, "gp", child["gp"], "--by", "me", "--reason", "order")
    options = (*WHO, "--keys", project.unit_keys, "--json")
    care = run_command("lookup", project.index, "school", child["school"], "--recipient", "care", *options)
    assert json.loads(care.stdout) == {"pseudonym": "", "shielded": True, "sources": [], "records": []}
    health = run_command("lookup", project.index, "gp", child["gp"], "--recipient", "health", *options)
    unknown = run_command("lookup", project.index, "gp", "00" * 16, "--recipient", "health", *options)
    assert (health.exit_code, health.stderr) == (unknown.exit_code, unknown.stderr) == (3, unknown.stderr)


def test_an_export_is_the_recipients_own(run_command, served: Project, tmp_path) -> None:
    out = tmp_path / "children.parquet"
    arguments = (
        "export",
        served.index,
        "--out",
        out,
        "--recipient",
        "research",
        *WHO,
        "--keys",
        served.unit_keys,
    )
    assert run_command(*arguments).exit_code == 0
    table = pq.read_table(out)
    assert set(table["source"].to_pylist()) == {"school"}
    own = {child["child_id"] for child in open_published(served.index).export().read_all().to_pylist()}
    assert not own & set(table["child_id"].to_pylist())
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = run_command(*arguments)
    assert again.exit_code == 3
    assert "--overwrite" in again.stderr
    assert run_command(*arguments, "--overwrite").exit_code == 0
    refused = run_command(
        "export",
        served.index,
        "--out",
        tmp_path / "b.csv",
        "--recipient",
        "care",
        *WHO,
        "--keys",
        served.unit_keys,
    )
    assert refused.exit_code == 3
    assert "no right to an export" in refused.stderr
    assert not (tmp_path / "b.csv").exists()


def test_every_question_is_in_the_log(ask, run_command, served: Project, tmp_path) -> None:
    project = served.copy(tmp_path / "project")
    before = json.loads(run_command("audit", project.index, "--json").stdout)["entries"]
    child = records_in(project, "school", "gp")
    run_command("lookup", project.index, "school", child["school"])
    run_command("export", project.index, "--out", tmp_path / "all.csv")
    run_command("history", project.index, "0000000-0000000-000000-0000000")
    kept = tmp_path / "kept.json"
    signed = run_command("audit", project.index, "--keys", project.unit_keys, "--sign", kept, "--json")
    assert json.loads(signed.stdout)["entries"] == before + 3
    checked = run_command("audit", project.index, "--keys", project.unit_keys, "--checkpoint", kept, "--json")
    assert json.loads(checked.stdout)["entries_after_last_signature"] == 0
    # A line an entry: none is broken in a table.
    told = run_command("audit", project.index, "--about", "school", child["school"]).stdout
    assert re.search(r"^ *[0-9]+  20[0-9-]{8}T[0-9]{2}:[0-9]{2}  lookup  ", told, re.MULTILINE)
    refused = run_command("audit", project.index, "--checkpoint", project.spec)
    assert refused.exit_code == 3
    assert f"{project.spec}: this is not a checkpoint" in refused.stderr


def test_a_log_that_was_touched_is_named(run_command, served: Project, tmp_path) -> None:
    project = served.copy(tmp_path / "project")
    for _ in range(3):
        run_command("lookup", project.index, "school", records_in(project, "school", "gp")["school"])
    kept = tmp_path / "kept.json"
    run_command("audit", project.index, "--keys", project.unit_keys, "--sign", kept)
    log = project.index / "log" / "000000000001.log"
    lines = log.read_bytes().splitlines(keepends=True)
    n = len(lines)

    def audit() -> str:
        result = run_command("audit", project.index, "--checkpoint", kept)
        assert result.exit_code == 3
        return result.stderr

    log.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b"lookup", b"export")]))
    assert f"broken at entry {n}" in audit()
    log.write_bytes(b"".join([*lines[:-2], lines[-1], lines[-2]]))
    assert f"broken at entry {n - 1}" in audit()
    log.write_bytes(b"".join(lines[:-1]))
    assert "ends after entry" in audit()
    for path in (project.index / "log").iterdir():
        path.unlink()
    assert "the end of the log is missing" in audit()


def test_what_counts_only_after_a_fit_is_told(run_command, served: Project, tmp_path) -> None:
    project, stricter = served.copy(tmp_path / "project"), tmp_path / "stricter.toml"
    text = project.spec.read_text(encoding="utf-8")
    assert 'objective = "f1"' in text
    stricter.write_text(text.replace('objective = "f1"', 'objective = "precision"'), encoding="utf-8")
    who = ("--by", "registrar", "--reason", "agreement 5", "--json")
    told = json.loads(run_command("spec", "adopt", project.index, "--spec", stricter, *who).stdout)
    assert told["changed"] == ["decision"]
    assert f"childindex link {project.index} --refit" in told["notes"][0]
    again = json.loads(run_command("spec", "adopt", project.index, "--spec", stricter, *who).stdout)
    assert (again["changed"], again["notes"]) == ([], [])


def test_another_encoding_is_not_adopted(run_command, served: Project, tmp_path) -> None:
    other = tmp_path / "spec.toml"
    who = ("--by", "me", "--reason", "x")
    other.write_text(served.spec.read_text().replace('part = "year_month"', 'part = "year"'))
    assert "encodes otherwise" in run_command("spec", "adopt", served.index, "--spec", other, *who).stderr
    other.write_text(served.spec.read_text().replace("asks_about = []", 'asks_about = ["libary"]'))
    assert "no source 'libary'" in run_command("spec", "adopt", served.index, "--spec", other, *who).stderr
