"""The page of a run: it says first how the run ended, then what to do, and opens in a real browser."""

import copy

import pytest
from browser_pages import look_and_check, opened

from pipelines.at_unit.nights.breaker import MOST, MOVES
from pipelines.at_unit.nights.report_file import read_report
from pipelines.report import write_page
from pipelines.report.run_page import REMEDIES, run_page, what_to_do

FIGURE = {"figure": "match_rate", "of": "school in gp", "previous": 0.964, "bound_by": "history"}


@pytest.fixture(scope="module")
def reports(linked):
    """A run as it was, then five invented nights after it, of which the last one refused."""
    first = read_report(linked.index, 1)
    nights = []
    for run, value in enumerate([0.96, 0.961, 0.963, 0.96, 0.52], start=2):
        night = copy.deepcopy(first) | {"run": run, "outcome": "published"}
        night["figures"] = [FIGURE | {"value": value, "low": 0.94, "high": 0.98, "within": value > 0.9}]
        nights.append(night)
    nights[-1]["outcome"] = "refused"
    nights[-1]["breaker"]["tripped"] = ["match_rate of school in gp: 0.52, expected 0.94 to 0.98"]
    nights[-1]["not_taken"] = [
        {
            "file": "gp-43.cip",
            "source": None,
            "sequence": None,
            "outcome": "refused",
            "reason": "<b>damaged</b>",
        }
    ]
    return nights


@pytest.fixture(scope="module")
def refused(reports, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.html"
    write_page(path, run_page(reports[-1], reports[:-1]))
    return path


def test_a_refusal_comes_first_and_says_what_to_do(browser, refused):
    with opened(browser, refused) as page:
        assert page.locator("main section").first.inner_text().startswith("Not published")
        text = page.locator("main").inner_text()
        assert "0.52, expected 0.94 to 0.98" in text
        assert "ask both whether a column changed" in text
        assert "<b>damaged</b>" in text
        assert page.locator("#figure-1 h3").inner_text() == "Match rate of school in gp is out of its band"


def test_every_remedy_is_of_a_figure_that_a_run_measures(reports):
    tripped = {
        "outcome": "refused",
        "run": 2,
        "breaker": {"tripped": ["feed_change of school: -0.5, expected any"]},
    }
    assert "it sent everything" in what_to_do(tripped)[1]
    measured = {"feed_change", *MOVES, *MOST}
    assert set(REMEDIES) == measured


def test_a_figure_without_a_band_does_not_lie_within_it(reports):
    night = copy.deepcopy(reports[0])
    night["figures"][0] |= {"low": None, "high": None}
    assert "Match rate of school in gp has no band" in run_page(night, [])


def test_it_looks_right_and_is_accessible(browser, refused):
    look_and_check(browser, refused, "run")


def test_the_command_prints_and_writes(run_command, linked, tmp_path):
    result = run_command("report", linked.index, "1", "--report", tmp_path / "run.html")
    assert result.exit_code == 0, result.stderr
    assert "run 1: published" in result.stdout
    assert "Published" in (tmp_path / "run.html").read_text()
    assert run_command("report", linked.index, "7").exit_code == 3
