"""The canary test: unmistakable values in every cell, the whole job run, everything that it leaves searched.

Outside the folders of the sources none of the values may appear, in any form that a careless program would give it;
inside them only the feed itself and the map of record ids may hold one.
"""

import base64
import logging
import shutil

import pandas as pd
import pytest
from project_on_disk import SOURCES, Project

PLAIN_FILES = {f"{source}.csv" for source in SOURCES} | {f"{source}.record_ids.parquet" for source in SOURCES}


LEAST_STEM = 9
"""Bytes that make twelve characters of base64, and that chance does not write into a file."""


def stem(source, column):
    """What all values of a column begin with; it occurs nowhere else, yet passes as a name."""
    letters = "".join(chr(ord("a") + (7 * ord(letter)) % 26) for letter in f"{source}{column}"[:14])
    return f"zqx{letters}"


def canaries(source, column, n):
    """Values of a column, so that the normaliser keeps them."""
    return [
        f"{stem(source, column)}{chr(ord('a') + number % 26)}{chr(ord('a') + number // 26)}"
        for number in range(n)
    ]


@pytest.fixture(scope="module")
def planted(prepared, tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("planted"))
    shutil.copytree(prepared.folder, project.folder, dirs_exist_ok=True)
    stems = set()
    for source in SOURCES:
        feed = pd.read_csv(project.feed(source), dtype=str, keep_default_na=False).head(60)
        for column in feed.columns:
            if any(part in column for part in ("birth", "dob", "sex", "gender")):
                continue
            feed[column] = canaries(source, column, len(feed))
            # Whoever finds no stem finds none of its sixty values, in a sixtieth of the time.
            stems.add(stem(source, column))
        dates = [column for column in feed.columns if "birth" in column or column == "dob"]
        # The last row has a date that does not exist, so that a reject is told as well.
        feed.loc[feed.index[-1], dates[0]] = {"school": "31/02/2012", "gp": "2012-02-31"}.get(
            source, "31 Feb 2012"
        )
        feed.to_csv(project.feed(source), index=False)
    assert min(map(len, stems)) >= LEAST_STEM
    return project, stems


def forms(stem):
    raw = stem.encode()
    yield raw
    yield raw.upper()
    yield raw[::-1]
    yield stem.encode("utf-16-le")
    yield raw.hex().encode()
    # Without the end, which depends on what stands behind.
    yield base64.b64encode(raw)[:12]


def test_nothing_that_a_run_writes_holds_a_value(planted, run_command, caplog, capfd):
    project, stems = planted
    caplog.set_level(logging.DEBUG)
    told = []

    def run(*arguments):
        result = run_command(*arguments)
        told.append(result.output)
        assert result.exit_code == 0, result.stderr

    for source in SOURCES:
        run("profile", project.feed(source), "--source", source, "--spec", project.spec)
        options = ("--spec", project.spec, "--keys", project.keys(source), "--out", project.package(source))
        run("encode", project.feed(source), "--source", source, *options)
    run("init", project.index, "--spec", project.spec)
    run("load", project.index, *map(project.package, SOURCES), "--keys", project.unit_keys)
    run("link", project.index, "--save-model", project.folder / "model.json")
    run("export", project.index, "--out", project.folder / "children.csv")
    maps = [argument for source in SOURCES for argument in ("--ids", project.id_map(source))]
    # Real ids of the truth are not in the planted feeds, which is refused, and told without an id.
    told.append(run_command("evaluate", project.index, "--truth", project.truth, *maps).output)
    captured = capfd.readouterr()
    told += [caplog.text, captured.out, captured.err]

    searched = {f"text {number}": text.encode() for number, text in enumerate(told)}
    for path in project.folder.rglob("*"):
        if path.is_file() and path.name not in PLAIN_FILES:
            searched[str(path.relative_to(project.folder))] = path.read_bytes()
    assert any(name.endswith("store.duckdb") for name in searched)
    assert any(name.endswith("rejects.csv") for name in searched)
    found = {
        name for stem in stems for form in forms(stem) for name, data in searched.items() if form in data
    }
    assert found == set()


def test_the_search_finds_what_it_should(planted):
    project, stems = planted
    data = project.feed("gp").read_bytes()
    assert any(form in data for stem in stems for form in forms(stem))


def test_refusals_hold_no_value_either(planted, run_command, tmp_path):
    project, stems = planted
    feed = pd.read_csv(project.feed("gp"), dtype=str, keep_default_na=False)
    broken = pd.concat([feed, feed.head(1)])
    broken.to_csv(tmp_path / "twice.csv", index=False)
    ragged = project.feed("gp").read_text().splitlines()
    (tmp_path / "ragged.csv").write_text("\n".join([*ragged[:5], ragged[5] + ",zqxzqx,zqx", *ragged[6:]]))
    (tmp_path / "latin.csv").write_bytes(
        project.feed("gp").read_bytes() + "zqx\xe9".encode("latin-1") + b"," * 12
    )
    for name in ("twice", "ragged", "latin"):
        options = ("--spec", project.spec, "--keys", project.keys("gp"), "--out", tmp_path / "gp.cip")
        result = run_command("encode", tmp_path / f"{name}.csv", "--source", "gp", *options)
        assert result.exit_code == 3, (name, result.output)
        assert not any(stem in result.output for stem in stems), name
        assert "zqx" not in result.output
