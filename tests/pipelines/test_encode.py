"""What `encode` makes of a feed: counts, rejects, the map of record ids, and the chain of packages."""

import dataclasses
import json
import shutil

import pandas as pd
import pytest

from encoders.canaries import CANARIES
from encoders.chain import one_at_a_time, read_chain
from encoders.keys.project_key_files import load_project_key
from encoders.keys.source_keys import load_source_keys
from linkage.exchange.errors import KeyRefused, PackageRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.package_reader import drop_canaries, open_package
from linkage.exchange.specification import read_specification
from linkage.exchange.unit_keys import load_unit_keys
from pipelines.at_source import encode
from pipelines.at_source.earlier_package import chain_after


@pytest.fixture
def project(prepared, tmp_path):
    return prepared.copy(tmp_path / "project")


def records_of(project, source):
    specification = read_specification(project.spec)
    trusted = {source: load_source_keys(project.keys(source), source).public}
    expected = Expectation(
        project=specification.project,
        specification=specification.fingerprint,
        schema=specification.record_schema,
    )
    with open_package(
        project.package(source), load_unit_keys(project.unit_keys).envelope_key, trusted, expected
    ) as package:
        return package.manifest, list(package.batches())


def test_the_package_says_what_the_summary_says(project):
    summary = encode.run(project.job("gp"))
    manifest, batches = records_of(project, "gp")
    assert manifest.rows == sum(len(batch) for batch in batches) == summary.counts.encoded + CANARIES
    assert sum(len(drop_canaries(batch)) for batch in batches) == summary.counts.encoded
    assert (manifest.source, manifest.sequence, manifest.kind) == ("gp", 1, "snapshot")


def test_rows_leave_in_the_order_of_their_pseudonyms(project):
    encode.run(project.job("gp"))
    _, (batch,) = records_of(project, "gp")
    ids = [row.tobytes() for row in batch.record_ids]
    assert ids == sorted(ids)


def test_csv_and_parquet_encode_alike(project, tmp_path):
    encode.run(project.job("gp"))
    _, (from_csv,) = records_of(project, "gp")
    project.package("gp").unlink()
    feed = tmp_path / "gp.parquet"
    pd.read_csv(project.feed("gp"), dtype=str).to_parquet(feed)
    encode.run(project.job("gp", feed=feed))
    _, (from_parquet,) = records_of(project, "gp")
    assert (from_csv.record_ids == from_parquet.record_ids).all()
    assert (from_csv.words == from_parquet.words).all()


def test_the_map_translates_every_record(project):
    encode.run(project.job("gp"))
    ids = pd.read_parquet(project.id_map("gp"))
    feed = pd.read_csv(project.feed("gp"), dtype=str)
    _, (batch,) = records_of(project, "gp")
    assert set(ids["feed_record_id"]) == set(feed["patient_id"])
    assert set(ids["record_id"]) == {row.tobytes().hex() for row in drop_canaries(batch).record_ids}


def test_rejects_name_row_and_rule(project):
    feed = pd.read_csv(project.feed("gp"), dtype=str, keep_default_na=False)
    feed.loc[3, "patient_id"] = " "
    feed.loc[5, "date_of_birth"] = "2012-02-30"
    feed.to_csv(project.feed("gp"), index=False)
    summary = encode.run(project.job("gp"))
    rejects = pd.read_csv(summary.rejects)
    assert rejects.to_dict("records") == [
        {"row": 4, "rule": "record_id.missing", "effect": "rejected"},
        {"row": 6, "rule": "birth_date.impossible", "effect": "kept"},
    ]
    assert summary.counts.encoded == len(feed) - 1
    assert summary.counts.rejected == {"record_id.missing": 1}


def test_packages_of_a_source_form_a_chain(project, tmp_path):
    first = encode.run(project.job("gp"))
    second = encode.run(project.job("gp", out=project.folder / "packages" / "second.cip"))
    assert (first.sequence, second.sequence) == (1, 2)
    shutil.move(project.folder / "packages" / "second.cip", project.package("gp").with_name("x.cip"))
    project.package("gp").unlink()
    shutil.move(project.package("gp").with_name("x.cip"), project.package("gp"))
    manifest, _ = records_of(project, "gp")
    assert manifest.previous == first.digest


def test_a_damaged_chain_is_told(project, run_command):
    (project.keys("gp") / "chain-gp.json").write_text("{}")
    options = ("--spec", project.spec, "--keys", project.keys("gp"), "--out", project.package("gp"))
    result = run_command("encode", project.feed("gp"), "--source", "gp", *options)
    assert result.exit_code == 3
    assert "damaged" in result.stderr


def test_a_source_that_lost_count_goes_on_after_a_package(project, run_command):
    first = encode.run(project.job("gp"))
    second = encode.run(project.job("gp", out=project.folder / "packages" / "refused.cip"))
    options = (
        "--source",
        "gp",
        "--spec",
        project.spec,
        "--keys",
        project.keys("gp"),
        "--after",
        first.package,
    )
    for number, lost in enumerate((False, True)):
        if lost:
            (project.keys("gp") / "chain-gp.json").unlink()
        out = project.folder / "packages" / f"again-{number}.cip"
        result = run_command("encode", project.feed("gp"), *options, "--out", out, "--json")
        assert json.loads(result.stdout)["sequence"] == second.sequence
        signer = load_source_keys(project.keys("gp"), "gp")
        specification = read_specification(project.spec)
        assert chain_after(out, specification, signer) == read_chain(project.keys("gp"), "gp")
    with pytest.raises(PackageRefused):
        encode.run(project.job("school", after=first.package))


def test_two_encodings_for_one_source_get_two_numbers(project):
    with one_at_a_time(project.keys("gp"), "gp"):
        with pytest.raises(KeyRefused, match="another process encodes for source 'gp'"):
            encode.run(project.job("gp"))
        assert not project.package("gp").exists()
        encode.run(project.job("school"))
    assert encode.run(project.job("gp")).sequence == 1


def test_deletions_are_not_missing_and_empty_records_are_counted(project):
    text = project.spec.read_text().replace("[sources.gp]\n", '[sources.gp]\noperation = { column = "op" }\n')
    project.spec.write_text(text)
    feed = pd.read_csv(project.feed("gp"), dtype=str, keep_default_na=False)[:4].assign(
        op=["u", "u", "d", "d"]
    )
    feed.loc[1:, feed.columns.difference(["op", "patient_id"])] = ""
    feed.to_csv(project.folder / "delta.csv", index=False)
    encode.run(project.job("gp"))
    job = project.job("gp", feed=project.folder / "delta.csv", out=project.folder / "packages" / "delta.cip")
    counts = encode.run(dataclasses.replace(job, kind="delta")).counts
    assert (counts.encoded, counts.deleted, counts.empty, counts.missing["surname"]) == (4, 2, 1, 1)


def test_a_failed_run_leaves_nothing(project, monkeypatch):
    before = {path for path in project.folder.rglob("*") if path.is_file()}

    def fail(*_arguments):
        raise MemoryError

    monkeypatch.setattr("pipelines.at_source.encode.seal_shuffled", fail)
    with pytest.raises(MemoryError):
        encode.run(project.job("gp"))
    assert {path for path in project.folder.rglob("*") if path.is_file()} == before


def test_the_summary_is_one_json_object(project, run_command):
    options = ("--spec", project.spec, "--keys", project.keys("gp"), "--out", project.package("gp"))
    result = run_command("encode", project.feed("gp"), "--source", "gp", *options, "--json")
    summary = json.loads(result.stdout)
    assert summary["encoded"] == summary["rows"]
    assert summary["missing"]["forename"] >= 0


def test_the_project_key_must_fit_the_epoch(project):
    assert load_project_key(project.keys("gp")).epoch == 1
    project.spec.write_text(project.spec.read_text().replace("epoch = 1", "epoch = 2"))
    with pytest.raises(Exception, match="epoch"):
        encode.run(dataclasses.replace(project.job("gp")))


def test_what_stays_at_the_source_is_for_its_owner_alone(project):
    summary = encode.run(project.job("gp"))
    assert [path.stat().st_mode & 0o777 for path in (summary.id_map, summary.rejects)] == [0o600, 0o600]
