"""The certificate: the gate's report, signed by the source's key, so that others can rely on it.

Canonical JSON. The report stands in it as a text, since canonical JSON has no fractions; the signature covers all of
it, the package's digest included. A package that was sealed by ``encode --gate`` names its report in turn, by digest,
in its signed manifest.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import rounded_hour
from linkage.exchange.primitives import NotAuthentic
from linkage.exchange.public_keys import PublicKeys, Signer

__all__ = ["Certificate", "is_certificate", "make_certificate", "read_certificate", "report_digest"]

FORMAT = "childindex gate certificate"
VERSION = 1
USE = "gate certificate"
LONGEST = 8 << 20
MEMBERS = {"format", "version", "package", "source", "signer", "issued", "verdict", "report", "signature"}


@dataclass(frozen=True)
class Certificate:
    """A certificate whose signature was checked.

    Attributes
    ----------
    package
        SHA-256, in hex, of the package it is about.
    source, signer
        Who signed, and the fingerprint of the key.
    issued
        The hour.
    verdict
        As the report says.
    report
        The gate's report.
    """

    package: str
    source: str
    signer: str
    issued: str
    verdict: str
    report: dict[str, Any]


def report_text(report: Mapping[str, Any]) -> str:
    """The report as it stands in a certificate."""
    return json.dumps(report, sort_keys=True, ensure_ascii=True, allow_nan=False)


def report_digest(report: Mapping[str, Any]) -> str:
    """SHA-256, in hex, of the report, for the manifest of the package."""
    return sha256(report_text(report).encode("ascii")).hexdigest()


def make_certificate(report: Mapping[str, Any], package: str, signer: Signer) -> bytes:
    """Sign a report on the package with a digest; the bytes of the file."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "package": package,
        "source": signer.public.name,
        "signer": signer.public.verifying_key.fingerprint,
        "issued": rounded_hour(datetime.now(UTC)),
        "verdict": report["verdict"],
        "report": report_text(report),
    }
    signature = signer.sign(USE, write_canonical(content))
    return write_canonical(content | {"signature": signature.hex()}) + b"\n"


def is_certificate(path: Path) -> bool:
    """Whether a file looks like a certificate and not like a package."""
    try:
        with path.open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def read_certificate(path: Path, trusted: Mapping[str, PublicKeys]) -> Certificate:
    """Read a certificate and check its signature.

    Parameters
    ----------
    path
        The file.
    trusted
        Public keys of the sources that are believed, by name.

    Raises
    ------
    PackageRefused
        If it is damaged, its source is not trusted, or the signature does not verify.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST)
        signature = bytes.fromhex(content["signature"])
    except (OSError, NotCanonical, KeyError, TypeError, ValueError):
        raise _damaged(path) from None
    if set(content) != MEMBERS or content["format"] != FORMAT or content["version"] != VERSION:
        raise _damaged(path)
    keys = trusted.get(content["source"]) if isinstance(content["source"], str) else None
    if keys is None:
        raise PackageRefused(
            f"{path}: the certificate is of a source whose public key is not trusted here; add it with `childindex keys"
            " trust FILE`"
        )
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    try:
        keys.verifying_key.verify(signature, USE, write_canonical(unsigned))
        report = json.loads(content["report"])
        whole = report["verdict"] == content["verdict"] and "digest" in report["subject"]
    except NotAuthentic:
        raise PackageRefused(
            f"{path}: the signature does not verify: the certificate was changed, or another key made it; do not rely"
            " on it"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise _damaged(path) from None
    if not whole:
        raise _damaged(path)
    return Certificate(
        content["package"],
        content["source"],
        content["signer"],
        content["issued"],
        content["verdict"],
        report,
    )


def _damaged(path: Path) -> PackageRefused:
    return PackageRefused(
        f"{path}: this is not a whole gate certificate of version {VERSION}; ask the source for it again"
    )
