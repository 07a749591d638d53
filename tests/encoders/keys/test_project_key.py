"""Derived keys: pinned by vectors, unrelated to each other, and never shown."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.keys.project_key import ProjectKey, Purpose, key_check
from linkage.exchange.secret_bytes import SecretBytes

VECTORS = json.loads(Path(__file__).with_name("key_vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "vector", VECTORS["derivations"], ids=lambda vector: f"{vector['purpose']}-{vector['field']}"
)
def test_derivations_are_those_pinned(vector: dict[str, str | int]) -> None:
    key = ProjectKey(
        str(vector["project"]), int(vector["epoch"]), SecretBytes(bytes.fromhex(str(vector["secret"])))
    )
    assert key.derive(Purpose(str(vector["purpose"])), str(vector["field"])).hex() == vector["derived"]


@pytest.mark.parametrize(
    "vector", VECTORS["key_checks"], ids=lambda vector: f"{vector['project']}-{vector['epoch']}"
)
def test_key_checks_are_those_pinned(vector: dict[str, str | int]) -> None:
    key = ProjectKey(
        str(vector["project"]), int(vector["epoch"]), SecretBytes(bytes.fromhex(str(vector["secret"])))
    )
    assert key_check(key) == vector["key_check"]


def test_every_purpose_is_pinned() -> None:
    assert {vector["purpose"] for vector in VECTORS["derivations"]} == {purpose.value for purpose in Purpose}


CONTEXT = st.tuples(
    st.sampled_from(["a", "b", "ab"]),
    st.sampled_from([1, 2, 256, 65535]),
    st.sampled_from(list(Purpose)),
    st.sampled_from(["", "a", "surname", "ab", "hashing"]),
)


@given(left=CONTEXT, right=CONTEXT)
def test_two_contexts_never_share_a_key(
    left: tuple[str, int, Purpose, str], right: tuple[str, int, Purpose, str]
) -> None:
    secret = SecretBytes(bytes(32))
    keys = [
        ProjectKey(project, epoch, secret).derive(purpose, field)
        for project, epoch, purpose, field in (left, right)
    ]
    assert (keys[0] == keys[1]) == (left == right)


def test_a_changed_bit_of_the_secret_changes_every_key() -> None:
    secrets = [bytes(32), b"\x01" + bytes(31), bytes(31) + b"\x80"]
    for purpose in Purpose:
        assert len({ProjectKey("p", 1, SecretBytes(secret)).derive(purpose) for secret in secrets}) == 3


def test_generated_keys_differ() -> None:
    assert len({key_check(ProjectKey.generate("children")) for _ in range(50)}) == 50


def test_it_does_not_show_itself() -> None:
    key = ProjectKey("children", 2, SecretBytes(bytes(range(32))))
    assert repr(key) == str(key) == "ProjectKey(project='children', epoch=2, <secret>)"


@pytest.mark.parametrize("epoch,n_bytes", [(0, 32), (65536, 32), (1, 31), (1, 33), (1, 0)])
def test_bounds(epoch: int, n_bytes: int) -> None:
    with pytest.raises(ValueError, match=r"epoch lies between|has 32 bytes"):
        ProjectKey("children", epoch, SecretBytes(bytes(n_bytes)))
