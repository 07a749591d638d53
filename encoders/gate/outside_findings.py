"""What anybody can see of a sealed package: its header and that the rest looks like noise. No key is needed."""

from collections.abc import Iterator
from math import log2
from pathlib import Path

import numpy as np

from encoders.gate.findings import Finding, Verdict, stated
from linkage.exchange.package_header import PackageHeader

__all__ = ["outside_findings"]

CHUNK = 1 << 20
LEAST_SEALED = 1 << 12
UNEVEN_BYTES = 6.0


def outside_findings(path: Path, header: PackageHeader) -> Iterator[Finding]:
    """Look at a package from outside.

    Parameters
    ----------
    path, header
        The file, and what was read of its beginning.
    """
    size = path.stat().st_size
    yield stated(
        "sealed", "header", float(len(header.fingerprints)),
        f"a package of childindex; it opens for the keys with the fingerprints {', '.join(header.fingerprints)}",
    )  # fmt: skip
    counts = np.zeros(256, dtype=np.int64)
    with path.open("rb") as file:
        file.seek(len(header.raw))
        while chunk := file.read(CHUNK):
            counts += np.bincount(np.frombuffer(chunk, np.uint8), minlength=256)
    n = int(counts.sum())
    if n < LEAST_SEALED:
        yield stated(
            "noise", "sealed bytes", float(n), "too few sealed bytes to judge whether they are noise"
        )
        return
    expected = n / 256
    z = float((((counts - expected) ** 2 / expected).sum() - 255) / (2 * 255) ** 0.5)
    shares = counts[counts > 0] / n
    entropy = -sum(float(share) * log2(share) for share in shares)
    yield Finding(
        "noise", "sealed bytes", z, UNEVEN_BYTES, Verdict.PASS if z <= UNEVEN_BYTES else Verdict.REFUSE,
        f"{size:,} bytes, {entropy:.6f} bits of entropy a byte; "
        + ("they look like noise" if z <= UNEVEN_BYTES
           else "they are not noise: this was not sealed as it should be; do not send it, and seal it again"),
    )  # fmt: skip
