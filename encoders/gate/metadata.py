"""What a package tells beside its rows: file name, purpose, times, order, names of users and machines."""

import getpass
import re
import socket
from collections.abc import Iterable
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from encoders.gate.findings import Finding, Verdict
from linkage.exchange.manifest import Manifest
from linkage.exchange.specification import Specification

__all__ = ["feed_words", "free_text", "metadata_words", "name_findings", "order_finding", "time_finding"]

LEAST_WORD = 3
ORDER_CHANCE = 1e-6
FEWEST_ORDERED = 12
EVERYDAY_WORDS = frozenset(
    re.findall(
        r"\w+",
        "child children index package snapshot delta feed source night nightly load data test demo cip out school gp"
        " benefits register census sample encoded sealed monday tuesday wednesday thursday friday saturday sunday",
    )
)


def feed_words(values: Iterable[tuple[str, pa.StringArray]], wanted: frozenset[str]) -> dict[str, str]:
    """Which of some words are values of a feed: word to the column that has it."""
    found: dict[str, str] = {}
    lookup = pa.array(sorted(wanted), pa.string())
    for column, held in values:
        distinct = pc.unique(pc.utf8_lower(held))
        for word in distinct.filter(pc.is_in(distinct, value_set=lookup)).to_pylist():
            found.setdefault(word, column)
    return found


def metadata_words(manifest: Manifest, specification: Specification, file_name: str) -> frozenset[str]:
    """Words of the file's name and the purpose that do not come from the specification or from everyday speech."""
    free = {*_words(file_name), *_words(manifest.purpose)}
    known = _public_words(manifest, specification) | EVERYDAY_WORDS
    return frozenset(word for word in free - known if len(word) >= LEAST_WORD)


def free_text(manifest: Manifest, specification: Specification, file_name: str) -> bytes:
    """The file's name and the purpose without words of the specification and everyday ones, for the leak scan.

    Numbers of up to eight digits are left out too: they are dates and sequence numbers.
    """
    public = _public_words(manifest, specification) | EVERYDAY_WORDS
    tokens = re.findall(r"[^\W_]+(?:[+/=]+[^\W_]*)*", f"{file_name} {manifest.purpose}")
    kept = [token for token in tokens if token.lower() not in public and not re.fullmatch(r"\d{1,8}", token)]
    return " ".join(kept).encode()


def name_findings(words: frozenset[str], leaked: dict[str, str]) -> list[Finding]:
    """No value of the feed, and no user or machine, in the file's name or the purpose.

    Parameters
    ----------
    words
        As `metadata_words` gives them.
    leaked
        Those that are values of the feed, with their column.
    """
    findings = [
        _name_finding(
            Verdict.REFUSE,
            f"a word of the file's name or the purpose is a value of column {column!r}; name the package otherwise",
        )
        for column in sorted(set(leaked.values()))
    ]
    if words & {word for name in (_user(), socket.gethostname()) for word in _words(name)}:
        findings.append(
            _name_finding(
                Verdict.REFUSE,
                "the file's name or the purpose names a user or a machine; name the package otherwise",
            )
        )
    return findings or [
        _name_finding(
            Verdict.PASS, "the file's name and the purpose hold no value of the feed, no user and no machine"
        )
    ]


def _name_finding(verdict: Verdict, text: str) -> Finding:
    return Finding("metadata", "file name and purpose", None, None, verdict, text)


def time_finding(manifest: Manifest) -> Finding:
    """Times are whole hours: a finer clock tells when somebody worked."""
    times = [time for time in (manifest.created, manifest.expires) if time]
    whole = all(_is_hour(time) for time in times)
    return Finding(
        "metadata",
        "times",
        None,
        None,
        Verdict.PASS if whole else Verdict.REFUSE,
        "times are whole hours"
        if whole
        else "a time in the manifest is finer than an hour; seal the package again",
    )


def order_finding(feed_rows: npt.NDArray[np.int64]) -> Finding:
    """Rows of the package against their places in the feed: unrelated, but for chance.

    Parameters
    ----------
    feed_rows
        int64: the feed's row of each record, in the order of the package.
    """
    if len(feed_rows) < FEWEST_ORDERED:
        return Finding(
            "row order", "rows", None, None, Verdict.PASS, "too few rows to tell an order from chance"
        )
    if np.ptp(feed_rows) == 0:
        return Finding("row order", "rows", None, None, Verdict.PASS, "the rows have no order")
    related = stats.spearmanr(np.arange(len(feed_rows)), feed_rows)
    by_chance = float(related.pvalue) >= ORDER_CHANCE
    return Finding(
        "row order",
        "rows",
        abs(float(related.statistic)),
        None,
        Verdict.PASS if by_chance else Verdict.REFUSE,
        "the order of the rows says nothing about the order of the feed"
        if by_chance
        else "the rows stand in an order that follows the feed's: the record ids ascend with it; set"
        " 'pseudonymise = true' for the source, or shuffle the feed",
    )


def _public_words(manifest: Manifest, specification: Specification) -> set[str]:
    public = {specification.project, manifest.source, *specification.sources, *specification.fields}
    return {word for name in public for word in _words(name)}


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.lower())


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _is_hour(time: str) -> bool:
    moment = datetime.fromisoformat(time)
    return (moment.minute, moment.second, moment.microsecond) == (0, 0, 0)
