"""A writer leaves a whole package or nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle_parties import DRAFT, SCHEMA, parties, records_of, seal

from encoders.keys.source_keys import create_source_keys
from linkage.exchange.errors import PackageRefused
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.records import EncodedRecords


def writer_of(path: Path, **changes: Any) -> PackageWriter:
    keys = parties()
    arguments: dict[str, Any] = {
        "signer": keys.school,
        "recipient": keys.unit.public.envelope_key,
        "draft": DRAFT,
        "schema": SCHEMA,
    }
    return PackageWriter(path, **(arguments | changes))


def test_until_it_is_closed_no_package_is_there(tmp_path: Path) -> None:
    with writer_of(tmp_path / "a.cip") as writer:
        writer.write(records_of(50_000))
        (partial,) = tmp_path.iterdir()
        assert partial.name.startswith(".a.cip.")
        assert partial.suffix == ".partial"
    assert [path.name for path in tmp_path.iterdir()] == ["a.cip"]


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with writer_of(tmp_path / "a.cip") as writer:
            writer.write(records_of(100))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


def test_what_would_not_be_opened_is_not_sealed(tmp_path: Path) -> None:
    with (
        pytest.raises(PackageRefused, match="'key_check' is not a key check"),
        writer_of(tmp_path / "a.cip", draft=replace(DRAFT, key_check="short")) as writer,
    ):
        writer.write(records_of(3))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fault,message",
    [
        ({"operations": np.array([0, 2, 0], dtype=np.uint8)}, "row 2 has an operation other than"),
        ({"flags": np.array([0, 0, 8], dtype=np.uint8)}, "row 3 has unknown flags"),
        ({"operations": np.array([1, 0, 0], dtype=np.uint8)}, "row 1 has a delete that carries an encoding"),
        ({"record_ids": records_of(3).record_ids[[0, 2, 1]]}, "row 3 has a record id that does not follow"),
        ({"record_ids": records_of(3).record_ids[[0, 0, 1]]}, "row 2 has a record id that does not follow"),
    ],
)
def test_rows_that_break_a_rule_are_named(tmp_path: Path, fault: dict[str, Any], message: str) -> None:
    records = replace(records_of(3), **fault)
    with pytest.raises(PackageRefused, match=message), writer_of(tmp_path / "a.cip") as writer:
        writer.write(records)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("first", [0, 1])
def test_ids_ascend_between_batches_too(tmp_path: Path, first: int) -> None:
    writer = writer_of(tmp_path / "a.cip")
    writer.write(records_of(2))
    with pytest.raises(PackageRefused, match="row 3 has a record id"):
        writer.write(records_of(3).take(slice(first, 3)))
    with pytest.raises(ValueError, match="was closed"):
        writer.close()
    assert list(tmp_path.iterdir()) == []


def test_ids_that_differ_in_their_last_byte_only(tmp_path: Path) -> None:
    ids = np.zeros((2, 16), dtype=np.uint8)
    ids[:, 0] = 200
    ids[:, 15] = [1, 2]
    records = replace(records_of(2), record_ids=ids)
    seal(tmp_path / "a.cip", records)
    with pytest.raises(PackageRefused, match="row 2 has a record id"):
        seal(tmp_path / "b.cip", replace(records, record_ids=ids[::-1]))


def test_words_need_not_be_contiguous(tmp_path: Path) -> None:
    wide = records_of(10)
    words = np.concatenate([wide.words, wide.words], axis=1)[:, : SCHEMA.n_words]
    assert seal(tmp_path / "a.cip", replace(wide, words=words)).rows_digest == (
        seal(tmp_path / "b.cip", wide).rows_digest
    )


def test_records_of_another_width_are_a_programming_error(tmp_path: Path) -> None:
    records = records_of(2)
    narrow = EncodedRecords(records.record_ids, records.operations, records.flags, records.words[:, :5])
    with (
        pytest.raises(ValueError, match="expected records of 6 words, got 5"),
        writer_of(tmp_path / "a.cip") as w,
    ):
        w.write(narrow)


def test_a_writer_that_was_closed_is_used_up(tmp_path: Path) -> None:
    writer = writer_of(tmp_path / "a.cip")
    with pytest.raises(ValueError, match="once it is closed"):
        assert writer.digest
    writer.close()
    with pytest.raises(ValueError, match="was closed"):
        writer.write(records_of(1))
    with pytest.raises(ValueError, match="was closed"):
        writer.close()
    writer.abandon()
    assert (tmp_path / "a.cip").exists()


def test_a_package_is_never_overwritten(tmp_path: Path) -> None:
    seal(tmp_path / "a.cip", records_of(1))
    with pytest.raises(PackageRefused, match="never overwritten"):
        writer_of(tmp_path / "a.cip")
    late = writer_of(tmp_path / "b.cip")
    (tmp_path / "b.cip").write_bytes(b"somebody else's")
    with pytest.raises(PackageRefused, match="never overwritten"):
        late.close()
    assert (tmp_path / "b.cip").read_bytes() == b"somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.cip", "b.cip"]


def test_a_package_is_not_put_beside_a_key(tmp_path: Path) -> None:
    create_source_keys(tmp_path, "school")
    with pytest.raises(PackageRefused, match=r"holds the key file source-school\.key"):
        writer_of(tmp_path / "a.cip")


def test_a_missing_folder_and_another_source_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageRefused, match="no such folder"):
        writer_of(tmp_path / "none" / "a.cip")
    with pytest.raises(PackageRefused, match="names 'gp', but the keys are those of 'school'"):
        writer_of(tmp_path / "a.cip", draft=replace(DRAFT, source="gp"))


def test_the_risk_report_is_named_at_the_end(tmp_path: Path) -> None:
    writer = writer_of(tmp_path / "a.cip")
    assert writer.close(risk_report="d" * 64).risk_report == "d" * 64
