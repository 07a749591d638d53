"""Canaries between both ends: sources that encode alike pass, one that does not is named with its columns."""

import json

import pytest
from project_on_disk import SOURCES

from linkage.exchange.errors import IndexRefused, PackageRefused
from pipelines.at_source import encode
from pipelines.at_unit import init, load


@pytest.fixture
def project(prepared, tmp_path):
    project = prepared.copy(tmp_path / "project")
    init.run(project.index, project.spec)
    encode.run(project.job("school"))
    return project


def test_sources_that_encode_alike_are_loaded_without_their_canaries(project):
    encoded = encode.run(project.job("gp")).counts.encoded
    loaded = load.run(project.index, [project.package(source) for source in SOURCES[:2]], project.unit_keys)
    assert [package.canaries for package in loaded] == [16, 16]
    assert loaded[1].staged.n_new == encoded
    assert "no canaries" not in load.text(loaded)
    (noted,) = json.loads((project.index / "canaries.json").read_text()).values()
    assert noted["source"] == "school"


def otherwise(monkeypatch):
    """A library of this source folds names otherwise."""
    true = encode.canary_records

    def changed(specification, encoder, derive):
        records = true(specification, encoder, derive)
        column = specification.record_schema.columns[0]
        records.words[3, column.offset] ^= 1
        return records

    monkeypatch.setattr("pipelines.at_source.encode.canary_records", changed)


def test_a_source_that_encodes_otherwise_is_refused_with_source_column_and_remedy(project, monkeypatch):
    otherwise(monkeypatch)
    encode.run(project.job("gp"))
    load.run(project.index, [project.package("school")], project.unit_keys)
    with pytest.raises(PackageRefused) as refusal:
        load.run(project.index, [project.package("gp")], project.unit_keys)
    told = str(refusal.value)
    for word in ("source 'gp'", "source 'school'", "filter.", "install the same release"):
        assert word in told
    noted = json.loads((project.index / "canaries.json").read_text())
    assert [entry["source"] for entry in noted.values()] == ["school"]


def test_a_refused_package_leaves_nothing_in_the_index(project, monkeypatch):
    otherwise(monkeypatch)
    encode.run(project.job("gp"))
    load.run(project.index, [project.package("school")], project.unit_keys)
    with pytest.raises(PackageRefused):
        load.run(project.index, [project.package("gp")], project.unit_keys)
    monkeypatch.undo()
    project.package("gp").unlink()
    encoded = encode.run(project.job("gp", kind="snapshot")).counts.encoded
    (loaded,) = load.run(project.index, [project.package("gp")], project.unit_keys)
    assert loaded.staged.n_new == encoded


def test_damaged_digests_are_told(project):
    (project.index / "canaries.json").write_text("[")
    with pytest.raises(IndexRefused, match="damaged"):
        load.run(project.index, [project.package("school")], project.unit_keys)
