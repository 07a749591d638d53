"""The unit's keys load, and no key of the source zone has a way in."""

import ast
from pathlib import Path

import pytest

from encoders.keys.project_key_files import create_project_key
from encoders.keys.source_keys import create_source_keys
from linkage.exchange.envelopes import EnvelopeKey
from linkage.exchange.errors import KeyRefused
from linkage.exchange.primitives import HpkeSuite
from linkage.exchange.secret_bytes import SecretBytes
from linkage.exchange.unit_keys import (
    create_unit_keys,
    load_pseudonym_key,
    load_unit_keys,
    load_unit_public,
)

LINKAGE = Path(__file__).parents[3] / "linkage"


def test_they_come_back(tmp_path: Path) -> None:
    keys = create_unit_keys(tmp_path / "unit")
    assert sorted(path.name for path in (tmp_path / "unit").iterdir()) == [
        "pseudonym.key",
        "unit.key",
        "unit.pub",
    ]
    assert (tmp_path / "unit").stat().st_mode & 0o777 == 0o700
    back = load_unit_keys(tmp_path / "unit")
    assert (
        back.public
        == keys.public
        == load_unit_public(tmp_path / "unit")
        == load_unit_public(tmp_path / "unit/unit.pub")
    )
    sealed = keys.public.envelope_key.seal(b"hello", info=b"test")
    assert back.envelope_key.open(sealed, info=b"test") == b"hello"
    assert back.log_key.seed == keys.log_key.seed


def test_they_come_back_with_a_passphrase(tmp_path: Path) -> None:
    passphrase = SecretBytes(b"unit")
    keys = create_unit_keys(tmp_path, passphrase)
    assert load_unit_keys(tmp_path, passphrase).public == keys.public
    load_pseudonym_key(tmp_path, passphrase)
    for load in (load_unit_keys, load_pseudonym_key):
        with pytest.raises(KeyRefused, match="none was given"):
            load(tmp_path)


def test_pseudonym_keys_of_recipients_are_unrelated(tmp_path: Path) -> None:
    create_unit_keys(tmp_path)
    key = load_pseudonym_key(tmp_path)
    derived = {
        key.derive(use, recipient) for use in ("export", "log") for recipient in ("", "social care", "health")
    }
    assert len(derived) == 6
    assert {len(each) for each in derived} == {32}
    assert load_pseudonym_key(tmp_path).derive("export", "health") in derived
    assert repr(key) == "PseudonymKey(<secret>)"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    keys = create_unit_keys(tmp_path)
    with pytest.raises(KeyRefused, match="never overwritten"):
        create_unit_keys(tmp_path)
    (tmp_path / "unit.key").unlink()
    with pytest.raises(KeyRefused, match="never overwritten"):
        create_unit_keys(tmp_path)
    assert load_unit_public(tmp_path) == keys.public


def test_a_key_of_the_source_zone_stops_the_unit(tmp_path: Path) -> None:
    create_unit_keys(tmp_path)
    create_project_key(tmp_path / "source", "children")
    (tmp_path / "source" / "project.key").rename(tmp_path / "project.key")
    for load in (load_unit_keys, load_pseudonym_key, create_unit_keys):
        with pytest.raises(
            KeyRefused, match="a project key of the source zone and must never be at the linkage"
        ):
            load(tmp_path)
    (tmp_path / "project.key").rename(tmp_path / "unit.key")
    with pytest.raises(KeyRefused, match="a project key of the source zone"):
        load_unit_keys(tmp_path)
    (tmp_path / "unit.key").unlink()
    create_source_keys(tmp_path / "source", "school")
    (tmp_path / "source" / "source-school.key").rename(tmp_path / "source-school.key")
    with pytest.raises(KeyRefused, match="a source key of the source zone"):
        load_pseudonym_key(tmp_path)


def test_no_key_of_the_source_zone_is_put_into_the_folder_of_the_unit(tmp_path: Path) -> None:
    create_unit_keys(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    for create in (create_project_key, create_source_keys):
        with pytest.raises(KeyRefused, match="is the linkage unit's folder"):
            create(tmp_path, "children")
    assert sorted(tmp_path.rglob("*")) == before


def test_no_code_of_the_unit_declares_a_source_key_file() -> None:
    """`KeyFileKind` is what makes a kind of key readable: only the unit's own kinds are declared in `linkage`."""
    declared = {}
    for path in LINKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "KeyFileKind":
                assert isinstance(node.args[0], ast.Constant)
                declared[node.args[0].value] = path.name
    assert declared == {"unit": "unit_keys.py", "pseudonym": "unit_keys.py"}


def test_a_key_pair_without_ml_kem_works_as_well() -> None:
    key = EnvelopeKey(HpkeSuite.X25519, SecretBytes(bytes(range(32))))
    sealed = key.public.seal(b"hello", info=b"test")
    assert len(sealed) == HpkeSuite.X25519.sealed_bytes(5)
    assert key.open(sealed, info=b"test") == b"hello"
