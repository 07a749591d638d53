"""The manifest: what a source states and signs about a package.

Canonical JSON inside the encryption. Each member has a rule; a member too many or too few, or one that breaks its
rule, refuses the package. Times are rounded to the hour, since a finer clock tells when somebody worked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import PackageRefused
from linkage.exchange.public_keys import NAME
from linkage.exchange.schema import RecordSchema
from linkage.exchange.translations import TRANSLATION

__all__ = [
    "LONGEST_MANIFEST",
    "Manifest",
    "ManifestDraft",
    "columns_of",
    "is_purpose",
    "parse_manifest",
    "rounded_hour",
    "write_manifest",
]

FORMAT = "childindex package"
VERSION = 1
LONGEST_MANIFEST = 64 * 1024
MOST_COLUMNS = 512
MOST_WORDS = 4096
LARGEST_NUMBER = 2**53
KINDS = ("snapshot", "delta", "question", TRANSLATION)

HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
HEX_KEY_CHECK = re.compile(r"[0-9a-f]{32}")
HOUR = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:00:00Z")
VERSION_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}")
COLUMN = re.compile(r"(filter|incomplete|token|block|cohort|id)\.[a-z][a-z0-9_]{0,47}")


@dataclass(frozen=True, kw_only=True)
class ManifestDraft:
    """What is known before the first row is written.

    Attributes
    ----------
    sequence, previous
        1 and None for a source's first package; then one more than the package before it, and that one's digest.
    kind
        ``"snapshot"`` holds every live record of the source, ``"delta"`` what changed since the package before,
        ``"question"`` one record to ask about, which stands in no chain (number 1, nothing before it) and expires,
        ``"translation"`` which record id of an earlier epoch is which of this one, in no chain either.
    created, expires
        Hours as `rounded_hour` writes them; a package is not read after `expires`.
    purpose
        What the package may be used for, in words.
    specification, normaliser, software
        Fingerprint of the specification (hex), version of the normaliser and of childindex.
    key_epoch, key_check
        Which project key encoded the rows.
    earlier_epoch, earlier_key_check
        Of a translation alone: the project key that the earlier ids are of.
    """

    project: str
    source: str
    sequence: int
    kind: str
    previous: str | None
    created: str
    expires: str | None
    purpose: str
    specification: str
    normaliser: str
    software: str
    key_epoch: int
    key_check: str
    earlier_epoch: int | None = None
    earlier_key_check: str | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest(ManifestDraft):
    """The whole manifest.

    Attributes
    ----------
    rows, upserts, deletes
        Counts; `rows` is the sum of the others.
    rows_digest
        Digest over all rows, in hex (see `row_digest`).
    recipient, sender_copy
        Fingerprints, in hex, of the envelope keys that open the package: the unit's, and the source's own or None.
    risk_report
        SHA-256, in hex, of the gate's report on these rows, or None.
    columns
        Labels and widths in words, in the order in which they lie in a row.
    """

    rows: int
    upserts: int
    deletes: int
    rows_digest: str
    recipient: str
    sender_copy: str | None
    risk_report: str | None
    columns: tuple[tuple[str, int], ...]


def rounded_hour(moment: datetime) -> str:
    """An instant, rounded down to its hour, as ``2026-11-22T19:00:00Z``.

    Raises
    ------
    ValueError
        If the instant has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:00:00Z")


def columns_of(schema: RecordSchema) -> tuple[tuple[str, int], ...]:
    """The columns of a schema as they stand in a manifest."""
    return tuple((column.label, column.n_words) for column in schema.columns)


def write_manifest(manifest: Manifest) -> bytes:
    """The canonical bytes of a manifest, which are signed.

    Raises
    ------
    PackageRefused
        If a member breaks its rule, so that nothing is sealed that nobody would open.
    """
    content = asdict(manifest) | {"format": FORMAT, "version": VERSION}
    content["columns"] = [list(column) for column in manifest.columns]
    if manifest.kind != TRANSLATION:
        for name in OF_TRANSLATIONS:
            del content[name]
    raw = write_canonical(content)
    parse_manifest(raw)
    return raw


def parse_manifest(raw: bytes) -> Manifest:
    """Read a manifest back.

    Raises
    ------
    PackageRefused
        With every member that is unknown, missing or breaks its rule.
    """
    try:
        content = read_canonical(raw, at_most=LONGEST_MANIFEST)
    except NotCanonical:
        raise PackageRefused(
            "manifest: expected canonical JSON, found something else; seal the package again"
        ) from None
    rules = RULES | (OF_TRANSLATIONS if content.get("kind") == TRANSLATION else {})
    faults = _membership_faults(content, rules)
    faults += [
        f"'{name}' {rule}"
        for name, (fits, rule) in rules.items()
        if name in content and not fits(content[name])
    ]
    if not faults:
        faults = _relation_faults(content)
    if faults:
        raise PackageRefused(
            f"manifest: {'; '.join(faults)}; seal the package again with a childindex of version 1"
        )
    members = {name: value for name, value in content.items() if name not in ("format", "version")}
    members["columns"] = tuple((label, n_words) for label, n_words in content["columns"])
    return Manifest(**members)


def _membership_faults(content: dict[str, Any], rules: Mapping[str, Any]) -> list[str]:
    missing = sorted(rules.keys() - content.keys())
    # The names of unknown members are the sender's text: their number is told, not what they say.
    unknown = len(content.keys() - rules.keys())
    return [f"'{name}' is missing" for name in missing] + ([f"{unknown} unknown members"] if unknown else [])


def _relation_faults(content: dict[str, Any]) -> list[str]:
    faults = []
    if content["rows"] != content["upserts"] + content["deletes"]:
        faults.append("'rows' is not the sum of 'upserts' and 'deletes'")
    if (content["sequence"] == 1) != (content["previous"] is None):
        faults.append("'previous' is null for the first package of a source and for no other")
    if content["kind"] == "delta" and content["previous"] is None:
        faults.append("a delta has to follow a package")
    if content["kind"] != "delta" and content["deletes"]:
        faults.append(f"a {content['kind']} deletes nothing")
    if content["kind"] == "question" and (content["previous"] is not None or content["expires"] is None):
        faults.append("a question stands in no chain and has to expire")
    if content["kind"] == TRANSLATION:
        if content["previous"] is not None:
            faults.append("a translation stands in no chain")
        if content["earlier_epoch"] >= content["key_epoch"]:
            faults.append("'earlier_epoch' does not lie before 'key_epoch'")
    if content["expires"] is not None and content["expires"] <= content["created"]:
        faults.append("'expires' does not lie after 'created'")
    labels = [label for label, _ in content["columns"]]
    if len(set(labels)) != len(labels):
        faults.append("'columns' names a column twice")
    return faults


Rule = tuple[Callable[[Any], bool], str]


def _matches(pattern: re.Pattern[str], rule: str) -> Rule:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None, rule


def _number(least: int, most: int = LARGEST_NUMBER) -> Rule:
    # bool is a kind of int in Python, but not in a manifest.
    return (
        lambda value: type(value) is int and least <= value <= most,
        f"is not a number from {least} to {most}",
    )


def _or_null(rule: Rule) -> Rule:
    fits, text = rule
    return lambda value: value is None or fits(value), f"{text}, or null"


def _is_hour(value: Any) -> bool:
    if not isinstance(value, str) or HOUR.fullmatch(value) is None:
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def is_purpose(value: Any) -> bool:
    """Whether a value may be the purpose of a package."""
    return isinstance(value, str) and 1 <= len(value) <= 200 and value.isprintable()


def _is_columns(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MOST_COLUMNS
        and all(isinstance(column, list) and len(column) == 2 for column in value)
        and all(isinstance(label, str) and COLUMN.fullmatch(label) for label, _ in value)
        and all(type(n_words) is int and 1 <= n_words <= MOST_WORDS for _, n_words in value)
    )


_NAME = _matches(NAME, "is not a name")
_DIGEST = _matches(HEX_DIGEST, "is not a digest of 64 hex digits")
_VERSION = _matches(VERSION_NAME, "is not a version")
_HOUR: Rule = (_is_hour, "is not a full hour in UTC")

RULES: dict[str, Rule] = {
    "format": (lambda value: value == FORMAT, f"is not '{FORMAT}'"),
    "version": (lambda value: type(value) is int and value == VERSION, f"is not {VERSION}"),
    "project": _NAME,
    "source": _NAME,
    "sequence": _number(1),
    "kind": (lambda value: value in KINDS, f"is none of {', '.join(KINDS)}"),
    "previous": _or_null(_DIGEST),
    "created": _HOUR,
    "expires": _or_null(_HOUR),
    "purpose": (is_purpose, "is not a printable text of 1 to 200 characters"),
    "specification": _DIGEST,
    "normaliser": _VERSION,
    "software": _VERSION,
    "key_epoch": _number(1, 65535),
    "key_check": _matches(HEX_KEY_CHECK, "is not a key check of 32 hex digits"),
    "rows": _number(0),
    "upserts": _number(0),
    "deletes": _number(0),
    "rows_digest": _DIGEST,
    "recipient": _DIGEST,
    "sender_copy": _or_null(_DIGEST),
    "risk_report": _or_null(_DIGEST),
    "columns": (_is_columns, "is not a list of column labels and widths"),
}
OF_TRANSLATIONS: dict[str, Rule] = {
    "earlier_epoch": _number(1, 65535),
    "earlier_key_check": _matches(HEX_KEY_CHECK, "is not a key check of 32 hex digits"),
}
