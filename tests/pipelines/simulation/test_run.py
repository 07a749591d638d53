"""The job: files, order, determinism, refusals, and nothing left behind."""

from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from linkage.exchange.errors import InputRefused
from pipelines import simulate
from pipelines.simulate import run
from pipelines.simulation import SOURCES, Plan, Rates
from pipelines.simulation import spill as spilling
from pipelines.simulation.lists.tables import Tables
from pipelines.simulation.population.addresses import area_of
from pipelines.simulation.writing import TableWriter

pytestmark = pytest.mark.usefixtures("tables_at_hand")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_and_options_give_the_same_bytes(tmp_path: Path) -> None:
    rates = Rates.from_pairs(["twin=0.2"])
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        run(tmp_path / name, 300, seed, rates=rates)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a")["gp.csv"] != contents(tmp_path / "c")["gp.csv"]


def test_csv_and_parquet_say_the_same_and_the_summary_counts_them(tmp_path: Path) -> None:
    summary = run(tmp_path, 500, 1)
    assert tuple(feed.source for feed in summary.feeds) == SOURCES
    for feed in summary.feeds:
        table = pyarrow.parquet.read_table(tmp_path / f"{feed.source}.parquet")
        options = pyarrow.csv.ConvertOptions(
            column_types=table.schema, strings_can_be_null=True, quoted_strings_can_be_null=False
        )
        assert pyarrow.csv.read_csv(tmp_path / f"{feed.source}.csv", convert_options=options).equals(table)
        assert feed.records == len(table)
        assert feed.files == (tmp_path / f"{feed.source}.csv", tmp_path / f"{feed.source}.parquet")
    truth = pyarrow.parquet.read_table(summary.truth)
    assert len(truth) == summary.records
    assert truth.column_names[:3] == ["source", "record_id", "entity_id"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "benefits.csv", "benefits.parquet", "gp.csv", "gp.parquet", "school.csv", "school.parquet", "truth.parquet"
    ]  # fmt: skip


def test_formats_are_a_choice(tmp_path: Path) -> None:
    run(tmp_path, 50, 1, formats=("csv",))
    assert {path.suffix for path in tmp_path.iterdir() if path.stem != "truth"} == {".csv"}


@pytest.mark.parametrize("n_buckets", [1, 7])
def test_chunks_workers_and_buckets_change_no_row(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_buckets: int
) -> None:
    plan = Plan(900, 4, Rates(), chunk_children=200)
    area = area_of(tables.places, plan.children, plan.seed)
    written = []
    monkeypatch.setattr(simulate, "n_buckets", lambda _: n_buckets)
    for name, order in (("forward", range(5)), ("backward", range(4, -1, -1))):
        folder, out = tmp_path / f"spill {name}", tmp_path / name
        folder.mkdir()
        out.mkdir()
        job = simulate._Job(plan, tables, area, folder)
        for chunk in order:
            job.make(chunk)
        simulate._write(plan, out, folder, ("csv",), lambda *_: None)
        written.append(contents(out))
    assert written[0] == written[1]
    ids = [line.split(b",")[0] for line in written[0]["school.csv"].splitlines()[1:]]
    assert ids == sorted(ids)


def test_worker_processes_make_the_same_chunks(tables: Tables, tmp_path: Path) -> None:
    plan = Plan(800, 4, Rates(), chunk_children=200)
    area = area_of(tables.places, plan.children, plan.seed)
    reports = []
    for name, workers in (("here", 1), ("there", 2)):
        folder = tmp_path / name
        folder.mkdir()
        job = simulate._Job(plan, tables, area, folder)
        simulate._make(job, workers, lambda *report: reports.append(report))
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
    assert reports.count(("making children", 800, 800)) == 2


def test_spilt_rows_come_back_in_order(tables: Tables, tmp_path: Path) -> None:
    plan = Plan(100, 4, Rates(), chunk_children=50)
    job = simulate._Job(plan, tables, area_of(tables.places, 100, 4), tmp_path)
    for chunk in range(2):
        job.make(chunk)
    feeds, truths = zip(*spilling.buckets(tmp_path, "gp", 2, 1), strict=True)
    ids = feeds[0]["patient_id"].to_pylist()
    assert ids == sorted(ids) == truths[0]["record_id"].to_pylist()


def test_progress_is_told_for_every_stage(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    run(tmp_path, 60, 1, progress=lambda *report: told.append(report))
    assert {stage for stage, _, _ in told} == {
        "making children",
        *(f"writing {source}" for source in SOURCES),
    }
    assert all(0 <= done <= total for _, done, total in told)


def test_files_that_are_there_are_not_overwritten_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "gp.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(InputRefused, match=r"gp\.csv exist already"):
        run(tmp_path, 50, 1)
    assert contents(tmp_path) == {"gp.csv": b"mine"}
    run(tmp_path, 50, 1, overwrite=True)
    assert len(contents(tmp_path)["gp.csv"]) > 1_000


def test_an_unknown_format_and_no_children_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="expected csv, parquet or both, got xlsx"):
        run(tmp_path / "out", 50, 1, formats=("csv", "xlsx"))  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match="number of children"):
        run(tmp_path / "out", 0, 1)
    assert not (tmp_path / "out").exists()


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(TableWriter, "write", break_down)
    with pytest.raises(RuntimeError, match="disk full"):
        run(tmp_path, 50, 1)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("children", [1, 2, 3])
def test_very_few_children(tmp_path: Path, children: int) -> None:
    summary = run(tmp_path, children, 1, rates=Rates.from_pairs(["in_school=0", "in_benefits=0"]))
    assert pyarrow.parquet.read_table(tmp_path / "school.parquet").num_rows == 0
    assert 0 <= summary.records <= 2 * children
