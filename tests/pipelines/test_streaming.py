"""Linking records that do not fit into memory gives what linking them in memory gives."""

import re

import numpy as np
import pytest
from project_on_disk import SOURCES

from linkage.index import open_index
from pipelines.at_unit import init, link, load
from pipelines.at_unit.linking import records as reading
from pipelines.at_unit.linking import streamed
from pipelines.at_unit.linking.checkpoints import Checkpoints
from pipelines.at_unit.linking.memory import rows_at_once


@pytest.fixture(scope="module")
def loaded(encoded, tmp_path_factory):
    """An index that is loaded, whose specification compares by blocking keys and near filters only."""
    project = encoded.copy(tmp_path_factory.mktemp("streaming"))
    near = 'near = [{ filter = "birth_date", similarity = 0.95, sampled_bits = 30 }]'
    text = re.sub(r"every_pair_up_to = \S+", f"every_pair_up_to = 0\n{near}", project.spec.read_text())
    # Fewer comparisons: a table of patterns that is quickly fitted.
    text = re.sub(r'\[\[comparisons\]\]\nname = "(address|guardian_forename|upn)"\n(?:.+\n)+\n', "", text)
    project.spec.write_text(text)
    init.run(project.index, project.spec)
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    return project


@pytest.fixture
def stream(monkeypatch):
    """Let records be streamed, so many at a time."""

    def at_once(rows: int) -> None:
        monkeypatch.setattr(reading, "fits_whole", lambda *_: False)
        monkeypatch.setattr(reading, "rows_at_once", lambda *_: rows)

    return at_once


def outcome(project):
    """What a run leaves behind: links in order, the partition by row, and the model."""
    summary = link.run(link.LinkJob(project.index, refit=True))
    with open_index(project.index) as index:
        links, live = index.links(), index.live_rows()
        model = index.runs()[-1].model
    first = np.unique(live.children, return_inverse=True)[1]
    return [*vars(links).values(), first, live.rows], model, summary


def test_streaming_goes_on_where_it_was_cut_short_and_gives_what_memory_gives(
    loaded, tmp_path, stream, monkeypatch
):
    expected, model, summary = outcome(loaded.copy(tmp_path / "in-memory"))
    assert len(expected[0]) > 200
    project = loaded.copy(tmp_path / "streamed")
    stream(600)
    emit, emitted = streamed.emit_pairs, []

    def interrupted(*arguments, **options):
        if len(emitted) == 3:
            raise KeyboardInterrupt
        emitted.append(arguments)
        return emit(*arguments, **options)

    monkeypatch.setattr(streamed, "emit_pairs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        link.run(link.LinkJob(project.index))
    kept = list((project.index / "linking").rglob("*.npz"))
    assert len([path for path in kept if path.name.startswith("pairs-")]) == 3

    again = []
    monkeypatch.setattr(streamed, "count_patterns", lambda *_, **__: pytest.fail("counted again"))
    monkeypatch.setattr(streamed, "emit_pairs", lambda *a, **k: again.append(a) or emit(*a, **k))
    found, streamed_model, streamed_summary = outcome(project)
    for one, other in zip(expected, found, strict=True):
        assert np.array_equal(one, other)
    assert model == streamed_model
    assert summary.pairs_compared == streamed_summary.pairs_compared
    assert len(again) >= 3
    assert not (project.index / "linking").exists(), "a publication leaves no checkpoint behind"


def test_checkpoints_of_another_state_are_thrown_away(tmp_path):
    kept = Checkpoints(tmp_path, "a")
    kept.save("step", {"numbers": np.arange(3)})
    assert Checkpoints(tmp_path, "a").load("step")["numbers"].tolist() == [0, 1, 2]
    assert Checkpoints(tmp_path, "b").load("step") is None
    assert not (tmp_path / "a").exists()


def test_too_little_memory_is_refused_with_what_is_needed(loaded, run_command):
    assert rows_at_once(1_000_000, 42, 2_000) > 500_000
    found = run_command("link", loaded.index, "--plan", "--memory", 1)
    assert found.exit_code == 3
    assert "raise --memory" in found.stderr


def test_a_memory_that_every_pair_does_not_fit_into_is_refused_too(encoded, tmp_path, run_command):
    """Nothing is streamed then, so the option would count for nothing."""
    project = encoded.copy(tmp_path / "every-pair")
    init.run(project.index, project.spec)
    load.run(project.index, [project.package("gp")], project.unit_keys)
    found = run_command("link", project.index, "--memory", 1)
    assert found.exit_code == 3
    assert "every pair of" in found.stderr
    assert "raise --memory" in found.stderr
    assert run_command("link", project.index, "--plan", "--memory", 2_000).exit_code == 0
