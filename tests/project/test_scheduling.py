"""The examples for schedulers say what the commands know, and the DAG parses where Airflow is installed."""

import re
from pathlib import Path

import pytest

from pipelines.commands.nights import nightly

FOLDER = Path(__file__).parents[2] / "docs" / "scheduling"


@pytest.mark.parametrize("name", ["childindex-nightly.service", "childindex_nightly.py"])
def test_every_option_in_an_example_is_one_of_the_command(name):
    used = set(re.findall(r"(?<![\w-])--[a-z-]+", (FOLDER / name).read_text(encoding="utf-8")))
    known = {option for parameter in nightly.params for option in parameter.opts}
    assert used - {"--now"} <= known
    assert {"--keys", "--metrics", "--log-json"} <= used


def test_the_timer_starts_the_service():
    assert (FOLDER / "childindex-nightly.timer").stem == (FOLDER / "childindex-nightly.service").stem
    assert "OnCalendar=" in (FOLDER / "childindex-nightly.timer").read_text(encoding="utf-8")


def test_the_dag_parses(monkeypatch, tmp_path):
    pytest.importorskip(
        "airflow", reason="Airflow is not among the locked packages; install it beside to check"
    )
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415 - only where it is installed

    bag = DagBag(dag_folder=str(FOLDER))
    assert bag.import_errors == {}
    assert list(bag.dags) == ["childindex_nightly"]


def test_the_service_may_keep_what_it_compiles():
    text = (FOLDER / "childindex-nightly.service").read_text(encoding="utf-8")
    folder = re.search(r"^CacheDirectory=(\S+)$", text, re.MULTILINE)[1]
    assert f"Environment=NUMBA_CACHE_DIR=/var/cache/{folder}\n" in text
