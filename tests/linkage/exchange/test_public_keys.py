"""Public key files hold together, and trust is given to a fingerprint."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_parties import parties

from linkage.exchange.canonical import write_canonical
from linkage.exchange.errors import KeyRefused
from linkage.exchange.public_keys import (
    PublicKeys,
    load_trusted_sources,
    read_public_keys,
    trust_source,
    write_public_keys,
)


@pytest.fixture
def school_file(tmp_path: Path) -> Path:
    school = parties().school
    write_public_keys(tmp_path / "source-school.pub", school.public, school.signing_key)
    return tmp_path / "source-school.pub"


def test_they_come_back(school_file: Path) -> None:
    assert read_public_keys(school_file, role="source") == parties().school.public
    with pytest.raises(
        KeyRefused, match=r"expected the public keys of the linkage unit .*, found those of a source"
    ):
        read_public_keys(school_file, role="unit")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 3_000), change=st.integers(1, 255))
def test_no_byte_can_be_changed(school_file: Path, position: int, change: int) -> None:
    raw = school_file.read_bytes()
    damaged = bytearray(raw)
    damaged[position % len(raw)] ^= change
    try:
        school_file.write_bytes(damaged)
        with pytest.raises(KeyRefused):
            read_public_keys(school_file, role="source")
    finally:
        school_file.write_bytes(raw)


def test_a_key_that_was_exchanged_shows(school_file: Path) -> None:
    content = json.loads(school_file.read_bytes())
    content["envelope"] = parties().stranger.public.envelope_key.raw.hex()
    school_file.write_bytes(write_canonical(content) + b"\n")
    with pytest.raises(KeyRefused, match="not signed by its own key"):
        read_public_keys(school_file, role="source")


def test_a_fingerprint_covers_name_role_and_both_keys() -> None:
    keys, other = parties().school.public, parties().stranger.public
    variants = [
        keys,
        PublicKeys("unit", keys.name, keys.verifying_key, keys.envelope_key),
        PublicKeys("source", "gp", keys.verifying_key, keys.envelope_key),
        PublicKeys("source", keys.name, other.verifying_key, keys.envelope_key),
        PublicKeys("source", keys.name, keys.verifying_key, other.envelope_key),
    ]
    assert len({variant.fingerprint for variant in variants}) == 5


def test_trust_is_given_once_and_by_fingerprint(school_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    with pytest.raises(KeyRefused, match="no source is trusted yet"):
        load_trusted_sources(folder)
    with pytest.raises(KeyRefused, match="expected the fingerprint 00, found"):
        trust_source(folder, school_file, fingerprint="00")
    assert not folder.exists()
    keys = parties().school.public
    spoken = " ".join(keys.fingerprint[at : at + 4].upper() for at in range(0, 64, 4))
    assert trust_source(folder, school_file, fingerprint=spoken) == keys
    assert trust_source(folder, school_file) == keys
    assert load_trusted_sources(folder) == {"school": keys}


def test_new_keys_do_not_replace_old_ones_silently(school_file: Path, tmp_path: Path) -> None:
    folder, stranger = tmp_path / "unit", parties().stranger
    trust_source(folder, school_file)
    impostor = PublicKeys("source", "school", stranger.public.verifying_key, stranger.public.envelope_key)
    write_public_keys(tmp_path / "new.pub", impostor, stranger.signing_key)
    with pytest.raises(KeyRefused, match="other keys of source 'school' are trusted already"):
        trust_source(folder, tmp_path / "new.pub")


def test_a_file_under_another_name_and_a_shared_key_are_refused(school_file: Path, tmp_path: Path) -> None:
    folder, school = tmp_path / "unit", parties().school
    trust_source(folder, school_file)
    (folder / "trusted" / "source-gp.pub").write_bytes(school_file.read_bytes())
    with pytest.raises(KeyRefused, match=r"holds the keys of source 'school'; rename it source-school\.pub"):
        load_trusted_sources(folder)
    (folder / "trusted" / "source-gp.pub").unlink()
    twin = PublicKeys("source", "gp", school.public.verifying_key, school.public.envelope_key)
    write_public_keys(folder / "trusted" / "source-gp.pub", twin, school.signing_key)
    with pytest.raises(KeyRefused, match="two sources have the same signing key"):
        load_trusted_sources(folder)


def test_nothing_secret_shows() -> None:
    keys = parties()
    shown = repr([keys.school, keys.unit, keys.school.public, keys.unit.envelope_key, keys.unit.log_key])
    for secret in (
        keys.school.signing_key.seed,
        keys.school.envelope_key.secret,
        keys.unit.envelope_key.secret,
    ):
        assert secret.reveal().hex() not in shown
        assert repr(secret.reveal())[2:-1] not in shown
