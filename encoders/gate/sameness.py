"""A package against the feed it was made of: the same records, bit for bit, and nothing else."""

from collections.abc import Iterator

import numpy as np

from encoders.gate.feed_side import FeedSide
from encoders.gate.findings import Finding, Verdict, stated
from encoders.gate.leak_scan import Leak, LeakScan
from encoders.gate.metadata import order_finding
from encoders.gate.package_side import PackageSide
from encoders.gate.sampling import id_keys, places_of
from linkage.exchange.plurals import counted
from linkage.exchange.records import EncodedRecords

__all__ = ["canary_finding", "leak_findings", "sameness_findings"]

SHOWN_LEAKS = 20


def sameness_findings(package: PackageSide, feed: FeedSide) -> Iterator[Finding]:
    """Every record has its row in the feed, every row its record, and those looked at encode to the same bits."""
    place = places_of(package.ids, feed.ids)
    stray, lacking = int(np.count_nonzero(place < 0)), len(feed.ids) - int(np.count_nonzero(place >= 0))
    same = not stray and not lacking
    yield Finding(
        "same records", "record ids", float(stray + lacking), 0.0, Verdict.PASS if same else Verdict.REFUSE,
        "package and feed hold the same records"
        if same
        else f"{counted(stray, 'record of the package is', 'records of the package are')} not in the"
        f" feed, {counted(lacking, 'row of the feed is', 'rows of the feed are')} not in the"
        " package; give the feed that was encoded, or encode again",
    )  # fmt: skip
    for label, rows in package.differing.items():
        yield Finding(
            "encoded again", label, rows / package.compared, 0.0, Verdict.REFUSE,
            f"{rows:,} of {package.compared:,} records differ from what the feed encodes to: something else is in this"
            " column, or another feed, key or version made it; encode the feed again",
        )  # fmt: skip
    if not package.differing:
        n = len(package.ids)
        yield Finding(
            "encoded again", "all columns", 0.0, 0.0, Verdict.PASS,
            f"{package.compared:,} of {n:,} records drawn at random were encoded again: every bit is the same."
            f" {_missed(package.compared, n)}",
        )  # fmt: skip
    yield order_finding(place[place >= 0])


def canary_finding(package: PackageSide, expected: EncodedRecords) -> Finding:
    """The canaries are those of the project key, each of them and no other."""
    if not len(package.canaries):
        return Finding(
            "canaries", "canaries", 0.0, None, Verdict.WARN,
            "the package has no canaries, so nobody can see whether the sources encode alike; encode again with this"
            " version",
        )  # fmt: skip
    order = np.argsort(id_keys(expected.record_ids), kind="stable")
    wanted = expected.take(order)
    same = (
        len(wanted) == len(package.canaries)
        and bool((wanted.record_ids == package.canaries.record_ids).all())
        and bool((wanted.words == package.canaries.words).all())
    )
    return Finding(
        "canaries", "canaries", float(len(package.canaries)), None, Verdict.PASS if same else Verdict.REFUSE,
        f"{len(package.canaries)} canaries are those of the project key"
        if same
        else "the canaries are not those of the project key; encode again with the key and version of the project",
    )  # fmt: skip


def leak_findings(scan: LeakScan, leaks: list[Leak]) -> Iterator[Finding]:
    """No value of the feed in any byte, in any guise."""
    for leak in leaks[:SHOWN_LEAKS]:
        yield Finding(
            "leak scan", leak.place, None, None, Verdict.REFUSE,
            f"a value of column {leak.column!r} was found here, {leak.form}; do not send the package, and find out what"
            " wrote it",
        )  # fmt: skip
    if scan.unproved:
        yield Finding(
            "leak scan", "every byte", float(scan.unproved), None, Verdict.WARN,
            f"{scan.unproved} places hold eight bytes as a value, or its digest, would have them, and no more: in a"
            " package of this size chance writes so many; encoding again shows whether a column holds anything else",
        )  # fmt: skip
    if not leaks:
        yield stated(
            "leak scan", "every byte", float(scan.bytes_scanned),
            f"{scan.bytes_scanned:,} bytes hold no value of the feed: as written, normalised, in other cases,"
            " backwards, as numbers, as MD5, SHA-1 or SHA-256, or inside base64, hex, UTF-16 and compression. Among the"
            f" rows as they lie values of fewer than {scan.least_text} bytes are met by chance and are not looked for",
        )  # fmt: skip


def _missed(compared: int, n: int) -> str:
    if compared >= n:
        return "That is all of them"
    # A change in m of n records escapes with about (1 - compared / n)^m.
    m = int(np.ceil(np.log(1e-6) / np.log(1 - compared / n))) if compared else n
    return f"Had more than {m:,} records been tampered with, one would have been met but for a chance in a million"
