"""A second look: sources answer from their own plaintext, and nothing but the answer leaves them."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from cli import main
from linkage.exchange.errors import InputRefused
from pipelines.at_source import answers
from pipelines.at_unit import second_look
from pipelines.at_unit.labels import COLUMNS

QUESTION = {"question": 1, "records": ["0" * 32], "other_source": "gp", "not_equal": [], "missing": []}


@pytest.fixture
def asked(linked, tmp_path):
    """Two unsure pairs, one of two sources and one inside the GPs."""
    school, gp = (pd.read_parquet(linked.id_map(source))["record_id"] for source in ("school", "gp"))
    rows = [("school", school[0], "gp", gp[0], "unsure"), ("gp", gp[1], "gp", gp[2], "unsure")]
    labels = tmp_path / "labels.csv"
    pd.DataFrame([*rows, ("school", school[1], "gp", gp[1], "yes")], columns=COLUMNS).to_csv(
        labels, index=False
    )
    counts = second_look.ask_sources(linked.index, labels, tmp_path / "look")
    assert counts == {"school": 1, "gp": 2}
    return tmp_path / "look"


def answered(linked, asked, source, answer, out):
    seen = []

    def ask(question):
        seen.append(question)
        return answer(question.number)

    questions = asked / f"second-look-{source}.json"
    answers.answer_questions(questions, linked.feed(source), linked.spec, linked.id_map(source), out, ask)
    return seen


def test_only_yes_and_no_return(linked, asked, tmp_path):
    files = [tmp_path / "school.json", tmp_path / "gp.json"]
    seen = answered(linked, asked, "school", lambda _: "yes", files[0])
    assert seen[0].other_source == "gp"
    first = pd.read_csv(linked.feed("school"), dtype=str).iloc[0]
    assert set(seen[0].records[0].values()) & set(first.dropna())
    seen = answered(linked, asked, "gp", lambda number: {1: "yes", 2: "no"}[number], files[1])
    assert len(seen[1].records) == 2
    assert json.loads(files[1].read_text()).keys() == {"format", "version", "look", "source", "answers"}
    assert json.loads(files[1].read_text())["answers"] == {"1": "yes", "2": "no"}
    counts = second_look.join_answers(files, asked / second_look.KEY_NAME, tmp_path / "out.csv")
    assert counts == {"yes": 1, "no": 1, "unsure": 0}


@pytest.mark.parametrize(
    "member,value",
    [
        ("look", None),
        ("source", ["gp"]),
        ("questions", 7),
        ("questions", [{"question": 1}]),
        ("questions", [{**QUESTION, "records": ["../0"]}]),
        # What a clerk's terminal would obey.
        ("questions", [{**QUESTION, "not_equal": ["\x1b[2J"]}]),
    ],
)
def test_questions_that_are_not_what_they_should_be_are_refused(linked, asked, tmp_path, member, value):
    path = asked / "second-look-gp.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, member: value}))
    with pytest.raises(InputRefused, match=f"not as the format .* has it: '{member}'"):
        answered(linked, asked, "gp", lambda _: "yes", tmp_path / "gp.json")


@pytest.mark.parametrize(
    "member,value", [("answers", 7), ("answers", {"1": {}}), ("answers", {"Ann": "yes"}), ("source", None)]
)
def test_answers_that_are_not_what_they_should_be_are_refused(linked, asked, tmp_path, member, value):
    path = tmp_path / "gp.json"
    answered(linked, asked, "gp", lambda _: "yes", path)
    path.write_text(json.dumps({**json.loads(path.read_text()), member: value}))
    with pytest.raises(InputRefused, match=f"not as the format .* has it: '{member}'") as refused:
        second_look.join_answers([path], asked / second_look.KEY_NAME, tmp_path / "out.csv")
    assert "Ann" not in str(refused.value)


def test_without_both_answers_a_pair_stays_unsure(linked, asked, tmp_path):
    answered(linked, asked, "school", lambda _: "yes", tmp_path / "school.json")
    key = asked / second_look.KEY_NAME
    counts = second_look.join_answers([tmp_path / "school.json"], key, tmp_path / "out.csv")
    assert counts == {"yes": 0, "no": 0, "unsure": 2}


def test_a_source_gets_no_record_of_another(linked, asked):
    text = (asked / "second-look-school.json").read_text()
    others = pd.read_parquet(linked.id_map("gp"))["record_id"]
    assert not any(record in text for record in others)


def test_answers_of_another_look_are_refused(linked, asked, tmp_path):
    answered(linked, asked, "school", lambda _: "yes", tmp_path / "school.json")
    document = json.loads((tmp_path / "school.json").read_text()) | {"look": "0" * 16}
    (tmp_path / "school.json").write_text(json.dumps(document))
    key = asked / second_look.KEY_NAME
    with pytest.raises(InputRefused, match="different looks"):
        second_look.join_answers([tmp_path / "school.json"], key, tmp_path / "out.csv")


def test_a_feed_is_read_as_encode_reads_it(linked, asked, tmp_path):
    first = pd.read_csv(linked.feed("school"), dtype=str, keep_default_na=False)
    first.columns = [f" {name}" for name in first.columns]
    first.to_csv(tmp_path / "school.csv.gz", sep=";", index=False, encoding="utf-8-sig")
    seen = []
    answers.answer_questions(
        asked / "second-look-school.json",
        tmp_path / "school.csv.gz",
        linked.spec,
        linked.id_map("school"),
        tmp_path / "school.json",
        lambda question: seen.append(question) or "yes",
    )
    assert seen == answered(linked, asked, "school", lambda _: "yes", tmp_path / "again.json")


def test_the_clerk_answers_at_the_terminal(linked, asked, tmp_path):
    options = ("--feed", linked.feed("school"), "--spec", linked.spec, "--ids", linked.id_map("school"))
    arguments = ("answer", asked / "second-look-school.json", *options, "--out", tmp_path / "answers.json")
    result = CliRunner().invoke(main, [str(part) for part in arguments], input="maybe\nno\n")
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "answers.json").read_text())["answers"] == {"1": "no"}
