"""Writes key_vectors.json: `python tests/encoders/keys/make_key_vectors.py`; the file must come out unchanged.

It does not use `encoders.keys.project_key`: HKDF-SHA256 (RFC 5869) is done by hand with HMAC, from the description in
docs/keys.md. If a derivation changes, every package encoded before is worthless beside new ones: that is a breaking
change, and the changelog has to say so.
"""

import hashlib
import hmac
import json
from itertools import product
from pathlib import Path

SECRETS = (bytes(32), bytes(range(32)))
PROJECTS = (("children", 1), ("children", 2), ("c", 65535))
PURPOSES = {
    "hashing": ("surname", "nhs_number", ""),
    "diffusion": ("names_birth",),
    "permutation": ("",),
    "blocking": ("surname_year",),
    "tokens": ("nhs_number",),
    "salting": ("birth_date",),
    "record ids": ("school",),
    "cohort tokens": ("",),
    "canaries": ("",),
    "key check": ("",),
}


def joined(*parts: bytes) -> bytes:
    """Parts behind their lengths."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def derive(secret: bytes, project: str, epoch: int, purpose: str, field: str) -> bytes:
    """One block of HKDF-SHA256 without salt."""
    names = (
        b"childindex",
        b"project key",
        project.encode(),
        epoch.to_bytes(4, "big"),
        purpose.encode(),
        field.encode(),
    )
    extracted = hmac.digest(bytes(32), secret, hashlib.sha256)
    return hmac.digest(extracted, joined(*names) + b"\x01", hashlib.sha256)


def vectors() -> dict[str, list[dict[str, str | int]]]:
    """All vectors, ready for JSON."""
    derivations: list[dict[str, str | int]] = []
    key_checks: list[dict[str, str | int]] = []
    for secret, (project, epoch) in product(SECRETS, PROJECTS):
        context: dict[str, str | int] = {"secret": secret.hex(), "project": project, "epoch": epoch}
        for purpose, fields in PURPOSES.items():
            for field in fields:
                derived = derive(secret, project, epoch, purpose, field).hex()
                derivations.append(context | {"purpose": purpose, "field": field, "derived": derived})
        check = derive(secret, project, epoch, "key check", "")[:16].hex()
        key_checks.append(context | {"key_check": check})
    return {"derivations": derivations, "key_checks": key_checks}


if __name__ == "__main__":
    target = Path(__file__).with_name("key_vectors.json")
    target.write_text(json.dumps(vectors(), indent=1) + "\n", encoding="utf-8")
