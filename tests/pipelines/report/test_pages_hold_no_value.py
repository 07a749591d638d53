"""No page holds a value of a record, a source record id, a pseudonymous record id or a key; also not packed away.

Values that could be met by chance are made unmistakable before the feeds are encoded, alike in all sources, so that
linking finds what it would have found.
"""

import base64
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from page_layers import found_in, own_scripts
from project_on_disk import SOURCES, Project

from encoders.attacks.suite import AttackPlan
from encoders.gate.attack_findings import GateAttacks
from linkage.analysis import Workbench, read_material
from pipelines.at_source import answers, encode, verify
from pipelines.at_source.certificate import certificate_page
from pipelines.at_unit import init, link, load, review, run_report, second_look, tune
from pipelines.at_unit.labels import COLUMNS

MARK = "zqx"
SMALL = GateAttacks(plan=AttackPlan(matching_people=50, seeds=(10,), known=(40,), targets=40, dictionary=120))
NAMES = ("forename", "surname", "guardian", "street", "address", "town", "given", "family", "name", "line")


@pytest.fixture(scope="module")
def marked(prepared, tmp_path_factory):
    """A linked project, and every value of its feeds that is long enough to be known again."""
    project = Project(tmp_path_factory.mktemp("marked"))
    shutil.copytree(prepared.folder, project.folder, dirs_exist_ok=True)
    values = set()
    for source in SOURCES:
        feed = pd.read_csv(project.feed(source), dtype=str, keep_default_na=False)
        for column in feed.columns:
            if any(part in column.lower() for part in NAMES):
                feed[column] = [f"{MARK}{value}" if value else "" for value in feed[column]]
        feed.to_csv(project.feed(source), index=False)
        values |= {value for column in feed.columns for value in feed[column] if len(value) >= 6}
        encode.run(project.job(source))
    init.run(project.index, project.spec)
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    link.run(link.LinkJob(project.index))
    assert sum(value.startswith(MARK) for value in values) > 500
    return project, values


@pytest.fixture(scope="module")
def secrets(marked):
    """Record ids, the sources' own and the pseudonymous ones, and keys, as they might be written."""
    project, _ = marked
    ids = pd.concat([pd.read_parquet(project.id_map(source)) for source in SOURCES])
    raw = [bytes.fromhex(each) for each in ids["record_id"]]
    told = {*ids["record_id"], *ids["feed_record_id"].astype(str), *(each.decode("latin-1") for each in raw)}
    told |= {base64.b64encode(each).decode()[:20] for each in raw}
    keys = [path for path in project.folder.rglob("*.key") if path.is_file()]
    assert len(keys) >= 4
    held = {word for path in keys for word in path.read_text(errors="replace").replace('"', " ").split()}
    return {each for each in told if len(each) >= 6} | {word for word in held if len(word) >= 24}


@pytest.fixture(scope="module")
def pages(marked, tmp_path_factory):
    """Every kind of page that may leave the place where it is made."""
    project, _ = marked
    folder = tmp_path_factory.mktemp("pages")
    maps = [project.id_map(source) for source in SOURCES]
    reviewed = review.run(project.index, 20, folder / "review.html", threads=1)
    exported = {"format": review.LABELS_FORMAT, "version": 1, "review": _review(reviewed.report)}
    labels = {str(number): ("yes", "no")[number % 2] for number in range(1, reviewed.pairs + 1)}
    (folder / "exported.json").write_text(json.dumps(exported | {"labels": labels}))
    review.label_records(folder / "exported.json", reviewed.key, folder / "labels.csv")
    job = tune.TuneJob(
        project.index,
        folder / "tune.html",
        labels=folder / "labels.csv",
        truth=project.truth,
        id_maps=maps,
        threads=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workbench, "grid", lambda bench: np.array([bench.threshold - 2.0, bench.threshold]))
        tune.run(job)
        tune.run(
            tune.TuneJob(project.index, folder / "labelled.html", labels=folder / "labels.csv", threads=1)
        )
    run_report.run(project.index, None, folder / "run.html")
    at_source = verify.VerifyJob(
        project.package("gp"), project.spec, project.keys("gp"), project.feed("gp"), "gp", 200, attacks=SMALL
    )
    (folder / "gate.html").write_text(certificate_page(verify.run(at_source)))
    return folder


def _review(path):
    text = path.read_text()
    start = text.index('id="data">') + len('id="data">')
    return json.loads(text[start : text.index("</script>", start)])["review"]


def text_of(path, scripts):
    """A page without the scripts that come with the software."""
    text = path.read_text(encoding="utf-8")
    for script in scripts:
        text = text.replace(script, "")
    assert len(text) < 1_500_000
    return text


@pytest.mark.parametrize("name", ["tune", "review", "run", "gate"])
def test_a_page_holds_no_value_no_record_and_no_key(pages, marked, secrets, name):
    _, values = marked
    text = text_of(pages / f"{name}.html", own_scripts())
    assert found_in(text, values | secrets) == set()


def test_the_search_finds_what_it_should(pages, marked):
    _, values = marked
    planted = sorted(value for value in values if value.startswith(MARK))[:3]
    hidden = [base64.b64encode(f"<b>{planted[0]}</b> and more".encode()).decode(), planted[1].encode().hex()]
    inner = json.dumps({"a": [base64.b64encode(json.dumps({"b": planted[2]}).encode()).decode()]})
    text = (
        f'<p title=\'{hidden[0]}\'>{hidden[1]}</p><script type="application/json" id="data">{inner}</script>'
    )
    assert found_in(text, values) >= set(planted)


def test_a_second_look_shows_own_records_only(marked, secrets, tmp_path):
    project, values = marked
    material = read_material(project.index)
    ids = [identifier.tobytes().hex() for identifier in material.record_ids]
    of = {source: [ids[row] for row in (material.live.sources == number).nonzero()[0][:3]]
          for number, source in enumerate(material.sources)}  # fmt: skip
    rows = [("school", of["school"][n], "gp", of["gp"][n], "unsure") for n in range(3)]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(tmp_path / "labels.csv", index=False)
    second_look.ask_sources(project.index, tmp_path / "labels.csv", tmp_path / "look")
    question = tmp_path / "look" / "second-look-gp.json"
    answers.answer_page(
        question, project.feed("gp"), project.spec, project.id_map("gp"), tmp_path / "look.html"
    )
    text = text_of(tmp_path / "look.html", [])
    assert found_in(question.read_text(), values) == set()
    own = pd.read_parquet(project.id_map("gp")).set_index("record_id").loc[of["gp"], "feed_record_id"]
    feed = pd.read_csv(project.feed("gp"), dtype=str, keep_default_na=False)
    asked = feed[feed.iloc[:, 0].isin(own.astype(str))]
    assert len(asked) == 3
    # What the page shows of all values is what the three own records hold, whole or as a part.
    own_values = " ".join(f"{cell} {cell.lower()}" for column in asked.columns for cell in asked[column])
    shown = found_in(text, values)
    assert any(value.startswith(MARK) for value in shown)
    assert shown <= found_in(own_values, values)
    # The clerk needs the own number of the record; nothing of the unit's, and no key, is with it.
    assert found_in(text, secrets) <= set(own.astype(str))
    assert (tmp_path / "look.html").stat().st_mode & 0o077 == 0
