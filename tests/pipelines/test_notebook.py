"""The analyst's notebook runs from its first cell to its last, and shows no record."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines.at_unit.tune import read_material

ROOT = Path(__file__).parents[2]


# The kernel's own libraries warn of event loops and ports, which is none of ours.
@pytest.mark.filterwarnings("ignore")
def test_the_notebook_runs(linked, monkeypatch):
    monkeypatch.setenv("CHILDINDEX_INDEX", str(linked.index))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = nbformat.read(ROOT / "docs" / "analyst.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(outputs) >= 10
    text = nbformat.writes(notebook)
    material = read_material(linked.index)
    assert not any(identifier.tobytes().hex() in text for identifier in material.record_ids)
