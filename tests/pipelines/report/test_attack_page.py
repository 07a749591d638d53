"""The page of attacks in a real browser: the verdict first, every rate beside what a guess would give."""

import dataclasses
import re

import pandas as pd
import pytest
from browser_pages import look_and_check, opened

from encoders.gate.findings import Verdict
from encoders.gate.limits import GateLimits
from pipelines.at_source import attack
from pipelines.at_source.attack_page import attack_page
from pipelines.report import write_page


@pytest.fixture(scope="module")
def attacked(prepared):
    """The reference encoding, whose similarities give people away."""
    plan = attack.plan_of(["few"], people=120, network=False)
    return attack.run(attack.AttackJob(prepared.feed("gp"), "gp", prepared.spec, plan))


@pytest.fixture(scope="module")
def path(attacked, tmp_path_factory):
    path = tmp_path_factory.mktemp("attack") / "attack.html"
    write_page(path, attack_page(attacked, source="gp", specification="spec.toml"))
    return path


def test_the_verdict_comes_first_and_follows_the_limits(browser, attacked, path):
    assert attacked.verdict is Verdict.REFUSE
    with opened(browser, path) as page:
        verdict, chart = page.locator(".verdict").first, page.locator("figure").first
        assert verdict.inner_text().startswith("✗ The gate would refuse")
        assert verdict.bounding_box()["y"] < chart.bounding_box()["y"]
        rows = page.locator("#attacks ~ div table tbody tr").all_inner_texts()
    assert len(rows) == len(attacked.results)
    refused = [one for one in attacked.findings if one.verdict is Verdict.REFUSE]
    assert sum(row.endswith("refuse") for row in rows) == len(refused) > 0
    for row, result in zip(rows, attacked.results, strict=True):
        assert f"{result.rate:.2%}" in row
        assert f"{result.chance:.4%}" in row


def test_limits_that_let_everything_through_refuse_nothing(attacked):
    wide = GateLimits(graph_matching=1, known_pairs=1, frequency=1, components=1)
    text = attack_page(dataclasses.replace(attacked, limits=wide), source="gp", specification="spec.toml")
    assert re.search(r"<strong>✓ (Every|No) attack", text)


def test_it_looks_right_and_is_accessible(browser, path):
    look_and_check(browser, path, "attack")


def test_no_record_is_on_it(path, prepared):
    text = path.read_text(encoding="utf-8")
    feed = pd.read_csv(prepared.feed("gp"), dtype=str).fillna("")
    values = {value for value in feed.to_numpy().ravel() if len(value) >= 8}
    assert values
    assert not any(value in text for value in values)


def test_the_command_writes_it(run_command, smallest_attack, tmp_path):
    page = tmp_path / "attack.html"
    result = run_command(*smallest_attack, "--report", page)
    assert result.exit_code == 0, result.stderr
    assert "Every attack" in page.read_text(encoding="utf-8")
