"""`link` tells how many of a source were found in another, and says so where nobody was."""

import json
import shutil

from pipelines.at_unit import adopt, tune
from pipelines.at_unit.nights.warned import nobody_met
from pipelines.at_unit.recipients import Asking


def test_sources_that_share_nobody_are_named():
    (told,) = nobody_met({"a in b": 0.0, "b in a": 0.0, "a in c": 0.2})
    assert "a in b, b in a." in told
    assert "a in c" not in told
    assert nobody_met({"a in b": 0.001}) == []


def test_link_tells_what_was_found_elsewhere(run_command, linked, tmp_path):
    shutil.copytree(linked.index, tmp_path / "index")
    result = json.loads(run_command("link", tmp_path / "index", "--json").stdout)
    assert result["met"]
    assert all(0 < share <= 1 for share in result["met"].values())


def test_a_refused_run_has_its_document_too(run_command, linked, tmp_path):
    project = linked.copy(tmp_path / "project")
    project.spec.write_text(project.spec.read_text() + "\n[breaker]\nfewest_records = 0\n")
    adopt.run(project.index, project.spec, Asking(requester="me", purpose="test"))
    model = tmp_path / "model.json"
    tune.set_threshold(project.index, model, 20.0, who="me", reason="a try")
    result = run_command("link", project.index, "--model", model, "--json")
    assert result.exit_code == 4
    told = json.loads(result.stdout)
    assert told["outcome"] == "refused"
    assert any("match_rate" in line for line in told["tripped"])
    assert "was not published" in result.stderr
