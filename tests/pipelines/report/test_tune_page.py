"""The tuning page in a real browser: what the slider shows is what the Python interface says."""

import json

import numpy as np
import pytest
from browser_pages import look_and_check, opened
from project_on_disk import SOURCES

from linkage.analysis import Workbench
from pipelines.at_unit import tune
from pipelines.at_unit.linking.decided_model import read_decided_model

SIX = np.array([-4.0, -1.0, 2.0, 5.0, 8.0])


@pytest.fixture(scope="module")
def tuned(linked, tmp_path_factory):
    """The page of a small index at few thresholds, with the truth beside."""
    report = tmp_path_factory.mktemp("tuned") / "tune.html"
    maps = [linked.id_map(source) for source in ("school", "gp", "benefits")]
    job = tune.TuneJob(linked.index, report, truth=linked.truth, id_maps=maps, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workbench, "grid", lambda bench: np.unique([*SIX, bench.threshold]))
        return tune.run(job)


def figure(page, name):
    return page.locator(f"#{name}").inner_text()


def shown(page):
    return {
        name: figure(page, name)
        for name in ("links", "children", "single", "precision", "recall", "false_links", "moved_records")
    }


def said(outcome):
    expected, whole = outcome.expected, "{:,.0f}".format
    return {
        "links": whole(outcome.links),
        "children": whole(outcome.children),
        "single": whole(outcome.sizes[0]),
        "precision": f"{expected.precision.estimate:.4f}",
        "recall": f"{expected.recall.estimate:.4f}",
        "false_links": whole(expected.false_links.estimate),
        "moved_records": whole(outcome.changes.moved_records),
    }


def test_the_slider_shows_what_the_interface_says(browser, tuned):
    outcomes = tuned.findings.sweep.outcomes
    with opened(browser, tuned.report) as page:
        assert shown(page) == said(outcomes[tuned.findings.today])
        for step in range(len(outcomes)):
            page.locator("#threshold").fill(str(step))
            assert shown(page) == said(outcomes[step])
        assert "measured" in figure(page, "precision-note")
        school = page.locator("[data-duplicates=school]").inner_text()
        assert school == f"{outcomes[-1].duplicates['school']:,}"


def test_it_works_by_keyboard_alone(browser, tuned):
    outcomes, today = tuned.findings.sweep.outcomes, tuned.findings.today
    with opened(browser, tuned.report) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.className") == "skip"
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.id") == "threshold"
        page.keyboard.press("Home")
        assert shown(page) == said(outcomes[0])
        page.keyboard.press("ArrowRight")
        assert shown(page) == said(outcomes[1])
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert shown(page) == said(outcomes[today])


def test_charts_follow_the_slider(browser, tuned):
    with opened(browser, tuned.report) as page:
        page.locator("#threshold").fill("0")
        at = "() => window.childindexCharts.views.errors.signal('threshold')"
        assert page.evaluate(at) == pytest.approx(tuned.findings.sweep.outcomes[0].threshold)
        page.locator("#pattern").select_option("2")
        assert page.evaluate("() => window.childindexCharts.views.waterfall.signal('pattern')") == 2


def test_it_looks_right_and_is_accessible(browser, tuned):
    look_and_check(browser, tuned.report, "tune")


def test_it_is_small_and_first_drawn_soon(browser, tuned):
    assert tuned.report.stat().st_size < 5 * 2**20
    with opened(browser, tuned.report) as page:
        # The limit of two seconds is measured on a machine of its own; here others may be at work.
        assert page.evaluate("() => performance.getEntriesByName('first-chart')[0].startTime") < 10_000


def test_no_record_is_on_the_page(tuned, linked):
    text = tuned.report.read_text(encoding="utf-8")
    bench = Workbench(tune.read_material(linked.index))
    ids = {identifier.tobytes().hex() for identifier in bench.material.record_ids}
    assert len(ids) > 500
    assert not any(identifier in text for identifier in ids)


def test_a_threshold_is_set_with_who_and_why(run_command, linked, tmp_path):
    model = tmp_path / "model.json"
    arguments = ("tune", linked.index, "--set-threshold", "3.5", "--model", model)
    assert run_command(*arguments).exit_code == 3
    result = run_command(*arguments, "--who", "A. Nalyst", "--reason", "fewer false links", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["threshold"] == 3.5
    decision = read_decided_model(model).decision
    assert (decision.threshold, decision.who, decision.reason) == (3.5, "A. Nalyst", "fewer false links")
    assert decision.set_at


def test_what_a_truth_measures_is_told_without_a_page_too(run_command, linked):
    maps = [word for source in SOURCES for word in ("--ids", linked.id_map(source))]
    told = run_command("tune", linked.index, "--truth", linked.truth, *maps).stdout
    expected, measured = told.split("measured, of the children")
    assert expected.startswith(
        "by threshold, expected without labels (best: what the software would choose)\n"
    )
    rows = [line.split() for line in measured.splitlines()[2:]]
    assert len(rows) == sum("%" not in line for line in expected.splitlines()[1:] if line)
    # The higher the threshold, the fewer false links and the more missed ones.
    assert int(rows[0][4].replace(",", "")) > int(rows[-1][4].replace(",", ""))
    assert int(rows[0][5].replace(",", "")) < int(rows[-1][5].replace(",", ""))
