"""The border to DuckDB."""

from pathlib import Path

import pyarrow as pa
import pytest

from linkage.exchange.errors import ChildindexError, IndexRefused
from linkage.index.storage.engine import Engine, default_memory_mb

SECRET = "Zanzibar-7431"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = Engine(tmp_path / "store.duckdb", threads=1)
    engine.execute("CREATE TABLE t (a VARCHAR PRIMARY KEY, n BIGINT)")
    return engine


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("INSERT INTO t VALUES (?, 1), (?, 2)", [SECRET, SECRET]),
        ("SELECT CAST(? AS BIGINT)", [SECRET]),
        ("SELECT error(?)", [SECRET]),
        ("INSERT INTO t VALUES (?, ?)", [SECRET, SECRET]),
    ],
)
def test_errors_quote_no_values(engine: Engine, sql: str, parameters: list[str]) -> None:
    with pytest.raises(ChildindexError) as failure:
        engine.execute(sql, parameters)
    error: BaseException | None = failure.value
    assert error is not None
    assert error.__context__ is None
    assert error.__cause__ is None
    assert SECRET not in str(error)


def test_a_fault_of_ours_names_the_statement(engine: Engine) -> None:
    with pytest.raises(ChildindexError, match="CatalogException in the store at `SELECT x FROM nowhere"):
        engine.execute("SELECT x FROM nowhere")


def test_counts_of_changes(engine: Engine) -> None:
    assert engine.execute("INSERT INTO t SELECT i, i FROM range(10) r(i)") == 10
    assert engine.execute("UPDATE t SET n = 0 WHERE n > 6") == 3
    assert engine.execute("DELETE FROM t WHERE n = 0") == 4


def insert_and(engine: Engine, second: str | None) -> None:
    with engine.transaction():
        engine.execute("INSERT INTO t VALUES ('a', 1)")
        if second is None:
            raise TypeError
        engine.execute(second)


def test_a_transaction_is_all_or_nothing(engine: Engine) -> None:
    for second, error in (("SELECT 1 / nonsense", ChildindexError), (None, TypeError)):
        with pytest.raises(error):
            insert_and(engine, second)
        assert engine.value("SELECT count(*) FROM t") == 0
    insert_and(engine, "SELECT 1")
    assert engine.value("SELECT count(*) FROM t") == 1


def test_tables_are_lent_for_a_block(engine: Engine) -> None:
    lent = pa.table({"x": [1, 2, 3]})
    with engine.table("lent", lent):
        assert engine.arrow("SELECT sum(x)::BIGINT AS s FROM lent").to_pylist() == [{"s": 6}]
    with pytest.raises(ChildindexError):
        engine.value("SELECT count(*) FROM lent")


def test_python_variables_are_not_tables(engine: Engine) -> None:
    mine = pa.table({"x": [1]})
    with pytest.raises(ChildindexError):
        engine.value("SELECT count(*) FROM mine")
    assert mine.num_rows == 1


def test_files_outside_are_out_of_reach(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    for sql in (
        "FROM read_csv('{}/x.csv')",
        "COPY t TO '{}/y.csv'",
        "ATTACH '{}/z.duckdb'",
        "SET threads = 1",
    ):
        with pytest.raises(ChildindexError):
            engine.execute(sql.format(tmp_path))


def test_streams_in_batches(engine: Engine) -> None:
    batches = list(engine.batches("SELECT i FROM range(10000) r(i)", n_rows=3000))
    assert sum(len(batch) for batch in batches) == 10000
    assert len(batches) > 1


def test_a_store_that_is_missing_or_in_use(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ChildindexError):
        Engine(tmp_path / "nowhere.duckdb", read_only=True)
    with pytest.raises(IndexRefused, match="open in this process"):
        Engine(tmp_path / "store.duckdb", read_only=True)


def test_the_store_takes_its_share_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = {}
    for pages in (1 << 20, 6 << 20, 64 << 20):
        monkeypatch.setattr("os.sysconf", lambda name, pages=pages: 4096 if name == "SC_PAGE_SIZE" else pages)
        share[pages] = default_memory_mb()
    assert list(share.values()) == [1024, 3072, 4096]
    monkeypatch.undo()
    engine = Engine(tmp_path / "store.duckdb")
    limit = engine.arrow("SELECT current_setting('memory_limit') AS told")["told"][0].as_py()
    engine.close()
    assert float(limit.split()[0]) >= 1
    assert limit.endswith("GiB")


@pytest.mark.parametrize(
    ("said", "expected"), [("Query interrupted", KeyboardInterrupt), ("something else", RuntimeError)]
)
def test_a_statement_that_the_user_stops_is_no_fault(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, said: str, expected: type[BaseException]
) -> None:
    class Stopped:
        def execute(self, *_: object) -> None:
            raise RuntimeError(said)

    monkeypatch.setattr(engine, "_connection", Stopped())
    with pytest.raises(expected):
        engine.rows("SELECT 1")
