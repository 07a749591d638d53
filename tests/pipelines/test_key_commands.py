"""`childindex keys`: no public key is used before its fingerprint was compared, and only where it belongs."""

import json
import re

import pytest
from project_on_disk import Project

from linkage.exchange.errors import KeyRefused
from pipelines import key_trust
from pipelines.at_source import keys
from pipelines.at_unit.keys import unit as create_unit
from pipelines.key_trust import trust


@pytest.fixture
def parties(tmp_path, monkeypatch):
    """Key folders of a unit and two sources; the first holds the project key."""
    for variable in ("CHILDINDEX_PASSPHRASE", "CHILDINDEX_PASSPHRASE_FILE"):
        monkeypatch.delenv(variable, raising=False)
    project = Project(tmp_path)
    create_unit(project.unit_keys)
    for source in ("school", "gp"):
        keys.source(source, project.keys(source))
    return project


def public(project, source):
    return project.keys(source) / f"source-{source}.pub"


def fingerprint(path):
    return key_trust.read_public_keys(path).fingerprint


def test_trust_without_a_fingerprint_is_refused_and_says_what_to_do(parties, run_command):
    shown = run_command("keys", "trust", public(parties, "gp"), "--keys", parties.unit_keys)
    assert shown.exit_code == 3
    told = re.search(r"(?:[0-9a-f]{4} ){15}[0-9a-f]{4}", shown.stderr)[0]
    assert told.replace(" ", "") == fingerprint(public(parties, "gp"))
    assert "--fingerprint" in shown.stderr
    assert not (parties.unit_keys / "trusted").exists()
    wrong = told.replace(told[0], "0" if told[0] != "0" else "1")
    arguments = ("keys", "trust", public(parties, "gp"), "--keys", parties.unit_keys, "--fingerprint")
    assert run_command(*arguments, wrong).exit_code == 3
    assert run_command(*arguments, told).exit_code == 0
    assert (parties.unit_keys / "trusted" / "source-gp.pub").exists()


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_at_a_terminal_may_confirm(parties, answer):
    asked = []

    def confirm(owner, told):
        asked.append((owner, told.replace(" ", "")))
        return answer

    unit = parties.unit_keys / "unit.pub"
    if answer:
        key_trust.trust(unit, parties.keys("gp"), None, confirm)
    else:
        with pytest.raises(KeyRefused, match="nobody has compared"):
            key_trust.trust(unit, parties.keys("gp"), None, confirm)
    assert asked == [("the linkage unit", fingerprint(unit))]
    assert (parties.keys("gp") / "unit.pub").exists() is answer


@pytest.mark.parametrize(
    ("file", "folder", "expected"),
    [
        ("unit", "unit", "the unit's own key"),
        ("gp", "gp", "this source's own key"),
        ("school", "gp", "the key of the unit is trusted"),
        ("unit", "nowhere", "holds no key of its own"),
    ],
)
def test_a_key_is_trusted_only_where_it_belongs(parties, tmp_path, file, folder, expected):
    path = parties.unit_keys / "unit.pub" if file == "unit" else public(parties, file)
    places = {"unit": parties.unit_keys, "nowhere": tmp_path / "nowhere"}
    with pytest.raises(KeyRefused, match=expected):
        trust(path, places.get(folder) or parties.keys(folder), fingerprint(path))
    assert not (tmp_path / "nowhere").exists()


def test_the_project_key_goes_to_nobody_whose_fingerprint_was_not_compared(parties, prepared, tmp_path):
    school, gp = parties.keys("school"), parties.keys("gp")
    made = keys.project(prepared.spec, school)
    with pytest.raises(KeyRefused, match="nobody has compared"):
        keys.send(public(parties, "gp"), school, "school", tmp_path / "sealed")
    assert not (tmp_path / "sealed").exists()
    keys.send(
        public(parties, "gp"), school, "school", tmp_path / "sealed", fingerprint(public(parties, "gp"))
    )
    sender = public(parties, "school")
    with pytest.raises(KeyRefused, match="nobody has compared"):
        keys.receive(tmp_path / "sealed", gp, "gp", sender)
    received = keys.receive(tmp_path / "sealed", gp, "gp", sender, fingerprint(sender))
    assert received["key check"] == made["key check"]


def test_a_key_is_drawn_once(parties, run_command):
    again = run_command("keys", "source", "gp", "--out", parties.keys("gp"))
    assert again.exit_code == 3
    assert "never overwritten" in again.stderr
    assert json.loads(run_command("keys", "unit", "--out", parties.folder / "other", "--json").stdout)
