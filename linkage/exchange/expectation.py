"""What the reader of a package knows beforehand, and how a manifest is held against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import Manifest, columns_of, rounded_hour
from linkage.exchange.schema import RecordSchema
from linkage.exchange.translations import TRANSLATION, TRANSLATION_SCHEMA

__all__ = ["EPOCH_REMEDY", "Expectation", "refuse_unexpected"]

EPOCH_REMEDY = (
    "records of two epochs cannot be compared. If the source is behind, let it encode its feed again with the present"
    " specification and key; if the key was rotated, make a new index from the specification with the new `epoch` and"
    " load the snapshots of all sources into it"
)


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What a package has to say to be opened. A None leaves a point open; nothing else does.

    Attributes
    ----------
    project, specification, schema
        From the reader's own specification: its project, fingerprint and record schema.
    normaliser
        Version of the normaliser; records normalised otherwise do not compare.
    key_checks
        Key-check value in hex by epoch, for every epoch that is taken at present.
    source
        The source that has to have signed it, where the reader waits for one in particular.
    purpose
        The purpose that has to stand in the manifest.
    recipient
        Fingerprint of the unit's envelope key, for a source that opens its own copy; at the unit it follows from
        the key.
    kinds
        Kinds of package that are taken: what is loaded is never a question, and what is asked is nothing else.
    earlier_key_checks
        Of a translation: key-check value in hex by epoch of the keys that its earlier ids may be of.
    now
        The present, for `expires`; None takes the clock.
    """

    project: str
    specification: str
    schema: RecordSchema
    normaliser: str | None = None
    key_checks: Mapping[int, str] | None = None
    source: str | None = None
    purpose: str | None = None
    recipient: str | None = None
    kinds: tuple[str, ...] = ("snapshot", "delta")
    earlier_key_checks: Mapping[int, str] | None = None
    now: datetime | None = None

    def schema_of(self, kind: str) -> RecordSchema:
        """The columns that a package of a kind has to have."""
        return TRANSLATION_SCHEMA if kind == TRANSLATION else self.schema


def refuse_unexpected(manifest: Manifest, expected: Expectation) -> None:
    """Hold a manifest against what is expected.

    Raises
    ------
    PackageRefused
        With everything that differs, each point with what was expected, found, and how to mend it.
    """
    faults = _identity_faults(manifest, expected) + _encoding_faults(manifest, expected)
    if manifest.expires is not None and rounded_hour(expected.now or datetime.now(UTC)) >= manifest.expires:
        faults.append(f"expiry: the package expired at {manifest.expires}; ask the source for a new one")
    if faults:
        raise PackageRefused("\n".join(faults))


def _identity_faults(manifest: Manifest, expected: Expectation) -> list[str]:
    points = [
        ("project", expected.project, manifest.project, "this package belongs to another index"),
        ("source", expected.source, manifest.source, "give the package of the right source"),
        ("purpose", expected.purpose, manifest.purpose, "ask the source to seal it for this purpose"),
        (
            "recipient",
            expected.recipient,
            manifest.recipient,
            "seal it again with the unit's present unit.pub",
        ),
    ]
    faults = [_fault(*point) for point in points if point[1] is not None and point[1] != point[2]]
    if manifest.kind not in expected.kinds:
        remedy = (
            "a question is answered by `childindex ask`, a translation is for `childindex init --after`, and everything"
            " else is loaded"
        )
        faults.append(_fault("kind", " or ".join(expected.kinds), manifest.kind, remedy))
    return faults


def _encoding_faults(manifest: Manifest, expected: Expectation) -> list[str]:
    points = [
        (
            "specification",
            expected.specification,
            manifest.specification,
            "source and unit need the same specification file; encode the feed again with the agreed one",
        ),
        (
            "normaliser",
            expected.normaliser,
            manifest.normaliser,
            "install the same childindex on both sides and encode the feed again",
        ),
    ]
    faults = [_fault(*point) for point in points if point[1] is not None and point[1] != point[2]]
    own, theirs = columns_of(expected.schema_of(manifest.kind)), manifest.columns
    if own != theirs:
        first = next(
            (n for n, (a, b) in enumerate(zip(own, theirs, strict=False)) if a != b),
            min(len(own), len(theirs)),
        )
        faults.append(
            f"columns: expected {len(own)} columns, found {len(theirs)}; the first that differs in name or width is "
            f"number {first + 1}; encode the feed again with the agreed specification"
        )
    if expected.key_checks is not None:
        faults += _key_faults(manifest, expected.key_checks)
    if manifest.earlier_epoch is not None and expected.earlier_key_checks is not None:
        found = f"{manifest.earlier_key_check} of epoch {manifest.earlier_epoch}"
        own_checks = [f"{check} of epoch {epoch}" for epoch, check in expected.earlier_key_checks.items()]
        if found not in own_checks:
            remedy = (
                "the source translated ids of another project key than the old index's; let it make it again"
            )
            faults.append(_fault("earlier key check", " or ".join(own_checks) or "none", found, remedy))
    return faults


def _key_faults(manifest: Manifest, key_checks: Mapping[int, str]) -> list[str]:
    if manifest.key_epoch not in key_checks:
        accepted = ", ".join(str(epoch) for epoch in sorted(key_checks)) or "none"
        return [_fault("key epoch", accepted, str(manifest.key_epoch), EPOCH_REMEDY)]
    own = key_checks[manifest.key_epoch]
    if own != manifest.key_check:
        remedy = (
            "the source encoded with another project key; compare the key check of all sources, encode again"
        )
        return [_fault("key check", own, manifest.key_check, remedy)]
    return []


def _fault(check: str, wanted: object, found: str, remedy: str) -> str:
    return f"{check}: expected {wanted}, found {found}; {remedy}"
