"""What people decide, from the command line to what readers see: shielding, separation, known links, quarantine."""

import csv
import json
import re
import shutil

import pyarrow.parquet as pq
import pytest
from project_on_disk import SOURCES, Project

from linkage.index import audit_log, open_index, open_published
from linkage.index.storage.folder import IndexFolder
from pipelines.at_source import encode
from pipelines.at_unit import init, link, load
from pipelines.at_unit.linking.decided_model import DecidedModel

NEAR = 'near = [{ filter = "birth_date", similarity = 0.9, sampled_bits = 20 }]'
DECISION = ("--by", "duty officer", "--reason", "order 17")


@pytest.fixture
def project(linked: Project, tmp_path) -> Project:
    return linked.copy(tmp_path / "project")


def shown(project: Project) -> dict[tuple[str, str], str]:
    """Child by source and record id, as an export tells it."""
    rows = open_published(project.index).export().read_all().to_pylist()
    return {(row["source"], row["record_id"]): row["child_id"] for row in rows}


def a_pair(project: Project) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two records of one child, of different sources."""
    children: dict[str, list[tuple[str, str]]] = {}
    for record, child in shown(project).items():
        children.setdefault(child, []).append(record)
    return next(
        (records[0], records[1])
        for records in children.values()
        if len(records) == 2 and records[0][0] != records[1][0]
    )


def relink(project: Project) -> None:
    link.run(link.LinkJob(project.index))


def test_shield_and_unshield(run_command, project: Project) -> None:
    one, other = a_pair(project)
    result = run_command("shield", project.index, *one, *DECISION)
    assert result.exit_code == 0, result.stderr
    assert not {one, other} & set(shown(project))
    relink(project)
    assert not {one, other} & set(shown(project))
    assert run_command("unshield", project.index, *other, *DECISION).exit_code == 0
    # What stood near the child went into quarantine with the run; the child itself is back.
    assert {one, other} <= set(shown(project))


def in_quarantine(run_command, project: Project) -> set[tuple[str, str]]:
    found = json.loads(run_command("quarantine", "list", project.index, "--json").stdout)
    return {(each["source"], each["record_id"]) for each in found}


@pytest.mark.parametrize("near", [False, True], ids=["every pair", "near filters"])
def test_what_comes_near_is_hidden_at_once(run_command, project: Project, near: bool) -> None:
    """All that a full run would put beside it into quarantine, and it stays there when the run is undone."""
    path = project.index / "specification.toml"
    text = re.sub(r"review_bits = [0-9.]+", f"review_bits = {60.0 if near else 30.0}", path.read_text())
    if near:
        text = re.sub(r"every_pair_up_to = \S+", f"every_pair_up_to = 0\n{NEAR}", text)
    path.write_text(text)
    before = shown(project)
    hidden = 0
    for child in sorted(set(before.values()))[:2]:
        told = json.loads(run_command("shield", project.index, child, *DECISION, "--json").stdout)
        assert told["records_marked"]
        hidden += told["quarantined"]
        assert not in_quarantine(run_command, project) & set(shown(project))
    assert hidden
    found = in_quarantine(run_command, project)
    link.run(link.LinkJob(project.index))
    assert in_quarantine(run_command, project) == found
    assert run_command("undo", project.index, 2, "--reason", "test").exit_code == 0
    assert in_quarantine(run_command, project) == found
    assert not found & set(shown(project))
    # A record id that a table would break could not be copied into the decision.
    listed = run_command("quarantine", "list", project.index).stdout
    assert all(f"{source} {record_id}\n" in listed for source, record_id in found)
    child = min(set(before.values()))
    lifted = run_command("unshield", project.index, child, *DECISION).stdout
    assert "hidden until somebody decides" in lifted
    assert in_quarantine(run_command, project) == found


def test_shield_by_child_id(run_command, project: Project) -> None:
    one, other = a_pair(project)
    assert run_command("shield", project.index, shown(project)[one], *DECISION).exit_code == 0
    assert not {one, other} & set(shown(project))


def test_separate_survives_every_run(run_command, project: Project) -> None:
    one, other = a_pair(project)
    before = shown(project)[one]
    result = run_command("separate", project.index, *one, *other, "--severed", *DECISION)
    assert result.exit_code == 0, result.stderr
    assert not {one, other} & set(shown(project))
    relink(project)
    after = shown(project)
    assert len({after[one], after[other], before}) == 3
    assert run_command("lookup", project.index, *one).exit_code == 0
    assert run_command("history", project.index, before).exit_code == 3


def test_join(run_command, project: Project) -> None:
    children = shown(project)
    alone = [record for record, child in children.items() if list(children.values()).count(child) == 1]
    one = next(record for record in alone if record[0] == "school")
    other = next(record for record in alone if record[0] == "gp")
    assert run_command("join", project.index, *one, *other, *DECISION).exit_code == 0
    refused = run_command("separate", project.index, *one, *other, *DECISION)
    assert refused.exit_code == 3
    assert "lift that first, with `childindex join INDEX ... --lift`" in refused.stderr
    relink(project)
    assert shown(project)[one] == shown(project)[other]
    assert run_command("join", project.index, *one, *other, "--lift", *DECISION).exit_code == 0
    relink(project)
    assert shown(project)[one] != shown(project)[other]


def test_decisions_are_logged_with_who_and_why(run_command, project: Project) -> None:
    one, other = a_pair(project)
    run_command("shield", project.index, *one, *DECISION)
    run_command("separate", project.index, *one, *other, *DECISION)
    log = IndexFolder(project.index).log
    entries = [json.loads(line) for line in (log / "000000000001.log").read_text().splitlines()]
    assert audit_log(log).n_entries == len(entries)
    assert [(entry["kind"], entry["requester"], entry["purpose"]) for entry in entries[-3:]] == [
        ("shield", "duty officer", "order 17"),
        ("separate", "duty officer", "order 17"),
        ("separate", "duty officer", "order 17"),
    ]
    assert one[1] not in (log / "000000000001.log").read_text()


@pytest.mark.parametrize(
    "arguments,message",
    [
        (("shield", "0000000-0000000-000000-0000000"), "no child of that id"),
        (("shield", "0000000-0000000-000000-0000001"), "check character"),
        (("shield", "library", "00" * 16), "no source 'library'"),
        (("shield", "school", "00"), "32 hexadecimal digits"),
        (("unshield", "school", "00" * 16), "not shielded at the unit"),
        (("separate", "school", "00" * 16, "school", "00" * 16), "cannot be paired with itself"),
        (("separate", "school", "00" * 16, "gp"), "expected two child ids"),
        (("quarantine", "release", "school", "00" * 16), "not in quarantine"),
    ],
)
def test_bad_decisions_are_named_and_refused(run_command, linked: Project, arguments, message) -> None:
    split = 2 if arguments[0] == "quarantine" else 1
    result = run_command(*arguments[:split], linked.index, *arguments[split:], *DECISION)
    assert result.exit_code == 3, result.stderr
    assert message in result.stderr


def test_a_decision_needs_who_and_why(run_command, linked: Project) -> None:
    assert run_command("shield", linked.index, "school", "00" * 16, "--by", "me").exit_code == 2
    blank = run_command("shield", linked.index, "school", "00" * 16, "--by", "me", "--reason", " ")
    assert blank.exit_code == 3
    assert "a reason is required" in blank.stderr


# A feed in which a source shields, and a second spelling of the shielded child.


def with_flag(project: Project, shielded: str) -> None:
    """Let the school's feed have a column that says who is shielded."""
    with project.feed("school").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with project.feed("school").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "protected"])
        writer.writeheader()
        writer.writerows(row | {"protected": " YES" if row["pupil_ref"] == shielded else ""} for row in rows)
    flag = '[sources.school]\nshielded = { column = "protected", values = ["yes"] }\n'
    project.spec.write_text(project.spec.read_text().replace("[sources.school]\n", flag))


def a_school_record(project: Project) -> tuple[str, tuple[str, str]]:
    """The school's own id and the unit's id of a record whose child has one other record, at the gp."""
    children = shown(project)
    sources: dict[str, list[str]] = {}
    for (source, _), child in children.items():
        sources.setdefault(child, []).append(source)
    in_gp = {child for child, its in sources.items() if sorted(its) == ["gp", "school"]}
    for row in pq.read_table(project.id_map("school")).to_pylist():
        if children.get(("school", row["record_id"])) in in_gp:
            return row["feed_record_id"], ("school", row["record_id"])
    raise AssertionError


def weight_between(project: Project, records: set[tuple[str, str]]) -> float:
    """The weight of the link between two records."""
    with open_index(project.index) as index:
        live = index.live_rows()
        ids = [row.tobytes().hex() for row in index.record_ids(live.rows)]
        wanted = {record_id for _, record_id in records}
        rows = live.rows[[name in wanted for name in ids]]
        return float(index.links(rows=rows).weights.max())


def test_a_source_shields_in_its_feed_and_near_matches_are_quarantined(
    run_command, linked: Project, tmp_path
) -> None:
    project = linked.copy(tmp_path / "project")
    own, record = a_school_record(project)
    child = shown(project)[record]
    siblings = {other for other, its in shown(project).items() if its == child}
    model = tmp_path / "model.json"
    with open_index(project.index) as index:
        document = next(run.model for run in index.runs() if run.model)
    model.write_text(json.dumps(DecidedModel.from_json(dict(document), origin="run").to_json()))
    # With a threshold that the pair does not reach, what was joined to the child only comes near it.
    far = json.loads(model.read_text())
    far["decision"] = {
        "threshold": weight_between(project, siblings) + 3,
        "objective": "person",
        "expected": {},
    }
    strict = tmp_path / "strict.json"
    strict.write_text(json.dumps(far))

    with_flag(project, own)
    for folder in ("packages", "index"):
        shutil.rmtree(project.folder / folder)
    (project.folder / "packages").mkdir()
    for source in SOURCES:
        encode.run(project.job(source))
    init.run(project.index, project.spec)
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    link.run(link.LinkJob(project.index, model=strict))
    assert not siblings & set(shown(project)), "a record of a shielded child is shown beside it"
    found = json.loads(run_command("quarantine", "list", project.index, "--json").stdout)
    assert found

    # The source alone can end what it began.
    refused = run_command("unshield", project.index, *record, *DECISION)
    assert refused.exit_code == 3

    for name in siblings & {(each["source"], each["record_id"]) for each in found}:
        assert run_command("quarantine", "join", project.index, *name, *DECISION).exit_code == 0
    link.run(link.LinkJob(project.index, model=strict))
    published = open_published(project.index)
    assert {published.lookup(s, bytes.fromhex(r)).child_id for s, r in siblings} == {
        published.lookup(record[0], bytes.fromhex(record[1])).child_id
    }


def test_a_spelling_that_nobody_named_refuses_the_feed(prepared: Project, tmp_path) -> None:
    project = prepared.copy(tmp_path / "project")
    with project.feed("school").open(newline="") as file:
        first = next(csv.DictReader(file))["pupil_ref"]
    with_flag(project, first)
    project.spec.write_text(project.spec.read_text().replace('values = ["yes"]', 'values = ["shielded"]'))
    with pytest.raises(Exception, match="column 'protected', row 1: the value is neither"):
        encode.run(project.job("school"))
