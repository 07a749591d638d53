"""A source's translation of its record ids: what is in it, what is refused, and what the gate finds."""

import dataclasses
import json
import re

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.exchange.errors import FeedRefused, KeyRefused, PackageRefused, SpecificationRefused
from linkage.exchange.expectation import Expectation
from linkage.exchange.package_reader import open_package
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import load_trusted_sources
from linkage.exchange.specification import read_specification
from linkage.exchange.translations import read_pairs
from linkage.exchange.unit_keys import load_unit_keys
from pipelines.at_source import encode, key_epochs, translate, verify
from pipelines.at_unit import init, load


@pytest.fixture(scope="module")
def rotated(encoded, tmp_path_factory):
    """Encoded under both keys, and the specification of the second epoch."""
    project = encoded.copy(tmp_path_factory.mktemp("rotated"))
    key_epochs.rotate(project.keys("gp"))
    later = project.folder / "spec-2.toml"
    later.write_text(re.sub(r"^epoch = 1\b", "epoch = 2", project.spec.read_text(), flags=re.MULTILINE))
    encode.run(project.job("gp", specification=later, out=project.folder / "packages" / "gp-2.cip"))
    maps = sorted((project.folder / "feeds").glob("gp.record_ids*.parquet"))
    assert len(maps) == 2
    out = project.folder / "packages" / "gp-ids.cip"
    told = translate.run(maps, "gp", later, project.keys("gp"), out)
    return project, later, maps, out, told


def opened(project, specification, out, **expected):
    unit = load_unit_keys(project.unit_keys, read_passphrase())
    agreed = read_specification(specification)
    wanted = Expectation(
        project=agreed.project,
        specification=agreed.fingerprint,
        schema=agreed.record_schema,
        kinds=("translation",),
        **expected,
    )
    return open_package(out, unit.envelope_key, load_trusted_sources(project.unit_keys), wanted)


def test_each_record_of_the_old_map_is_beside_its_id_of_the_new(rotated):
    project, later, maps, out, told = rotated
    with opened(project, later, out) as package:
        pairs = read_pairs(package.batches())
        manifest = package.manifest
    found = dict(
        zip(map(bytes.hex, map(bytes, pairs.earlier)), map(bytes.hex, map(bytes, pairs.later)), strict=True)
    )
    old, new = (pd.read_parquet(path).set_index("feed_record_id")["record_id"] for path in maps[::-1])
    if pq.read_schema(maps[0]).metadata[b"childindex.key"].startswith(b"epoch-1"):
        old, new = new, old
    assert {old[name]: new[name] for name in old.index}.items() <= found.items()
    assert told["records"] == len(old)
    assert len(found) == told["pairs"] == 4096
    assert (manifest.earlier_epoch, manifest.key_epoch, manifest.kind) == (1, 2, "translation")


def test_a_record_that_one_map_alone_names_is_translated_all_the_same(rotated, tmp_path):
    project, later, maps, _, told = rotated
    out = tmp_path / "one.cip"
    assert translate.run(maps[:1], "gp", later, project.keys("gp"), out)["records"] == told["records"]


def test_what_cannot_be_translated_is_refused_and_leaves_no_package(rotated, tmp_path):
    project, later, maps, _, _ = rotated
    out = tmp_path / "no.cip"
    keys = project.keys("gp")
    for arguments, error, told in (
        ((maps, "gp", project.spec, keys), SpecificationRefused, "begins with an earlier one"),
        ((maps, "school", later, keys), FeedRefused, "not of source 'school'"),
        (([project.id_map("school")], "gp", later, keys), FeedRefused, "not of source 'gp'"),
        (([project.feed("gp")], "gp", later, keys), FeedRefused, "no map of record ids of epoch 1 or 2"),
        ((maps, "gp", later, project.keys("school")), KeyRefused, "no project key of epoch 2"),
    ):
        with pytest.raises(error, match=told):
            translate.run(*arguments, out)
        assert not out.exists()


def test_a_map_whose_ids_are_not_those_of_its_key_is_refused(rotated, tmp_path):
    project, later, maps, _, _ = rotated
    table = pq.read_table(maps[0])
    swapped = table.set_column(2, "record_id", pa.array(table["record_id"].to_pylist()[::-1]))
    pq.write_table(swapped.cast(table.schema), tmp_path / "swapped.parquet")
    with pytest.raises(FeedRefused, match="of this map came of another key than the project key of epoch"):
        translate.run([tmp_path / "swapped.parquet"], "gp", later, project.keys("gp"), tmp_path / "no.cip")


def test_it_is_not_loaded_and_a_snapshot_is_no_translation(rotated, tmp_path):
    project, later, _, out, _ = rotated
    init.run(tmp_path / "index", later)
    with pytest.raises(PackageRefused, match="expected snapshot or delta, found translation"):
        load.run(tmp_path / "index", [out], project.unit_keys)
    with pytest.raises(PackageRefused, match="expected translation, found snapshot"):
        opened(project, project.spec, project.package("gp"))


def test_ids_of_another_earlier_key_are_refused(rotated):
    project, later, _, out, _ = rotated
    with pytest.raises(PackageRefused, match=r"earlier key check: expected 0+ of epoch 1, found"):
        opened(project, later, out, earlier_key_checks={1: "0" * 32})
    with pytest.raises(PackageRefused, match="another project key than the old index's"):
        opened(project, later, out, earlier_key_checks={2: "0" * 32})


def test_the_gate_passes_it_and_finds_a_value_in_it(rotated, tmp_path, monkeypatch):
    project, later, maps, out, _ = rotated
    assert verify.run(verify.VerifyJob(out)).verdict == "pass"
    at_unit = verify.run(verify.VerifyJob(out, later, project.unit_keys))
    assert (at_unit.verdict, at_unit.refusals) == ("pass", [])
    job = verify.VerifyJob(out, later, project.keys("gp"), project.feed("gp"), "gp")
    report = verify.run(job)
    assert report.verdict == "pass", [finding for finding in report.findings if finding.verdict != "pass"]
    assert "translated records" in {finding.check for finding in report.findings}
    first = pd.read_csv(project.feed("gp"), dtype=str).iloc[0].dropna()
    planted = max((value for value in first if len(value) <= 16), key=len).encode().ljust(16, b"\0")
    honest = translate.pack_pairs

    def leaking(pairs):
        later_ids = pairs.later.copy()
        later_ids[5] = list(planted)
        return honest(dataclasses.replace(pairs, later=later_ids))

    monkeypatch.setattr(translate, "pack_pairs", leaking)
    leaky = tmp_path / "leaky.cip"
    translate.run(maps, "gp", later, project.keys("gp"), leaky)
    refused = verify.run(dataclasses.replace(job, package=leaky))
    assert {finding.check for finding in refused.refusals} == {"leak scan"}


def test_the_command_says_what_it_wrote(rotated, tmp_path, run_command):
    project, later, maps, _, told = rotated
    arguments = ("translate", *maps, "--source", "gp", "--spec", later, "--keys", project.keys("gp"))
    result = run_command(*arguments, "--out", tmp_path / "a.cip", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["records"] == told["records"]
    assert run_command(*arguments, "--out", tmp_path / "a.cip").exit_code == 3
