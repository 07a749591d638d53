"""The look-up log and its audit."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linkage.exchange.canonical import read_canonical, write_canonical
from linkage.exchange.errors import IndexRefused
from linkage.exchange.signing import SigningKey
from linkage.index.reading import look_up_log
from linkage.index.reading.log_audit import audit_log, entries_about, read_checkpoint, sign_checkpoint
from linkage.index.reading.look_up_log import GENESIS, LookUpLog, Request, chain_value

ROOT = Path(__file__).parents[3]
ASK = Request("lookup", "police", "case worker 12", "safeguarding", 3, "school", b"0123456789abcdef")

APPEND = """
import os, sys
from pathlib import Path
from linkage.index.reading.look_up_log import LookUpLog, Request
writers = []
for number in range(3):
    writer = os.fork()
    if writer == 0:
        log = LookUpLog(Path(sys.argv[1]))
        for n in range(150):
            log.append(Request("lookup", "r", f"process {number}", "load", n), outcome="told", n_records=n)
        os._exit(0)
    writers.append(writer)
sys.exit(any(os.waitpid(writer, 0)[1] for writer in writers))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log of twelve entries in three files."""
    log = LookUpLog(tmp_path / "log")
    for number in range(12):
        assert (
            log.append(replace(ASK, record_id=bytes([number]) * 16), outcome="told", n_records=2)
            == number + 1
        )
    log.close()
    return tmp_path / "log"


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_up_log, "SEGMENT_BYTES", 2000)


def lines(folder: Path) -> list[bytes]:
    return [
        line for path in sorted(folder.glob("*.log")) for line in path.read_bytes().splitlines(keepends=True)
    ]


def rewrite(folder: Path, wanted: list[bytes]) -> None:
    """Put lines back in the place of those that were there, file by file."""
    paths = sorted(folder.glob("*.log"))
    counts = [len(path.read_bytes().splitlines()) for path in paths]
    for path, count in zip(paths, counts, strict=True):
        path.write_bytes(b"".join(wanted[:count]))
        wanted = wanted[count:]
    with paths[-1].open("ab") as last:
        last.write(b"".join(wanted))


def test_a_whole_log(folder: Path) -> None:
    assert len(list(folder.glob("*.log"))) > 2
    report = audit_log(folder)
    assert (report.n_entries, report.n_checkpoints, report.n_after_last_checkpoint) == (12, 0, 12)


def test_an_empty_log(tmp_path: Path) -> None:
    assert audit_log(tmp_path / "never used").n_entries == 0
    LookUpLog(tmp_path / "log").close()
    assert audit_log(tmp_path / "log").chain == GENESIS.hex()


def test_an_entry_says_who_and_why_but_not_about_whom(folder: Path) -> None:
    entry = read_canonical(lines(folder)[3][:-1], at_most=4096)
    assert entry["requester"] == "case worker 12"
    assert entry["purpose"] == "safeguarding"
    assert (entry["recipient"], entry["run"], entry["outcome"], entry["n_records"]) == (
        "police",
        3,
        "told",
        2,
    )
    assert (bytes([3]) * 16).hex() not in lines(folder)[3].decode()
    assert len({read_canonical(line[:-1], at_most=4096)["subject"] for line in lines(folder)}) == 12


def test_the_same_question_looks_different_each_time(tmp_path: Path) -> None:
    log = LookUpLog(tmp_path)
    for _ in range(3):
        log.append(ASK, outcome="told", n_records=1)
    assert len({read_canonical(line[:-1], at_most=4096)["subject"] for line in lines(tmp_path)}) == 3
    assert len(list(entries_about(tmp_path, "school", b"0123456789abcdef"))) == 3
    assert list(entries_about(tmp_path, "gp", b"0123456789abcdef")) == []


def test_whoever_has_the_record_finds_its_entries(folder: Path) -> None:
    assert [entry["entry"] for entry in entries_about(folder, "school", bytes([7]) * 16)] == [8]


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        (lambda ls: [*ls[:5], ls[5].replace(b"safeguarding", b"curiosity!!!"), *ls[6:]], "broken at entry 6"),
        (lambda ls: [*ls[:5], *ls[6:]], "broken at entry 6"),
        (lambda ls: [*ls[:5], ls[6], ls[5], *ls[7:]], "broken at entry 6"),
        (lambda ls: [*ls[:5], ls[4], *ls[5:]], "broken at entry 6"),
        (lambda ls: ls[1:], "broken at entry 1"),
        (lambda ls: ls[:-1], "ends after entry 11, its head says after entry 12"),
        (lambda ls: [*ls, ls[-1]], "broken at entry 13"),
        (lambda ls: [*ls[:5], b"not an entry\n", *ls[6:]], "broken at entry 6: it is not an entry"),
        (lambda ls: [*ls[:5], ls[5].replace(b'"entry":6', b'"entry": 6'), *ls[6:]], "it is not an entry"),
        (lambda ls: [*ls[:-1], ls[-1][:-1]], "broken at entry 12: it is not an entry"),
    ],
    ids=["edit", "removal", "swap", "repeat", "first", "last", "added", "nonsense", "spelling", "newline"],
)
def test_tampering_is_found(folder: Path, tamper: Callable[[list[bytes]], list[bytes]], told: str) -> None:
    rewrite(folder, tamper(lines(folder)))
    with pytest.raises(IndexRefused, match=told):
        audit_log(folder)


def test_a_missing_file_is_found(folder: Path) -> None:
    sorted(folder.glob("*.log"))[1].unlink()
    with pytest.raises(IndexRefused, match="its file is missing"):
        audit_log(folder)


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"short"])
def test_a_damaged_head_is_found(folder: Path, content: bytes) -> None:
    (folder / "head").write_bytes(content)
    with pytest.raises(IndexRefused, match="head"):
        audit_log(folder)


def forge(folder: Path, n_kept: int) -> None:
    """Cut the log and make everything but the signatures fit."""
    kept = lines(folder)[:n_kept]
    for path in folder.glob("*.log"):
        path.unlink()
    (folder / "head").unlink()
    log = LookUpLog(folder)
    for _ in kept:
        log.append(ASK, outcome="told", n_records=1)
    log.close()
    assert audit_log(folder.parent / "log").n_entries == n_kept


def test_a_checkpoint_catches_a_forged_log(folder: Path) -> None:
    key = SigningKey.generate()
    kept = sign_checkpoint(folder, key)
    assert audit_log(folder, key=key.verifying_key).n_after_last_checkpoint == 0
    (folder / "checkpoints").unlink()
    forge(folder, 9)
    with pytest.raises(IndexRefused, match=r"it has 9 entries, a checkpoint of .* knows 12"):
        audit_log(folder, key=key.verifying_key, kept=[kept])
    forge(folder, 9)
    log = LookUpLog(folder)
    for _ in range(5):
        log.append(ASK, outcome="told", n_records=1)
    with pytest.raises(IndexRefused, match="was rewritten: entry 12"):
        audit_log(folder, key=key.verifying_key, kept=[kept])


def test_a_checkpoint_of_another_key_is_refused(folder: Path) -> None:
    sign_checkpoint(folder, SigningKey.generate())
    assert audit_log(folder).n_checkpoints == 1
    with pytest.raises(IndexRefused, match="was not signed by the unit's log key"):
        audit_log(folder, key=SigningKey.generate().verifying_key)


def test_checkpoints_can_be_given_away(folder: Path) -> None:
    key = SigningKey.generate()
    kept = sign_checkpoint(folder, key)
    assert read_checkpoint(kept.to_bytes()) == kept
    for nonsense in (b"", b"{}", write_canonical({"n_entries": 1})):
        with pytest.raises(IndexRefused, match="not a checkpoint"):
            read_checkpoint(nonsense)


def test_entries_go_on_after_a_checkpoint(folder: Path) -> None:
    key = SigningKey.generate()
    sign_checkpoint(folder, key)
    log = LookUpLog(folder)
    log.append(ASK, outcome="told", n_records=1)
    sign_checkpoint(folder, key)
    log.append(ASK, outcome="unknown", n_records=0)
    report = audit_log(folder, key=key.verifying_key)
    assert (report.n_entries, report.n_checkpoints, report.n_after_last_checkpoint) == (14, 2, 1)


@pytest.mark.parametrize("field", ["requester", "purpose", "recipient", "kind"])
@pytest.mark.parametrize("text", ["", "  ", "x" * 201])
def test_who_and_why_are_required(tmp_path: Path, field: str, text: str) -> None:
    log = LookUpLog(tmp_path)
    with pytest.raises(IndexRefused, match=field):
        log.append(replace(ASK, **{field: text}), outcome="told", n_records=0)  # type: ignore[arg-type]
    assert audit_log(tmp_path).n_entries == 0


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    LookUpLog(tmp_path).close()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", APPEND, str(tmp_path)], env=environment, check=True)
    assert audit_log(tmp_path).n_entries == 450


def test_an_entry_without_an_answer_is_dropped(folder: Path) -> None:
    last = max(folder.glob("*.log"))
    with last.open("ab") as file:
        file.write(b'{"at":"half an ent')
    with pytest.raises(IndexRefused, match="broken at entry 13"):
        audit_log(folder)
    LookUpLog(folder).append(ASK, outcome="told", n_records=1)
    assert audit_log(folder).n_entries == 13


def test_nothing_is_answered_when_the_end_is_missing(folder: Path) -> None:
    last = max(folder.glob("*.log"))
    last.write_bytes(last.read_bytes()[:-10])
    with pytest.raises(IndexRefused, match="nothing is answered"):
        LookUpLog(folder).append(ASK, outcome="told", n_records=1)


def test_the_chain_is_what_it_says() -> None:
    assert chain_value(GENESIS, {"a": 1}) != chain_value(GENESIS, {"a": 2})
    assert chain_value(GENESIS, {"a": 1}) != chain_value(chain_value(GENESIS, {"a": 1}), {"a": 1})
