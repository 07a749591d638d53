"""Leaving the index, on the command line: notices of sources, expiry, erasure with its proof."""

import csv
import hashlib
import json
import os
import shutil
from collections import Counter
from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from project_on_disk import Project, make_keys

from linkage.exchange.canonical import read_canonical, write_canonical
from linkage.exchange.errors import InputRefused
from linkage.exchange.labels import labelled_digest
from linkage.exchange.specification.people import CohortRule
from linkage.exchange.unit_keys import load_unit_public
from linkage.index import open_published
from linkage.index.rules.erasure import PROOF_USE
from pipelines.at_source import encode, keys, notice
from pipelines.at_unit import adopt, link
from pipelines.at_unit.recipients import Asking

WHO = ("--by", "dpo", "--reason", "request 3")


@pytest.fixture(scope="module")
def young(linked: Project, tmp_path_factory) -> Project:
    """A project in which children leave at the age of one."""
    project = linked.copy(tmp_path_factory.mktemp("young"))
    project.spec.write_text(project.spec.read_text().replace("\nage = 18\n", "\nage = 1\n"))
    adopt.run(project.index, project.spec, Asking(requester="registrar", purpose="test"))
    return project


@pytest.fixture
def project(young: Project, tmp_path) -> Project:
    return young.copy(tmp_path / "project")


def commonest_month(project: Project) -> str:
    with project.feed("school").open(newline="") as file:
        months = Counter(row["dob"][6:] + "-" + row["dob"][3:5] for row in csv.DictReader(file) if row["dob"])
    return months.most_common(1)[0][0]


def make_notice(project: Project, cohort: str, **changes: object):
    settings = {
        "specification": project.spec,
        "source": "school",
        "keys": project.keys("school"),
        "out": project.folder / "n.json",
    } | changes
    notice.run(cohort=cohort, **settings)
    return settings["out"]


def shown(project: Project) -> set[tuple[str, str]]:
    rows = open_published(project.index).export().read_all().to_pylist()
    return {(row["source"], row["record_id"]) for row in rows}


def test_a_cohort_leaves_by_its_notice(run_command, project: Project) -> None:
    cohort = commonest_month(project)
    out = project.folder / "n.json"
    options = ("--source", "school", "--spec", project.spec, "--keys", project.keys("school"))
    assert run_command("notice", cohort, *options, "--out", out).exit_code == 0
    assert cohort not in out.read_text()
    assert cohort.replace("-", "") not in out.read_text()
    before = shown(project)
    arguments = ("expire", project.index, "--notice", out, "--keys", project.unit_keys, "--json")
    told = json.loads(run_command(*arguments).stdout)
    assert told["children_due"] > 0
    assert not told["applied"]
    assert shown(project) == before
    applied = json.loads(run_command("expire", project.index, "--apply", "--by", "me", "--json").stdout)
    assert applied["children_due"] == told["children_due"]
    assert len(before - shown(project)) == applied["records_due"]
    due = json.loads(run_command("expire", project.index, "--as-of", "2099-01-01", "--json").stdout)
    assert (due["children_due"], due["records_to_purge"]) == (0, applied["records_due"])
    purged = run_command("expire", project.index, "--as-of", "2099-01-01", "--apply", "--by", "me", "--json")
    assert purged.exit_code == 0
    left = json.loads(run_command("expire", project.index, "--as-of", "2099-01-01", "--json").stdout)
    assert left["records_to_purge"] == 0


def test_an_early_notice_is_refused(project: Project) -> None:
    with pytest.raises(InputRefused, match="before 2009-12-01: an earlier notice would tell"):
        make_notice(project, "2008-11", as_of=date(2009, 11, 30))
    for wrong in ("2008", "2008-13", "Nov 2008"):
        with pytest.raises(InputRefused, match="expected a cohort such as 2008-11"):
            make_notice(project, wrong)


@pytest.mark.parametrize(
    "cohort,age,due",
    [
        ("2008-11", 18, date(2026, 12, 1)),
        ("2008-12", 18, date(2027, 1, 1)),
        ("2008-01", 25, date(2033, 2, 1)),
    ],
)
def test_due_dates(cohort: str, age: int, due: date) -> None:
    assert notice.due_date(CohortRule(field="birth_date"), cohort, age) == due
    assert notice.due_date(CohortRule(field="birth_date", part="year"), "2008", 18) == date(2027, 1, 1)


def test_bad_notices_are_named_and_refused(run_command, project: Project, tmp_path) -> None:
    def refusal(path) -> str:
        result = run_command("expire", project.index, "--notice", path, "--keys", project.unit_keys)
        assert result.exit_code == 3
        return result.stderr

    good = make_notice(project, commonest_month(project))
    changed = tmp_path / "changed.json"
    changed.write_text(good.read_text().replace('"age"', '"later_age"'))
    assert "did not sign this notice" in refusal(changed)
    changed.write_text(good.read_text()[:100])
    assert "not a whole expiry notice" in refusal(changed)
    # Another organisation sends notices: neither a huge file nor a pipe in place of one may hold the unit.
    changed.write_bytes(good.read_bytes().strip() + b" " * 10_000 + b"\n")
    assert "not a whole expiry notice" in refusal(changed)
    os.mkfifo(tmp_path / "pipe.json")
    assert "cannot be read (it is not a regular file)" in refusal(tmp_path / "pipe.json")
    nobody = make_notice(project, "1990-01", out=tmp_path / "nobody.json")
    assert "unknown cohort" in refusal(nobody)

    other = Project(tmp_path / "other")
    other.folder.mkdir()
    shutil.copy(project.spec, other.spec)
    make_keys(other)
    foreign = make_notice(
        project, commonest_month(project), keys=other.keys("school"), out=tmp_path / "foreign.json"
    )
    assert "did not sign this notice" in refusal(foreign)
    keys.source("nursery", tmp_path / "nursery-keys")
    unknown = tmp_path / "unknown.json"
    content = read_canonical(good.read_bytes().strip(), at_most=4096)
    unknown.write_bytes(write_canonical(content | {"source": "nursery"}) + b"\n")
    assert "its source is not trusted here" in refusal(unknown)


def test_erasing_leaves_a_signed_proof(run_command, project: Project) -> None:
    record = next(iter(sorted(shown(project))))
    archive = project.index / "archive" / record[0]
    archive.mkdir(parents=True)
    digest = hashlib.sha256(project.package(record[0]).read_bytes()).hexdigest()
    shutil.copy(project.package(record[0]), archive / f"000001-{digest[:16]}.cip")
    shutil.copy(project.package(record[0]), archive / f"000002-{'0' * 16}.cip")
    proof = project.folder / "proof.json"
    arguments = (
        "erase",
        project.index,
        *record,
        "--keys",
        project.unit_keys,
        "--proof",
        proof,
        *WHO,
        "--json",
    )
    result = run_command(*arguments)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    # The one that is loaded, and its copy, which is not and was searched.
    assert (told["records"], told["packages_shredded"]) == (1, 2)
    assert not list(archive.iterdir())
    assert record not in shown(project)

    raw = proof.read_bytes()
    assert record[0].encode() not in raw
    assert record[1].encode() not in raw
    statement = read_canonical(raw.strip(), at_most=4096)
    signature = bytes.fromhex(statement.pop("signature"))
    load_unit_public(project.unit_keys).verifying_key.verify(signature, PROOF_USE, write_canonical(statement))
    subject = labelled_digest(
        "erased subject", bytes.fromhex(statement["nonce"]), record[0], bytes.fromhex(record[1])
    )
    assert statement["subject"] == subject.hex()
    assert "never overwritten" in run_command(*arguments).stderr
    again = run_command(*arguments[:5], project.unit_keys, "--proof", project.folder / "p2.json", *WHO)
    assert again.exit_code == 3
    assert "no such record" in again.stderr
    assert not (project.folder / "p2.json").exists()


def send_again(project: Project, run_command, source: str, sequence: int):
    """The source sends its feed once more, as a snapshot."""
    package = project.folder / f"{source}-{sequence}.cip"
    encode.run(project.job(source, out=package))
    loaded = run_command("load", project.index, package, "--keys", project.unit_keys, "--json")
    assert loaded.exit_code == 0, loaded.stderr
    link.run(link.LinkJob(project.index))
    return json.loads(loaded.stdout)[0]


def test_an_erased_record_stays_away_until_it_is_readmitted(run_command, project: Project) -> None:
    record = next(record for record in sorted(shown(project)) if record[0] == "gp")
    keys = ("--keys", project.unit_keys)
    assert (
        run_command(
            "erase", project.index, *record, *keys, "--proof", project.folder / "p.json", *WHO
        ).exit_code
        == 0
    )
    assert send_again(project, run_command, "gp", 2)["n_kept_out"] == 1
    assert record not in shown(project)
    assert run_command("readmit", project.index, *record, *keys, *WHO).exit_code == 0
    refused = run_command("readmit", project.index, *record, *keys, *WHO)
    assert (refused.exit_code, "not kept out" in refused.stderr) == (3, True)
    assert send_again(project, run_command, "gp", 3)["n_new"] == 1
    assert record in shown(project)
    log = "".join(path.read_text() for path in (project.index / "log").glob("*.log"))
    assert [json.loads(line)["kind"] for line in log.splitlines()][-3:] == ["erase", "readmit", "readmit"]


def test_refused_packages_are_searched(run_command, project: Project) -> None:
    """One that holds the record or does not open is made unreadable, another source's is left."""
    record = next(record for record in sorted(shown(project)) if record[0] == "gp")
    refused = project.index / "refused"
    refused.mkdir()
    for name, source in (("mine", "gp"), ("other", "school")):
        shutil.copy(project.package(source), refused / f"{name}.cip")
    (refused / "broken.cip").write_bytes(project.package("gp").read_bytes()[:-1])
    options = ("--keys", project.unit_keys, "--proof", project.folder / "p.json", *WHO, "--json")
    told = json.loads(run_command("erase", project.index, *record, *options).stdout)
    assert told["packages_shredded"] == 2
    assert [path.name for path in refused.iterdir()] == ["other.cip"]


def test_what_lies_deeper_in_the_index_is_searched_too(run_command, project: Project) -> None:
    """A folder that was called like a package, and the half copy that a killed night left."""
    record = next(record for record in sorted(shown(project)) if record[0] == "gp")
    folder, archive = project.index / "refused" / "night-unreadable.cip", project.index / "archive" / "gp"
    folder.mkdir(parents=True)
    archive.mkdir(parents=True)
    shutil.copy(project.package("gp"), folder / "gp.cip")
    shutil.copy(project.package("school"), folder / "school.cip")
    (archive / ".000001-0123.cip.partial").write_bytes(project.package("gp").read_bytes()[:4000])
    options = ("--keys", project.unit_keys, "--proof", project.folder / "p.json", *WHO, "--json")
    result = run_command("erase", project.index, *record, *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["packages_shredded"] == 2
    assert [path.name for path in folder.iterdir()] == ["school.cip"]
    assert not list(archive.iterdir())


class Listener:
    """Notes the stages that a command tells of: name, total, and how far it came."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        Listener.last = self
        self.stages: list[list] = []

    @contextmanager
    def stage(self, name: str, *, total: int | None = None, unit: str = "records"):  # noqa: ARG002
        told = [name, total, 0]
        self.stages.append(told)
        yield SimpleNamespace(reach=lambda done: told.__setitem__(2, done))


def test_erasing_and_expiring_tell_how_far_they_are(run_command, project: Project, monkeypatch) -> None:
    monkeypatch.setattr("pipelines.commands.lifecycle.terminal_progress", Listener)
    record = next(record for record in sorted(shown(project)) if record[0] == "gp")
    refused = project.index / "refused"
    refused.mkdir()
    for name, source in (("mine", "gp"), ("other", "school")):
        shutil.copy(project.package(source), refused / f"{name}.cip")
    options = ("--keys", project.unit_keys, "--proof", project.folder / "p.json", *WHO, "--quiet")
    assert run_command("erase", project.index, *record, *options).exit_code == 0
    assert Listener.last.quiet
    assert Listener.last.stages == [
        ["search packages", 2, 2],
        ["shred packages", 1, 1],
        ["erase", 1, 1],
        ["rewrite the store", None, 0],
    ]
    assert run_command("expire", project.index, "--apply", "--by", "registrar").exit_code == 0
    assert [stage[0] for stage in Listener.last.stages] == ["who is due", "into the archive"]
