"""Spark and one machine agree: the same links, the same posteriors, the same children."""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from project_on_disk import SOURCES

from linkage import spark
from linkage.exchange.errors import InputRefused
from linkage.index import open_index
from pipelines.at_unit import init, link, load


def _needed() -> None:
    missing = [
        name
        for name, there in (("pyspark", find_spec("pyspark")), ("java", shutil.which("java")))
        if not there
    ]
    if not missing:
        return
    reason = f"{' and '.join(missing)} not installed; Spark is an extra: pip install 'childindex[spark]', and Java 17"
    if os.environ.get("CHILDINDEX_FULL") == "1":
        pytest.fail(f"CHILDINDEX_FULL asks for everything: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def loaded(encoded, tmp_path_factory):
    """An index that is loaded, whose specification compares by blocking keys only."""
    project = encoded.copy(tmp_path_factory.mktemp("spark"))
    text = re.sub(r"every_pair_up_to = \S+", "every_pair_up_to = 0", project.spec.read_text())
    # Fewer comparisons: a table of patterns that is quickly fitted.
    text = re.sub(r'\[\[comparisons\]\]\nname = "(address|guardian_forename|upn)"\n(?:.+\n)+\n', "", text)
    project.spec.write_text(text)
    init.run(project.index, project.spec)
    load.run(project.index, [project.package(source) for source in SOURCES], project.unit_keys)
    return project


def outcome(index):
    """Links with pattern, weight and stratum, the partition by row, and the model."""
    with open_index(index) as opened:
        links, live = opened.links(), opened.live_rows()
        model = opened.runs()[-1].model
    partition = np.unique(live.children, return_inverse=True)[1]
    return [*vars(links).values(), live.rows, partition], model


def test_both_engines_give_the_same_links_posteriors_and_children(loaded, tmp_path):
    _needed()
    one, other = loaded.copy(tmp_path / "embedded"), loaded.copy(tmp_path / "spark")
    embedded = link.run(link.LinkJob(one.index))
    # A process of its own: Spark's Java lives as long as the process does.
    job = (
        "import sys; from pathlib import Path; from pipelines.at_unit import link;"
        "from pipelines.at_unit.linking.resources import Resources;"
        "link.run(link.LinkJob(Path(sys.argv[1]),"
        " resources=Resources(engine='spark', spark_master='local[2]')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", job, str(other.index)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    expected, model = outcome(one.index)
    found, spark_model = outcome(other.index)
    assert len(expected[0]) > 200
    assert model == spark_model
    for a, b in zip(expected, found, strict=True):
        assert np.array_equal(a, b)
    assert embedded.children == len(np.unique(found[-1]))
    assert not list((other.index / "scratch").iterdir()), "no record is left behind for the executors"


def test_without_pyspark_the_refusal_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(InputRefused, match=r"childindex\[spark\]"), spark.spark_session():
        pass
