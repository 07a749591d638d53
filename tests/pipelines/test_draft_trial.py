"""A draft is tried on the feeds by the gate's own attacks, and hides more where households would be given away."""

import json

import numpy as np
import pytest

from encoders.attacks.outcome import AttackResult
from linkage.comparison.specified import DEFAULT_INCOMPLETE_HAMMING_LEVELS
from linkage.exchange.specification import read_specification
from pipelines import simulate
from pipelines.at_source.hiding import INCOMPLETE_LEVELS, STEPS, Hiding
from pipelines.at_source.trial import Tried

HEADER = "id,forename,surname,date of birth,postcode,address"


def _word(rng, n_syllables):
    return "".join(
        "".join(rng.choice(list(part)) for part in ("bcdfglmnprst", "aeiou")) for _ in range(n_syllables)
    )


def _strangers(path):
    """1,000 people who have nothing in common but by chance."""
    rng = np.random.default_rng(8)
    rows = [HEADER]
    for number in range(1_000):
        born = f"{rng.integers(1, 28):02d}/{rng.integers(1, 12):02d}/{rng.integers(2005, 2020)}"
        street = f"{rng.integers(1, 99)} {_word(rng, 4)} {_word(rng, 3)} Road"
        place = f"AB{rng.integers(1, 99)} {rng.integers(1, 9)}CD,{street}"
        rows.append(f"{number},{_word(rng, 3)},{_word(rng, 3)},{born},{place}")
    path.write_text("\n".join(rows))
    return path


def _drafted(run_command, tmp_path, feed, *options):
    path = tmp_path / "spec.toml"
    result = run_command("spec", "new", path, "--feed", f"club={feed}", *options, "--json")
    assert result.exit_code == 0, result.stderr
    assert run_command("spec", "check", path).exit_code == 0
    return read_specification(path), json.loads(result.stdout)["tried"], path.read_text()


def _inputs(specification):
    return {step.inputs for rule in specification.filters for step in rule.hardening}


def test_households_are_hidden_by_more_inputs_and_lighter_addresses(run_command, tmp_path):
    simulate.run(tmp_path / "feeds", 2_000, seed=11, formats=("csv",), workers=1)
    found, told, text = _drafted(run_command, tmp_path, tmp_path / "feeds" / "gp.csv")
    assert len(found.filters) == 4 or min(_inputs(found)) > 12
    weights = {member.weight for rule in found.filters for member in rule.fields if member.field == "address"}
    assert weights <= {0.27}
    assert told[0].startswith("with the usual filters somebody who ")
    assert told[1].startswith("so this draft hides more")
    # What a person has to know stands in the file too, where it is read by whoever agrees to it.
    assert "# So this draft hides more" in text


@pytest.mark.parametrize(
    ("rates", "step", "begins"),
    [
        ((0.04,), 0, "tried on the feeds"),
        (
            (0.09, 0.048, 0.04),
            2,
            "with the usual filters somebody who knows 100 of the 1,000 people of club names 9.0%",
        ),
        (
            (0.09, 0.08, 0.06, 0.055, 0.065),
            2,
            "this draft should pass the gate, with nothing to spare: somebody who knows 100",
        ),
        (
            (0.2, 0.15, 0.145, 0.14, 0.15),
            1,
            "no draft hides more than this one, and the gate will probably refuse it: somebody who knows 100",
        ),
    ],
)
def test_the_first_profile_that_holds_is_drafted_or_the_first_that_none_hides_more_than(
    run_command, tmp_path, monkeypatch, rates, step, begins
):
    texts, left = [], list(rates)

    def outcome(text, *_):
        texts.append(text)
        hits = round(1_000 * left.pop(0))
        result = AttackResult("known pairs", "all", "", 1_000, hits, 0.001, 0.0, {"known": 100.0})
        return Tried("club", 1_000, result, 0.05)

    monkeypatch.setattr("pipelines.at_source.trial.tried", outcome)
    found, told, text = _drafted(run_command, tmp_path, _strangers(tmp_path / "club.csv"))
    assert len(texts) == len(rates)
    assert told[0].startswith(begins)
    assert text.partition("[fields]\n")[2] == texts[step].partition("[fields]\n")[2]
    assert {member.weight for rule in found.filters for member in rule.fields} <= {1.0, 0.27}


def test_strangers_keep_the_filters_that_link_best(run_command, tmp_path):
    feed = _strangers(tmp_path / "club.csv")
    found, told, _ = _drafted(run_command, tmp_path, feed)
    assert _inputs(found) == {12}
    assert len(found.filters) == 7
    assert len(told) == 1
    assert told[0].startswith("tried on the feeds, the gate should let it pass")


def test_without_a_trial_the_draft_is_the_usual_one(run_command, tmp_path):
    feed = _strangers(tmp_path / "club.csv")
    found, told, _ = _drafted(run_command, tmp_path, feed, "--no-trial")
    assert (_inputs(found), told) == ({12}, [])


@pytest.mark.parametrize(("records", "one_bucket"), [(1_000, True), (30_000, True), (31_000, False)])
def test_few_records_are_in_one_bucket_since_every_pair_is_compared(
    run_command, tmp_path, records, one_bucket
):
    feed = _strangers(tmp_path / "club.csv")
    found, _, text = _drafted(run_command, tmp_path, feed, "--no-trial", "--records", records)
    assert ({rule.buckets for rule in found.blocking_keys} == {1}) is one_bucket
    assert ("the unit compares every pair" in text) is one_bucket
    assert ("more than\n# 42,000 records" in text) is one_bucket
    assert len(found.blocking_keys) == (2 if one_bucket else 6)


def test_levels_move_with_the_inputs():
    assert list(DEFAULT_INCOMPLETE_HAMMING_LEVELS) == list(INCOMPLETE_LEVELS)
    usual, more = Hiding(), Hiding(inputs=24)
    assert usual.incomplete_levels is None
    for level, moved in zip(usual.levels, more.levels, strict=True):
        # With twice the inputs what two codes have in common is squared.
        assert 1 - 2 * moved == pytest.approx((1 - 2 * level) ** 2, abs=2e-3)
    assert STEPS[0] == usual
