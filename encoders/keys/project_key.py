"""The project key, from which every key of the source zone is derived.

It is shared among the sources and never reaches the linkage unit: without it nobody can encode a guess. It is 32
random bytes, never a passphrase, and belongs to one project and one epoch. Nothing uses it directly: HKDF-SHA256
(RFC 5869) derives a key of its own for each purpose and field, so that, say, the key of the blocking keys tells
nothing about the one that hashes surnames, and two fields with equal values give unrelated bits.

It does not protect against a source that works with the unit: such a source can encode any guess.
"""

from enum import StrEnum

from linkage.exchange.labels import label
from linkage.exchange.primitives import KEY_BYTES, hkdf_sha256
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["LAST_EPOCH", "ProjectKey", "Purpose", "key_check"]

LAST_EPOCH = 65535
KEY_CHECK_BYTES = 16


class Purpose(StrEnum):
    """What a derived key is for; the text is part of the derivation and never changes."""

    HASHING = "hashing"
    DIFFUSION = "diffusion"
    PERMUTATION = "permutation"
    BLOCKING = "blocking"
    TOKENS = "tokens"
    SALTING = "salting"
    RECORD_IDS = "record ids"
    COHORT = "cohort tokens"
    CANARIES = "canaries"
    KEY_CHECK = "key check"


class ProjectKey:
    """The project key of one epoch.

    Parameters
    ----------
    project
        Name of the project, part of every derivation.
    epoch
        1 to 65535; a rotation makes the next one.
    secret
        32 random bytes.
    """

    def __init__(self, project: str, epoch: int, secret: SecretBytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a project key has {KEY_BYTES} bytes, got {len(secret)}")
        if not 1 <= epoch <= LAST_EPOCH:
            raise ValueError(f"an epoch lies between 1 and {LAST_EPOCH}")
        self.project = project
        self.epoch = epoch
        self._secret = secret

    @classmethod
    def generate(cls, project: str, epoch: int = 1) -> "ProjectKey":
        """Draw a key."""
        return cls(project, epoch, SecretBytes.random(KEY_BYTES))

    def __repr__(self) -> str:
        return f"ProjectKey(project={self.project!r}, epoch={self.epoch}, <secret>)"

    @property
    def secret(self) -> SecretBytes:
        """The key itself, for its file and for sealing it to another source."""
        return self._secret

    def derive(self, purpose: Purpose, field: str = "") -> bytes:
        """Derive the key of 32 bytes for a purpose and, where the purpose has one for each, a field.

        Project, epoch, purpose and field are joined with their lengths in front: no two combinations give the same
        derivation. Golden vectors pin the bytes.
        """
        info = label("project key", self.project, self.epoch.to_bytes(4, "big"), purpose.value, field)
        return hkdf_sha256(self._secret.reveal(), salt=b"", info=info)


def key_check(key: ProjectKey) -> str:
    """16 bytes in hex by which a project key is recognised, and which tell nothing else about it.

    It travels in each package, so that a wrong key is named before a row is compared.
    """
    return key.derive(Purpose.KEY_CHECK)[:KEY_CHECK_BYTES].hex()
