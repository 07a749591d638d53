"""The second look in a browser: own records are shown, the answers that were clicked are saved, nothing else is."""

import json

import pandas as pd
import pytest
from browser_pages import look_and_check, opened

from linkage.analysis import read_material
from pipelines.at_source import answers
from pipelines.at_unit import second_look
from pipelines.at_unit.labels import COLUMNS


@pytest.fixture(scope="module")
def asked(linked, tmp_path_factory):
    """Two questions to the GPs, one about a record of the school and one about two of their own."""
    folder = tmp_path_factory.mktemp("asked")
    material = read_material(linked.index)
    ids = [identifier.tobytes().hex() for identifier in material.record_ids]
    gp, school = (
        [ids[row] for row in (material.live.sources == material.sources.index(name)).nonzero()[0][:3]]
        for name in ("gp", "school")
    )
    rows = [("school", school[0], "gp", gp[0], "unsure"), ("gp", gp[1], "gp", gp[2], "unsure")]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(folder / "labels.csv", index=False)
    second_look.ask_sources(linked.index, folder / "labels.csv", folder / "look")
    return folder / "look"


@pytest.fixture(scope="module")
def look(asked, run_in, linked):
    report = asked.parent / "look.html"
    options = ("--feed", linked.feed("gp"), "--spec", linked.spec, "--ids", linked.id_map("gp"))
    told = run_in("answer", asked / "second-look-gp.json", *options, "--report", report)
    assert told.exit_code == 0, told.stderr
    assert "stays here" in told.stdout
    return report


@pytest.fixture(scope="module")
def run_in():
    from click.testing import CliRunner  # noqa: PLC0415

    from cli import main  # noqa: PLC0415

    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_own_record_is_shown_and_only_answers_are_saved(browser, look, asked, linked, tmp_path):
    ids = pd.read_parquet(linked.id_map("gp")).set_index("record_id")["feed_record_id"]
    questions = json.loads((asked / "second-look-gp.json").read_text())["questions"]
    feed = pd.read_csv(linked.feed("gp"), dtype=str, keep_default_na=False)
    own = feed[feed.iloc[:, 0] == str(ids[questions[0]["records"][0]])].iloc[0]
    with opened(browser, look) as page:
        assert own["family_name"] in page.locator("#rows").inner_text()
        assert "at school" in page.locator("#asked").inner_text()
        page.keyboard.press("y")
        assert page.locator("#rows tr").first.locator("td").count() == 3  # two records and what differs
        page.locator("#unsure").click()
        with page.expect_download() as download:
            page.locator("#save").click()
        saved = tmp_path / "answers.json"
        download.value.save_as(saved)
    document = json.loads(saved.read_text())
    assert document["answers"] == {"1": "yes", "2": "unsure"}
    assert not any(len(value) > 3 and value in saved.read_text() for value in own)
    counts = second_look.join_answers([saved], asked / second_look.KEY_NAME, tmp_path / "labels.csv")
    assert sum(counts.values()) == 2


def test_it_looks_right_and_is_accessible(browser, look):
    look_and_check(browser, look, "second_look")


def test_one_way_to_answer_has_to_be_named(run_in, asked, linked):
    options = ("--feed", linked.feed("gp"), "--spec", linked.spec, "--ids", linked.id_map("gp"))
    assert run_in("answer", asked / "second-look-gp.json", *options).exit_code == 2


def test_answers_come_only_from_the_source(asked, linked, tmp_path):
    """A page is made of the feed that holds the records, so it cannot be made elsewhere."""
    with pytest.raises(answers.InputRefused, match="there is no such feed"):
        answers.answer_page(
            asked / "second-look-gp.json",
            tmp_path / "none.csv",
            linked.spec,
            linked.id_map("gp"),
            tmp_path / "page.html",
        )
