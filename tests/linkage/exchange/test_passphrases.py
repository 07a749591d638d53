"""A passphrase comes from the environment or a private file."""

from pathlib import Path

import pytest

from linkage.exchange.errors import KeyRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.secret_bytes import SecretBytes


def test_none_is_set() -> None:
    assert read_passphrase({}) is None


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_passphrase({"CHILDINDEX_PASSPHRASE": " päss "}) == SecretBytes(" päss ".encode())
    monkeypatch.setenv("CHILDINDEX_PASSPHRASE", "from outside")
    monkeypatch.delenv("CHILDINDEX_PASSPHRASE_FILE", raising=False)
    assert read_passphrase() == SecretBytes(b"from outside")


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\n", b"secret\nmore\n"])
def test_from_the_first_line_of_a_private_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    file.chmod(0o600)
    assert read_passphrase({"CHILDINDEX_PASSPHRASE_FILE": str(file)}) == SecretBytes(b"secret")


def test_what_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    with pytest.raises(KeyRefused, match="there is no such passphrase file"):
        read_passphrase({"CHILDINDEX_PASSPHRASE_FILE": str(file)})
    file.write_bytes(b"\n")
    file.chmod(0o644)
    with pytest.raises(KeyRefused, match="chmod 600"):
        read_passphrase({"CHILDINDEX_PASSPHRASE_FILE": str(file)})
    file.chmod(0o600)
    with pytest.raises(KeyRefused, match="the passphrase is empty: the first line of"):
        read_passphrase({"CHILDINDEX_PASSPHRASE_FILE": str(file)})
    with pytest.raises(KeyRefused, match="the passphrase is empty: CHILDINDEX_PASSPHRASE"):
        read_passphrase({"CHILDINDEX_PASSPHRASE": ""})
    with pytest.raises(KeyRefused, match="are both set"):
        read_passphrase({"CHILDINDEX_PASSPHRASE_FILE": str(file), "CHILDINDEX_PASSPHRASE": "x"})
