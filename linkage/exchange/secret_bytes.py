"""Secret bytes that do not show themselves."""

import hmac
import secrets
from typing import NoReturn

__all__ = ["SecretBytes"]


class SecretBytes:
    """Key material that is masked wherever it could be printed, and cannot be pickled by accident.

    Python cannot wipe memory, so this protects against logs, tracebacks and copies to disk, not against a reader of
    the process's memory.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    @classmethod
    def random(cls, n_bytes: int) -> "SecretBytes":
        """Draw from the operating system's generator."""
        return cls(secrets.token_bytes(n_bytes))

    def reveal(self) -> bytes:
        """The bytes themselves, for a cipher or a key file."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return f"<{len(self._value)} secret bytes>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretBytes) and hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary

    def __reduce__(self) -> NoReturn:
        raise TypeError("secret bytes are not pickled: load the key file where the key is needed")
