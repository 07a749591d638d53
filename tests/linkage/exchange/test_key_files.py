"""Key files: refused when others can read them, when they are damaged or of another kind, and never shown."""

import base64
import json
import pickle
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.exchange.errors import KeyRefused
from linkage.exchange.key_files import KeyFile, KeyFileKind, read_key_file, write_key_file
from linkage.exchange.secret_bytes import SecretBytes

KIND = KeyFileKind("test", "test key", 32, {"name": str, "epoch": int})
SECRET = SecretBytes(bytes(range(100, 132)))
KEY = KeyFile(SECRET, {"name": "school", "epoch": 3})
PASSPHRASE = SecretBytes(b"correct horse")


@pytest.fixture(params=[None, PASSPHRASE], ids=["bare", "wrapped"])
def passphrase(request: pytest.FixtureRequest) -> SecretBytes | None:
    return request.param  # type: ignore[no-any-return]


def test_a_key_comes_back(tmp_path: Path, passphrase: SecretBytes | None) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, passphrase)
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600
    assert read_key_file(tmp_path / "a.key", KIND, passphrase) == KEY


def test_the_mode_does_not_depend_on_the_mask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - only this test touches the process's mask

    before = os.umask(0)
    try:
        write_key_file(tmp_path / "a.key", KIND, KEY, None)
    finally:
        os.umask(before)
    assert (tmp_path / "a.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666, 0o777, 0o610])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.key"
    write_key_file(path, KIND, KEY, None)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match=rf"open to other users \(mode {mode:04o}.*chmod 600 {path}"):
        read_key_file(path, KIND, None)
    path.chmod(0o400)
    assert read_key_file(path, KIND, None) == KEY


def test_the_passphrase_has_to_be_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_key_file(path, KIND, KEY, PASSPHRASE)
    with pytest.raises(KeyRefused, match="the passphrase is not the one of this key file"):
        read_key_file(path, KIND, SecretBytes(b"correct horse "))
    with pytest.raises(
        KeyRefused, match="wrapped with a passphrase and none was given; set CHILDINDEX_PASSPHRASE"
    ):
        read_key_file(path, KIND, None)


def test_a_wrapped_file_does_not_hold_the_secret(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, PASSPHRASE)
    write_key_file(tmp_path / "b.key", KIND, KEY, PASSPHRASE)
    stored = [
        base64.b64decode(json.loads((tmp_path / name).read_bytes())["secret"]) for name in ("a.key", "b.key")
    ]
    assert SECRET.reveal() not in stored[0]
    assert stored[0] != stored[1]


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, None)
    with pytest.raises(KeyRefused, match="never overwritten"):
        write_key_file(tmp_path / "a.key", KIND, KEY, None)
    assert read_key_file(tmp_path / "a.key", KIND, None) == KEY


def test_another_purpose_is_refused(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, None)
    other = KeyFileKind("other", "other key", 32, KIND.about)
    with pytest.raises(
        KeyRefused, match=r"expected a file of purpose 'other' \(other key\), found purpose 'test'"
    ):
        read_key_file(tmp_path / "a.key", other, None)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, None)
    for kind in (
        KeyFileKind("test", "test key", 31, KIND.about),
        KeyFileKind("test", "test key", 32, {"name": str}),
    ):
        with pytest.raises(KeyRefused, match="not a whole key file"):
            read_key_file(tmp_path / "a.key", kind, None)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="there is no such key file"):
        read_key_file(tmp_path / "a.key", KIND, None)
    with pytest.raises(KeyRefused, match="the key file cannot be opened: it is not a regular file"):
        read_key_file(tmp_path, KIND, None)
    (tmp_path / "long.key").write_bytes(b"x" * 20_000)
    (tmp_path / "long.key").chmod(0o600)
    with pytest.raises(KeyRefused, match="at most 16384 bytes, found more"):
        read_key_file(tmp_path / "long.key", KIND, None)
    with pytest.raises(KeyRefused, match="cannot be made"):
        write_key_file(tmp_path / "none" / "a.key", KIND, KEY, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 250), change=st.integers(1, 255))
def test_no_byte_of_a_bare_file_can_be_changed(tmp_path: Path, position: int, change: int) -> None:
    path = tmp_path / "a.key"
    path.unlink(missing_ok=True)
    write_key_file(path, KIND, KEY, None)
    raw = bytearray(path.read_bytes())
    raw[position % len(raw)] ^= change
    path.write_bytes(raw)
    with pytest.raises(KeyRefused):
        read_key_file(path, KIND, None)


@pytest.mark.parametrize("position", [2, 20, 60, 100, 130, 160, 200, 230, -3])
def test_no_byte_of_a_wrapped_file_can_be_changed(tmp_path: Path, position: int) -> None:
    path = tmp_path / "a.key"
    write_key_file(path, KIND, KEY, PASSPHRASE)
    raw = bytearray(path.read_bytes())
    raw[position] ^= 1
    path.write_bytes(raw)
    with pytest.raises(KeyRefused):
        read_key_file(path, KIND, PASSPHRASE)


def test_a_file_cut_short_is_refused(tmp_path: Path, passphrase: SecretBytes | None) -> None:
    path = tmp_path / "a.key"
    write_key_file(path, KIND, KEY, passphrase)
    raw = path.read_bytes()
    for length in range(len(raw) - 1):
        path.write_bytes(raw[:length])
        with pytest.raises(KeyRefused, match="not a whole key file"):
            read_key_file(path, KIND, passphrase)


def test_a_later_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    write_key_file(path, KIND, KEY, None)
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    with pytest.raises(KeyRefused, match="expected a key file of version 1, found another"):
        read_key_file(path, KIND, None)


def test_secrets_do_not_show_themselves() -> None:
    shown = f"{SECRET} {SECRET!r} {KEY} {KEY!r} {[SECRET]}"
    for form in (
        SECRET.reveal().hex(),
        repr(SECRET.reveal())[2:-1],
        base64.b64encode(SECRET.reveal()).decode(),
    ):
        assert form not in shown
    assert repr(SECRET) == "<32 secret bytes>"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError):
        hash(SECRET)
    assert SECRET == SecretBytes(SECRET.reveal()) != SecretBytes(b"")
    assert len({bytes(SecretBytes.random(32).reveal()) for _ in range(20)}) == 20


def test_no_traceback_holds_a_passphrase(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", KIND, KEY, PASSPHRASE)
    try:
        read_key_file(tmp_path / "a.key", KIND, SecretBytes(b"tell-nobody"))
    except KeyRefused as refusal:
        shown = "".join(traceback.TracebackException.from_exception(refusal, capture_locals=True).format())
    assert "tell-nobody" not in shown.replace('SecretBytes(b"tell-nobody")', "")
