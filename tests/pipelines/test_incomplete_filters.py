"""Feeds whose records lack fields, through every job: their filters have columns of their own."""

import numpy as np
import pytest
from nights_on_disk import arrive, partition, read_feed, seal, with_operations
from project_on_disk import SOURCES, Project, make_keys

from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification import default_specification_text, read_specification
from linkage.index import open_index
from pipelines import evaluate, simulate
from pipelines.at_source import encode, verify
from pipelines.at_unit import init, link, load, nightly
from pipelines.at_unit.linking import records as reading

LACKING = {"school": {"postcode": 0.3}, "gp": {"date_of_birth": 0.2, "postcode": 0.1}, "benefits": {}}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """Packages of three feeds, two of which lack fields."""
    project = Project(tmp_path_factory.mktemp("incomplete"))
    simulate.run(project.folder / "feeds", 250, seed=5, formats=("csv",), workers=1)
    rng = np.random.default_rng(1)
    for source, columns in LACKING.items():
        rows = read_feed(project, source)
        for column, share in columns.items():
            rows.loc[rng.random(len(rows)) < share, column] = ""
        rows.to_csv(project.feed(source), index=False)
    text = default_specification_text("children_private").replace(
        "fill = 0.19", "fill = 0.19\nleast_fields = 2"
    )
    project.spec.write_text(text, encoding="utf-8")
    with_operations(project)
    make_keys(project)
    (project.folder / "packages").mkdir()
    for source in SOURCES:
        encode.run(project.job(source))
    init.run(project.index, project.spec)
    return project


@pytest.fixture(scope="module")
def first_night(sealed, tmp_path_factory):
    """Loaded and linked by a first night."""
    project = sealed.copy(tmp_path_factory.mktemp("first-night"))
    arrive(project, *(project.package(source) for source in SOURCES))
    assert nightly.run(job(project)).exit_status == 0
    return project


def job(project):
    return nightly.NightlyJob(project.index, project.folder / "inbox", project.unit_keys)


def test_records_that_lack_a_field_are_linked(first_night):
    told = evaluate.run(
        first_night.index, first_night.truth, [first_night.id_map(source) for source in SOURCES]
    )
    assert told.pairs.precision > 0.9
    assert told.pairs.recall > 0.9


def test_a_record_has_its_filter_in_one_column(first_night):
    schema = read_specification(first_night.spec).record_schema
    with open_index(first_night.index) as index:
        words = index.words(index.live_rows().rows)
    shares = []
    for column in schema.of_kind(ColumnKind.FILTER):
        other = schema.column(ColumnKind.INCOMPLETE, column.name)
        whole, lacks = (words[:, one.offset : one.stop].any(axis=1) for one in (column, other))
        assert not (whole & lacks).any()
        assert (whole | lacks).mean() > 0.95
        shares.append(lacks.mean())
    assert all(0.05 < share < 0.4 for share in shares)


def test_the_gate_judges_both_columns(sealed, tmp_path):
    # Too few records to judge by: what is looked at counts, and that nothing is wrong with the rows.
    quick = tmp_path / "quick.toml"
    quick.write_text(sealed.spec.read_text() + "\n[privacy.limits]\nleast_records = 100000\n")
    report = verify.run(
        verify.VerifyJob(
            package=sealed.package("gp"),
            specification=quick,
            keys=sealed.keys("gp"),
            plaintext=sealed.feed("gp"),
        )
    )
    judged = {(finding.check, finding.target) for finding in report.findings}
    for filters in ("filter.names_birth", "incomplete.names_birth"):
        assert {("entropy of bits", filters), ("crowded codes", filters)} <= judged
    wrong = {finding.check for finding in report.refusals}
    assert not wrong & {"same records", "encoded again", "columns", "crowded codes", "leak scan"}


def test_a_night_of_changes_ends_where_a_full_run_ends(first_night, tmp_path):
    project = first_night.copy(tmp_path / "nights")
    school, gp = read_feed(project, "school"), read_feed(project, "gp")
    # Some lose a field, some get it back, some leave.
    school.loc[:9, "postcode"] = ""
    gp.loc[:9, "date_of_birth"] = "2012-03-04"
    arrive(
        project,
        seal(project, "school", school[:20], "school-2", deleted=list(school.iloc[20:24, 0])),
        seal(project, "gp", gp[:20], "gp-2"),
    )
    night = nightly.run(job(project))
    assert night.exit_status == 0
    by_night = partition(project.index)
    link.run(link.LinkJob(project.index))
    assert partition(project.index) == by_night


def test_streaming_gives_what_memory_gives(sealed, tmp_path, monkeypatch):
    project = sealed.copy(tmp_path / "streamed")
    text = (project.index / "specification.toml").read_text()
    (project.index / "specification.toml").write_text(
        text.replace('every_pair_up_to = "auto"', "every_pair_up_to = 0")
    )
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    link.run(link.LinkJob(project.index))
    in_memory = partition(project.index)
    monkeypatch.setattr(reading, "fits_whole", lambda *_: False)
    monkeypatch.setattr(reading, "rows_at_once", lambda *_: 300)
    link.run(link.LinkJob(project.index, refit=True))
    assert partition(project.index) == in_memory
