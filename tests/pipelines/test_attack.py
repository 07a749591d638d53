"""`childindex attack`: any specification attacked on a feed, with attacker levels, chance and intervals."""

import json

import numpy as np
import pytest

from encoders.attacks.suite import component_attacks
from encoders.keys.project_key import ProjectKey
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.specification import default_specification_text, read_specification
from pipelines import simulate
from pipelines.at_source.attack import encoded_people, plan_of


def test_levels_say_what_the_attacker_knows():
    assert plan_of(["nobody"]).seeds == (0,)
    assert plan_of(["nobody"]).known == ()
    everything = plan_of(())
    assert everything.seeds == (0, 20, 100)
    assert everything.known == (200, 1_000, 0.1)


def test_every_attack_tells_rate_interval_chance_and_assumptions(prepared, run_command):
    options = ("--source", "gp", "--spec", prepared.spec, "--knows", "few", "--people", 150, "--no-network")
    result = run_command("attack", prepared.feed("gp"), *options, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert {one["attack"] for one in told["attacks"]} >= {
        "graph matching",
        "frequency alignment",
        "component sizes",
        "collusion bound",
    }
    for one in told["attacks"]:
        assert one["low"] <= one["rate"] <= one["high"]
        assert one["assumptions"]
        assert 0 <= one["chance"] <= 1
    matching = [one for one in told["attacks"] if one["attack"] == "graph matching"]
    # The reference encoding keeps similarities: twenty known people give away most of the rest.
    assert max(one["rate"] for one in matching) > 0.5


def test_the_text_names_attack_target_and_interval(smallest_attack, run_command):
    result = run_command(*smallest_attack)
    assert result.exit_code == 0, result.stderr
    assert "95% interval" in result.stdout
    assert "childindex spec new SPEC" in result.stdout
    assert "chance" in result.stdout
    lines = result.stdout.splitlines()
    # The attack stands in one line, whatever its name, and what it attacked below.
    assert "graph matching, 0 known" in lines
    assert max(map(len, lines[: lines.index("graph matching, 0 known") + 3])) <= 80
    # Names are told by how often they occur, whatever key is drawn.
    assert any(line.startswith("  filter.surname") and line.endswith("over 1%") for line in lines)


def test_a_feed_too_small_is_refused_and_says_why(prepared, tmp_path, run_command):
    lines = prepared.feed("gp").read_text().splitlines()
    small = tmp_path / "gp.csv"
    small.write_text("\n".join(lines[:50]))
    result = run_command("attack", small, "--source", "gp", "--spec", prepared.spec)
    assert result.exit_code == 3
    assert "say nothing about the encoding" in result.stderr


@pytest.mark.parametrize("level", ["everything", ""])
def test_an_unknown_level_is_a_fault_of_usage(prepared, run_command, level):
    result = run_command(
        "attack", prepared.feed("gp"), "--source", "gp", "--spec", prepared.spec, "--knows", level
    )
    assert result.exit_code == 2


def test_components_that_grow_together_part_where_codes_are_joined_less_far(tmp_path, monkeypatch):
    # Rates differ from key to key, and so the key is always the same one.
    key = SecretBytes(bytes(range(32)))
    monkeypatch.setattr(ProjectKey, "generate", lambda project, epoch: ProjectKey(project, epoch, key))
    simulate.run(tmp_path / "feeds", 1_500, seed=5, formats=("parquet",), workers=1)
    spec = tmp_path / "spec.toml"
    spec.write_text(default_specification_text("children"))
    people = encoded_people(tmp_path / "feeds" / "gp.parquet", read_specification(spec), "gp", spec)

    def forenames(**reaches):
        results = component_attacks(people, np.random.default_rng(1), **reaches)
        return next(result.rate for result in results if result.target == "filter.forename")

    # Under most keys 0.4 to 1.5% at the whole distance, where most are one component; at all three 4.2 to 8.1%.
    assert 2 * forenames(reaches=(1.0,)) < forenames()
