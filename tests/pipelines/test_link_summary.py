"""`link` tells how many of a source were found in another, and says so where nobody was."""

import json
import shutil

from pipelines.at_unit.nights.warned import nobody_met


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
