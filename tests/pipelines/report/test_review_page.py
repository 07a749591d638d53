"""Review without names, in a real browser: what was clicked is what is exported, and comes back to the records."""

import json

import numpy as np
import pandas as pd
import pytest
from browser_pages import look_and_check, opened

from linkage.analysis.scored_pairs import ScoredPairs
from pipelines.at_unit import review
from pipelines.at_unit.labels import judged_pairs
from pipelines.at_unit.tune import read_material

N = 12


@pytest.fixture(scope="module")
def reviewed(linked, tmp_path_factory):
    report = tmp_path_factory.mktemp("review") / "review.html"
    return review.run(linked.index, N, report, threads=1)


def scored(odds, patterns):
    n = len(odds)
    rows, zeros = np.arange(n), np.zeros(n, dtype=np.int64)
    return ScoredPairs(
        rows, rows + n, np.array(patterns), zeros, zeros.astype(np.int16), np.array(odds), -20.0
    )


def test_clicks_and_keys_are_exported_and_mapped_back(browser, reviewed, linked, tmp_path):
    with opened(browser, reviewed.report) as page:
        page.locator("#yes").click()
        page.keyboard.press("n")
        page.keyboard.press("u")
        page.keyboard.press("ArrowLeft")
        assert page.locator("#unsure").get_attribute("aria-pressed") == "true"
        page.keyboard.press("y")  # thinks again about the third
        assert page.locator("#count").inner_text() == f"3 of {reviewed.pairs} labelled"
        with page.expect_download() as download:
            page.locator("#save").click()
        exported = tmp_path / "exported.json"
        download.value.save_as(exported)
    document = json.loads(exported.read_text())
    assert document["labels"] == {"1": "yes", "2": "no", "3": "yes"}
    assert review.label_records(exported, reviewed.key, tmp_path / "labels.csv") == 3
    labels, key = pd.read_csv(tmp_path / "labels.csv"), pd.read_csv(reviewed.key)
    assert labels["label"].tolist() == ["yes", "no", "yes"]
    assert labels["record_left"].tolist() == key["record_left"][:3].tolist()
    material = read_material(linked.index)
    live = material.live.sources
    judged = judged_pairs(tmp_path / "labels.csv", material.sources, live, material.record_ids)
    assert judged.is_match.tolist() == [True, False, True]


def test_it_looks_right_and_is_accessible(browser, reviewed):
    look_and_check(browser, reviewed.report, "review")


def test_the_page_knows_no_record_and_the_key_is_private(reviewed):
    text = reviewed.report.read_text()
    key = pd.read_csv(reviewed.key)
    assert not any(value in text for side in ("left", "right") for value in key[f"record_{side}"])
    assert reviewed.key.stat().st_mode & 0o077 == 0


def test_doubtful_patterns_get_most_labels_and_hidden_records_none():
    pairs = scored([6.0] * 100 + [0.0] * 100, [1] * 100 + [2] * 100)
    hidden = np.zeros(200 + len(pairs), dtype=bool)
    hidden[:5] = True
    chosen = review.draw_pairs(pairs, 0.0, 40, np.random.default_rng(1), hidden)
    assert len(np.unique(chosen)) == 40
    assert (chosen >= 100).sum() > 25
    assert (chosen < 100).sum() > 2
    assert not hidden[pairs.left[chosen]].any()


def test_labels_of_another_review_are_refused(reviewed, tmp_path, run_command, linked):
    other = {"format": review.LABELS_FORMAT, "version": 1, "review": "00", "labels": {"1": "yes"}}
    (tmp_path / "other.json").write_text(json.dumps(other))
    arguments = (
        "--labels-from",
        tmp_path / "other.json",
        "--key",
        reviewed.key,
        "--out",
        tmp_path / "out.csv",
    )
    assert run_command("review", linked.index, *arguments).exit_code == 3
    assert not (tmp_path / "out.csv").exists()
