"""Feeds: what is read, how it is cut into batches, and how each fault is refused without showing a value."""

import gzip
import traceback
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encoders.feeds.feed import join_columns, open_feed
from linkage.exchange.errors import FeedRefused

CANARY = "Zyxwvutcanary"
COLUMNS = ("id", "forename", "surname")


def _csv(folder: Path, content: bytes | str, name: str = "feed.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _parquet(folder: Path, **columns: "pa.Array") -> Path:
    path = folder / "feed.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def _rows(path: Path, columns: tuple[str, ...] = COLUMNS, **options: Any) -> list[tuple[object, ...]]:
    with open_feed(path, columns=columns, **options) as feed:
        return [tuple(row.values()) for batch in feed for row in batch.to_pylist()]


def _refusal(path: Path, columns: tuple[str, ...] = COLUMNS, **options: Any) -> str:
    """The message of the refusal, after checking that nothing of the error's whole story holds a canary."""
    with pytest.raises(FeedRefused) as caught, open_feed(path, columns=columns, **options) as feed:
        list(feed)
    story = "".join(traceback.format_exception(caught.value))
    assert CANARY not in story
    context: BaseException | None = caught.value
    while context is not None:
        assert CANARY not in str(context) + repr(context.args)
        context = context.__context__
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    lines = ["id,forename,surname", "1,Ann,Lee", "2,,Ray"]
    path = _csv(tmp_path, "\n".join(lines).replace(",", delimiter))
    assert _rows(path) == [("1", "Ann", "Lee"), ("2", None, "Ray")]


def test_a_delimiter_that_is_named_is_not_looked_for(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id:a,b,c:surname\n1:x,y:Lee\n")
    assert _rows(path, ("id", "surname"), delimiter=":") == [("1", "Lee")]


def test_blanks_around_the_names_of_a_header_are_no_part_of_them(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id, forename ,\tsurname\n1, Ann,Lee\n")
    assert _rows(path) == [("1", " Ann", "Lee")]
    assert _rows(path, ("surname", "id")) == [("Lee", "1")]
    assert "duplicate column names: 'id'" in _refusal(_csv(tmp_path, "id, id\n1,2\n"), ("id",))


def test_quoted_values_may_hold_delimiters_marks_and_lines(tmp_path: Path) -> None:
    path = _csv(tmp_path, 'id,forename,surname\r\n1,"A ""x"", b","two\nlines"\r\n\r\n2,Bo,"Ray"\r\n')
    assert _rows(path) == [("1", 'A "x", b', "two\nlines"), ("2", "Bo", "Ray")]


def test_only_the_columns_asked_for_are_read_in_that_order(tmp_path: Path) -> None:
    path = _csv(tmp_path, "other,surname,id,forename\nx,Lee,1,Ann\n")
    with open_feed(path, columns=["surname", "id", "surname"]) as feed:
        (batch,) = feed
    assert feed.columns == ("surname", "id")
    assert batch.to_pylist() == [{"surname": "Lee", "id": "1"}]


@pytest.mark.parametrize("n_rows", [1, 6, 7, 8, 21, 30])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_batch_but_the_last_is_full(tmp_path: Path, n_rows: int, suffix: str) -> None:
    ids = [str(row) for row in range(n_rows)]
    path = (
        _csv(tmp_path, "id\n" + "\n".join(ids))
        if suffix == "csv"
        else _parquet(tmp_path, id=pa.array(ids, pa.string()))
    )
    with open_feed(path, columns=["id"], batch_rows=7) as feed:
        batches = list(feed)
        assert feed.bytes_read() == feed.size_bytes == path.stat().st_size
    assert [row for batch in batches for row in batch.column("id").to_pylist()] == ids
    assert {batch.num_rows for batch in batches[:-1]} <= {7}


def test_blocks_do_not_show_in_the_rows(tmp_path: Path) -> None:
    n_rows = 150_000
    path = _csv(
        tmp_path, "id,forename,surname\n" + "".join(f'{row},An\u00e9 {row},"Le,e"\n' for row in range(n_rows))
    )
    assert path.stat().st_size < 8 << 20
    with open_feed(path, columns=["id"]) as feed:
        sizes: list[int] = []
        for batch in feed:
            assert batch.column("id")[0].as_py() == str(sum(sizes))
            sizes.append(batch.num_rows)
    assert sizes == [65_536, 65_536, n_rows - 2 * 65_536]


def test_a_feed_is_read_once(tmp_path: Path) -> None:
    with open_feed(_csv(tmp_path, "id\n1\n"), columns=["id"]) as feed:
        list(feed)
        with pytest.raises(RuntimeError, match="read once"):
            list(feed)


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("utf-8", "utf-8-sig"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("latin-1", "latin-1")]
    + [("utf-16", codec) for codec in ("utf-16", "utf-16-le")],
)
def test_encodings(tmp_path: Path, encoding: str, codec: str) -> None:
    path = _csv(tmp_path, "id,forename,surname\n1,Zo\u00eb,\u00dcnal\n".encode(codec))
    assert _rows(path, encoding=encoding) == [("1", "Zo\u00eb", "\u00dcnal")]


def test_parquet_types_are_read_as_text_or_dates(tmp_path: Path) -> None:
    day = date(2015, 3, 9)
    path = _parquet(
        tmp_path,
        whole=pa.array([7, None]),
        floating=pa.array([12.0, float("nan")]),
        fraction=pa.array([1.5, None]),
        decimal=pa.array([Decimal("3.00"), None]),
        dictionary=pa.array(["x", None]).dictionary_encode(),
        large=pa.array(["y", None], pa.large_string()),
        day=pa.array([day, None]),
        moment=pa.array([datetime(2015, 3, 9, 23, 59, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        zoned=pa.array([datetime(2015, 3, 8, 20, tzinfo=UTC), None], pa.timestamp("s", "Asia/Tokyo")),
        nothing=pa.nulls(2),
        truth=pa.array([True, None]),
    )
    columns = tuple(pq.read_schema(path).names)
    first, second = _rows(path, columns)
    assert first == ("7", "12", "1.5", "3", "x", "y", day, day, day, None, "true")
    assert second == (None,) * len(columns)


def test_several_columns_are_joined_by_a_blank() -> None:
    batch = pa.record_batch(
        {
            "number": ["12", "3", None, ""],
            "street": ["High St", None, None, None],
            "town": [None, "Ely", None, None],
            "day": pa.array([None] * 4, pa.date32()),
        }
    )
    joined = join_columns(batch, ["number", "street", "town", "day"])
    assert joined.to_pylist() == ["12 High St", "3 Ely", None, None]
    assert join_columns(batch, ["street"]).to_pylist() == ["High St", None, None, None]
    assert pa.types.is_date32(join_columns(batch, ["day"]).type)


# ---------------------------------------------------------------- refusals

GOOD = f"id,forename,surname\n1,{CANARY},{CANARY}\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD + f"2,{CANARY}\n", "row 2: expected 3 columns, got 2"),
        (GOOD + f"\n\n2,{CANARY},x,{CANARY}\n", "row 2: expected 3 columns, got 4"),
        (GOOD + f'2,"{CANARY}\n\n",x\n3,{CANARY}\n', "row 3: expected 3 columns, got 2"),
        (
            GOOD.encode() + b"2,\xff" + CANARY.encode() + b",x\n",
            "row 2: column 'forename' is not valid UTF-8",
        ),
        (GOOD.encode() + b"2,Zo\xeb,x\n", "is the feed Windows-1252 (cp1252)?"),
        (GOOD + f"2,{CANARY}\0,x\n", "row 2: column 'forename' holds a NUL character"),
        (GOOD + f'2,"{CANARY},x\n3,y,z\n', "row 2: its quotation marks do not balance"),
        (
            GOOD + f'2,"{CANARY}' + "\n3,y,z" * 30 + '",w\n',
            "row 2: the value of column 'forename' runs over more than 20",
        ),
        ("id,forename,surname\n", "the feed is empty: expected rows after the header, got none"),
        ("id,forename,surname", "the feed is empty: expected rows after the header, got none"),
        ("", "the feed is empty: expected a header"),
        (f"id,forename,surname,id\n1,{CANARY},x,y\n", "duplicate column names: 'id'"),
        (
            f"id,forename,sur_nam\n1,{CANARY},x\n",
            "'surname' (did you mean 'sur_nam'?); the feed has 'id', 'forename'",
        ),
        (
            f"id,Forename,other\n1,{CANARY},x\n",
            "'forename' (did you mean 'Forename'?); 'surname'; the feed has",
        ),
        (
            f"1,{CANARY},{CANARY}\n2,{CANARY},x\n",
            "none of 'id', 'forename', 'surname' is among the 3 of the header",
        ),
        (GOOD.encode("utf-16"), 'the file is UTF-16; set encoding = "utf-16" of the source'),
        ("id,forename,surn\xe4me\n1,x,y\n".encode("latin-1"), "the header is not valid UTF-8"),
        ("sep=,\r\n" + GOOD, "hint about the delimiter (sep=), not the header; remove it"),
        (
            'id,"fore\nname",surname\n1,x,y\n',
            "a column name that runs over two lines; write the header on one",
        ),
        ("id,forename,sur\0name\n1,x,y\n", "the header holds a NUL"),
    ],
)
def test_a_csv_fault_is_located_and_no_value_shown(
    tmp_path: Path, content: bytes | str, expected: str
) -> None:
    assert expected in _refusal(_csv(tmp_path, content))


def test_a_late_fault_has_its_row_number(tmp_path: Path) -> None:
    n_rows = 120_000
    good = f"1,{CANARY},x{'y' * 60}\n" * n_rows
    assert len(good) > 8 << 20
    for fault in (f"2,{CANARY}\n", f"2,{CANARY},\udcff\n", f"2,{CANARY},\0\n"):
        content = ("id,forename,surname\n" + good + fault).encode(errors="surrogateescape")
        assert f"row {n_rows + 1}:" in _refusal(_csv(tmp_path, content))


def test_a_character_may_straddle_two_reads(tmp_path: Path) -> None:
    # A read is 1 MiB; after an odd number of bytes every one of them ends within a two-byte character.
    value = "\u00e9" * (1 << 18)
    path = _csv(tmp_path, "id,x\n" + "".join(f"{value},{row}\n" for row in range(10, 20)))
    assert [row for (row,) in _rows(path, ("x",))] == [str(row) for row in range(10, 20)]


def test_a_value_may_not_outgrow_a_block(tmp_path: Path) -> None:
    path = _csv(tmp_path, f"id,x\n1,2\n2,{CANARY * (1 << 18)}\n")
    assert "row 2: its quotation marks do not balance, or a value is longer" in _refusal(path, ("id", "x"))


def test_bytes_that_an_encoding_leaves_out_are_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path, GOOD.encode() + b"2,x,\x81" + CANARY.encode() + b"\n")
    assert "row 2: column 'surname' is not valid CP1252; is the feed UTF-8?" in _refusal(
        path, encoding="cp1252"
    )


UTF16 = {"encoding": "utf-16"}


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_characters_of_utf16_may_straddle_two_reads(tmp_path: Path, codec: str) -> None:
    n_rows = 20_000
    rows = "".join(f'{row},\u0141\U0001f600,"two\nlines"\n' for row in range(n_rows))
    path = _csv(tmp_path, ("id,forename,surname\n" + rows).encode(codec))
    found = _rows(path, **UTF16)
    assert len(found) == n_rows
    assert {row[1:] for row in found} == {("\u0141\U0001f600", "two\nlines")}


def test_utf16_big_endian_tells_itself_by_its_mark(tmp_path: Path) -> None:
    path = _csv(tmp_path, b"\xfe\xff" + "id,forename,surname\r\n1,Ann,Lee\r\n".encode("utf-16-be"))
    assert _rows(path, **UTF16) == [("1", "Ann", "Lee")]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD.encode(), "the header is not valid UTF-16; is the feed UTF-8?"),
        (GOOD.encode("utf-16")[:-1], "row 1: column 'surname' is not valid UTF-16; is the feed UTF-8?"),
        (
            (GOOD + "2,x\ud83d,y\n").encode("utf-16-le", "surrogatepass"),
            "row 2: column 'forename' is not valid UTF-16",
        ),
        ((GOOD + f"2,{CANARY}\n").encode("utf-16"), "row 2: expected 3 columns, got 2"),
        ((GOOD + f'2,"{CANARY},x\n3,y,z\n').encode("utf-16"), "row 2: its quotation marks do not balance"),
        ((GOOD + f"2,{CANARY}\0,x\n").encode("utf-16"), "row 2: column 'forename' holds a NUL character"),
        ("id,forename,surname\n".encode("utf-16"), "expected rows after the header, got none"),
    ],
)
def test_a_fault_of_utf16_is_located(tmp_path: Path, content: bytes, expected: str) -> None:
    assert expected in _refusal(_csv(tmp_path, content), **UTF16)


def test_a_literal_mark_inside_a_value_is_no_fault(tmp_path: Path) -> None:
    assert _rows(_csv(tmp_path, 'id,forename,surname\n1,5" Ann,Lee\n')) == [("1", '5" Ann', "Lee")]


def test_a_packed_feed_is_read_as_it_would_be_unpacked(tmp_path: Path) -> None:
    text = "\ufeffid;forename;surname\r\n" + "".join(f'{n};"Zo\u00eb; {n}";Smith\r\n' for n in range(90_000))
    plain, packed = _csv(tmp_path, text), tmp_path / "feed.CSV.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert _rows(packed) == _rows(plain)
    with open_feed(packed, columns=COLUMNS) as feed:
        list(feed)
        assert feed.bytes_read() == feed.size_bytes == packed.stat().st_size
    packed.write_bytes(gzip.compress(text.replace("89000;", "89000;x;").encode()))
    assert "row 89001: expected 3 columns, got 4" in _refusal(packed)


@pytest.mark.parametrize("damage", ["cut", "changed", "no gzip", "empty"])
def test_a_damaged_packing_is_refused(tmp_path: Path, damage: str) -> None:
    rows = "".join(f"{n},{CANARY}{n},Smith\n" for n in range(50_000))
    whole = gzip.compress(f"id,forename,surname\n{rows}".encode())
    changed = whole[:-8] + bytes(4) + whole[-4:]
    broken = {"cut": whole[:-2000], "changed": changed, "no gzip": rows.encode(), "empty": b""}
    (tmp_path / "feed.csv.gz").write_bytes(broken[damage])
    message = _refusal(tmp_path / "feed.csv.gz")
    assert ("the feed is empty" if damage == "empty" else "is no gzip file, cut short or damaged") in message


def test_files_that_cannot_be_feeds(tmp_path: Path) -> None:
    assert "there is no such feed" in _refusal(tmp_path / "absent.csv")
    assert "got a folder" in _refusal(tmp_path)
    assert "unknown extension '.xlsx'" in _refusal(_csv(tmp_path, GOOD, "feed.xlsx"))
    assert "unknown encoding 'utf-7'" in _refusal(_csv(tmp_path, GOOD), encoding="utf-7")


def test_damaged_parquet(tmp_path: Path) -> None:
    path = _parquet(tmp_path, id=pa.array([CANARY] * 1000))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "cannot be read as Parquet" in _refusal(path, ("id",))
    path.write_bytes(GOOD.encode())
    assert "cannot be read as Parquet" in _refusal(path, ("id",))


def test_parquet_faults(tmp_path: Path) -> None:
    assert "the feed is empty" in _refusal(_parquet(tmp_path, id=pa.array([], pa.string())), ("id",))
    assert "missing columns: 'x'; the feed has 'id'" in _refusal(
        _parquet(tmp_path, id=pa.array([CANARY])), ("id", "x")
    )
    # Made of a CSV file without a header: a record's values are the names of the columns.
    assert "which is not shown, since it may be a record" in _refusal(
        _parquet(tmp_path, **{CANARY: pa.array(["b"]), "Dobb": pa.array(["c"])}), ("id", "dob")
    )
    assert "column 'id': expected text, numbers or dates, got list" in _refusal(
        _parquet(tmp_path, id=pa.array([[CANARY]])), ("id",)
    )
    wrong = pa.array([CANARY.encode(), None, b"\xff" + CANARY.encode()], pa.binary())
    as_text = pa.StringArray.from_buffers(3, *wrong.buffers()[1:], wrong.buffers()[0])
    assert "row 3: column 'id' is not valid UTF-8" in _refusal(_parquet(tmp_path, id=as_text), ("id",))
    assert "cannot be read as text" in _refusal(_parquet(tmp_path, id=wrong), ("id",))
    assert "row 2: column 'id' holds a NUL" in _refusal(
        _parquet(tmp_path, id=pa.array(["x", CANARY + "\0"])), ("id",)
    )
    path = tmp_path / "twice.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"])], names=["id", "id"]), path)
    assert "duplicate column names: 'id'" in _refusal(path, ("id",))
