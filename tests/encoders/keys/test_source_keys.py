"""A source's keys come back, and are refused under another name."""

from pathlib import Path

import pytest

from encoders.keys.source_keys import create_source_keys, load_source_keys
from linkage.exchange.errors import KeyRefused
from linkage.exchange.public_keys import read_public_keys
from linkage.exchange.secret_bytes import SecretBytes


@pytest.mark.parametrize("passphrase", [None, SecretBytes(b"x")], ids=["bare", "wrapped"])
def test_they_come_back(tmp_path: Path, passphrase: SecretBytes | None) -> None:
    keys = create_source_keys(tmp_path, "school", passphrase)
    back = load_source_keys(tmp_path, "school", passphrase)
    assert back.public == keys.public == read_public_keys(tmp_path / "source-school.pub", role="source")
    signature = back.sign("test", "message")
    keys.public.verifying_key.verify(signature, "test", "message")
    sealed = keys.public.envelope_key.seal(b"hello", info=b"")
    assert back.envelope_key.open(sealed, info=b"") == b"hello"


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match=r"source-school\.key: there is no such key file"):
        load_source_keys(tmp_path, "school")
    create_source_keys(tmp_path, "school")
    with pytest.raises(KeyRefused, match="never overwritten"):
        create_source_keys(tmp_path, "school")
    (tmp_path / "source-school.key").rename(tmp_path / "source-gp.key")
    with pytest.raises(KeyRefused, match="expected the keys of source 'gp', found those of 'school'"):
        load_source_keys(tmp_path, "gp")
    with pytest.raises(KeyRefused, match="a source's name has to match"):
        create_source_keys(tmp_path, "../school")
