"""A project key reaches the source it was sealed for, and nobody else."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_parties import parties

from encoders.keys.project_key import ProjectKey, key_check
from encoders.keys.project_key_files import load_project_key
from encoders.keys.transport import receive_project_key, send_project_key
from linkage.exchange.canonical import write_canonical
from linkage.exchange.errors import KeyRefused
from linkage.exchange.labels import label
from linkage.exchange.signing import SigningKey

KEY = ProjectKey.generate("children", 2)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    keys = parties()
    send_project_key(tmp_path / "sealed", KEY, keys.school, keys.stranger.public)
    return tmp_path / "sealed"


def test_it_arrives(sealed: Path, tmp_path: Path) -> None:
    keys = parties()
    received = receive_project_key(sealed, tmp_path / "keys", keys.stranger, keys.school.public)
    assert key_check(received) == key_check(KEY) == key_check(load_project_key(tmp_path / "keys", epoch=2))
    raw = sealed.read_bytes()
    assert KEY.secret.reveal().hex().encode() not in raw
    with pytest.raises(KeyRefused, match="never overwritten"):
        receive_project_key(sealed, tmp_path / "keys", keys.stranger, keys.school.public)


def test_it_is_never_sent_to_the_unit_or_to_oneself(tmp_path: Path) -> None:
    keys = parties()
    with pytest.raises(
        KeyRefused, match="sent to sources only; these are the public keys of the linkage unit"
    ):
        send_project_key(tmp_path / "sealed", KEY, keys.school, keys.unit.public)
    with pytest.raises(KeyRefused, match="would send the key to itself"):
        send_project_key(tmp_path / "sealed", KEY, keys.school, keys.school.public)
    assert list(tmp_path.iterdir()) == []


def test_sender_and_recipient_have_to_be_those_expected(sealed: Path, tmp_path: Path) -> None:
    keys = parties()
    with pytest.raises(KeyRefused, match="expected the sender 'stranger'"):
        receive_project_key(sealed, tmp_path / "keys", keys.stranger, keys.stranger.public)
    with pytest.raises(KeyRefused, match="expected the recipient 'school'"):
        receive_project_key(sealed, tmp_path / "keys", keys.school, keys.school.public)
    assert not (tmp_path / "keys").exists()


def test_a_sender_that_only_claims_to_be_one_is_refused(tmp_path: Path) -> None:
    """Somebody in the middle seals a key of their own under the expected names; only the signature is missing."""
    keys, key = parties(), ProjectKey.generate("children")
    content = {
        "format": "childindex sealed project key",
        "version": 1,
        "project": "children",
        "epoch": 1,
        "key_check": key_check(key),
        "sender": "school",
        "sender_fingerprint": keys.school.public.fingerprint,
        "recipient": "stranger",
        "recipient_fingerprint": keys.stranger.public.fingerprint,
    }
    info = label("sealed project key", write_canonical(content))
    content["sealed"] = keys.stranger.public.envelope_key.seal(key.secret.reveal(), info=info).hex()
    for signing_key, accepted in ((SigningKey.generate(), False), (keys.school.signing_key, True)):
        signature = signing_key.sign("sealed project key", write_canonical(content))
        path = tmp_path / f"{accepted}"
        path.write_bytes(write_canonical(content | {"signature": signature.hex()}) + b"\n")
        if accepted:
            receive_project_key(path, tmp_path / "keys", keys.stranger, keys.school.public)
        else:
            with pytest.raises(KeyRefused, match="not a whole sealed project key that its sender signed"):
                receive_project_key(path, tmp_path / "keys", keys.stranger, keys.school.public)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 3_300), change=st.integers(1, 255))
def test_no_byte_can_be_changed(sealed: Path, tmp_path: Path, position: int, change: int) -> None:
    keys = parties()
    raw = bytearray(sealed.read_bytes())
    raw[position % len(raw)] ^= change
    (tmp_path / "changed").write_bytes(raw)
    with pytest.raises(KeyRefused):
        receive_project_key(tmp_path / "changed", tmp_path / "keys", keys.stranger, keys.school.public)
    assert not (tmp_path / "keys").exists()
