"""The privacy gate: what is in a package, attacked as an adversary would, with a pass or a refusal.

Three levels, by what the caller has. Without a key, an outsider sees header and sealed bytes. With the linkage
unit's keys the package is opened and everything is checked that needs no plaintext. With the source's keys and the
feed see ``verify_at_source``.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from encoders.attacks.outcome import AttackResult
from encoders.gate.certificate import Certificate, read_certificate
from encoders.gate.findings import Finding, Verdict, stated
from encoders.gate.limits import GateLimits
from encoders.gate.manifest_findings import index_chain_finding, manifest_findings
from encoders.gate.outside_findings import outside_findings
from encoders.gate.package_side import PackageReading
from encoders.gate.report import GateReport, Subject, what_leaves
from encoders.gate.row_findings import row_findings
from encoders.gate.translation_findings import LEAVES
from linkage.exchange.errors import KeyRefused, PackageRefused
from linkage.exchange.manifest import Manifest
from linkage.exchange.package_reader import open_package, package_digest, read_header
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import PublicKeys, load_trusted_sources, read_public_keys
from linkage.exchange.specification import Specification, read_specification
from linkage.exchange.translations import TRANSLATION
from linkage.exchange.unit_keys import load_unit_keys
from pipelines.at_source.verify_at_source import (
    VERIFIED_KINDS,
    SourceCheck,
    VerifyJob,
    expectation,
)
from pipelines.at_source.verify_translation import findings_without_feed
from pipelines.progress import Progress, Silent, reached

__all__ = ["VerifyJob", "check_certificate", "expectation", "run"]


def run(job: VerifyJob, progress: Progress | None = None) -> GateReport:
    """Verify a package.

    Raises
    ------
    InputRefused
        If a key, the specification or the feed cannot be used. A package that does not check is no error: the report
        says so, and its verdict is to refuse.
    """
    started = time.perf_counter()
    progress = progress or Silent()
    if job.keys is None or job.specification is None:
        return _Report(job, "outsider", GateLimits(), started).of([*_outside(job.package), _unopened()])
    specification = read_specification(job.specification)
    limits = GateLimits.of(specification.privacy.limits)
    report = _Report(job, "unit" if job.plaintext is None else "source", limits, started)
    outside = _outside(job.package)
    try:
        if job.plaintext is None:
            manifest, findings = _at_unit(job, specification, limits, progress)
            return report.of([*outside, *findings], manifest, _leaves(manifest, specification, []))
        checked = SourceCheck.of(job, specification, limits).run(progress)
    except PackageRefused as refusal:
        return report.of([*outside, _refused(str(refusal))])
    leaves = _leaves(checked.manifest, specification, checked.fields)
    return report.of([*outside, *checked.findings], checked.manifest, leaves, checked.attacks)


def check_certificate(path: Path, keys: Path, package: Path | None = None) -> Certificate:
    """Check a certificate: its signature by a source that is trusted, and that it speaks of a package.

    Parameters
    ----------
    path
        The certificate.
    keys
        A folder with public keys: the unit's (with its trusted sources) or a source's.
    package
        The package that it should be about; None checks the signature only.

    Raises
    ------
    KeyRefused
        If the folder has no public key of a source.
    PackageRefused
        If the certificate is damaged, not signed by a trusted source, or of another package.
    """
    certificate = read_certificate(path, _trusted(keys))
    if package is not None and certificate.package != package_digest(package):
        raise PackageRefused(
            f"{path}: the certificate is not of the package {package}; ask the source for the one that belongs to it"
        )
    return certificate


class _Report:
    """What stands in every report of a job."""

    def __init__(self, job: VerifyJob, level: str, limits: GateLimits, started: float) -> None:
        self._job = job
        self._level = level
        self._limits = limits
        self._started = started

    def of(
        self,
        findings: Sequence[Finding],
        manifest: Manifest | None = None,
        leaves: tuple[tuple[str, tuple[str, ...]], ...] = (),
        attacks: Sequence[AttackResult] = (),
    ) -> GateReport:
        """The report on some findings."""
        job = self._job
        digest = package_digest(job.package) if job.sealed else ""
        return GateReport(
            self._level,
            Subject(job.shown_name, digest, manifest),
            tuple(findings),
            tuple(attacks),
            self._limits,
            leaves,
            time.perf_counter() - self._started,
        )


def _leaves(
    manifest: Manifest, specification: Specification, fields: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return LEAVES if manifest.kind == TRANSLATION else what_leaves(specification, fields)


def _outside(package: Path) -> list[Finding]:
    try:
        return list(outside_findings(package, read_header(package)))
    except PackageRefused as refusal:
        return [_refused(str(refusal))]


def _refused(text: str) -> Finding:
    return Finding("opening", "package", None, None, Verdict.REFUSE, text)


def _unopened() -> Finding:
    text = "signature, chain and rows lie inside the sealing: to see them give --spec and --keys"
    return stated("not checked", "package", 0.0, text)


def _at_unit(
    job: VerifyJob, specification: Specification, limits: GateLimits, progress: Progress
) -> tuple[Manifest, list[Finding]]:
    keys = job.keys or Path()
    if not (keys / "unit.key").exists() and any(keys.glob("source-*.key")):
        raise KeyRefused(
            f"{keys}: these are the keys of a source: at the source give the feed too, with --plaintext; at the linkage"
            " unit give the folder of the unit's keys"
        )
    unit = load_unit_keys(keys, read_passphrase())
    trusted = load_trusted_sources(keys)
    expected = expectation(specification, kinds=VERIFIED_KINDS)
    with open_package(job.package, unit.envelope_key, trusted, expected) as package:
        manifest, digest = package.manifest, package.digest
        if manifest.kind == TRANSLATION:
            return manifest, findings_without_feed(package)
        reading = PackageReading(specification.record_schema)
        with progress.stage("read the package", total=manifest.rows) as stage:
            side = reading.read(reached(package.batches(), stage))
    delta = manifest.kind == "delta"
    chains = job.chains
    return manifest, [
        *manifest_findings(manifest),
        *([index_chain_finding(manifest, digest, chains.get(manifest.source))] if chains is not None else []),
        *row_findings(side, specification, limits, delta=delta),
    ]


def _trusted(keys: Path) -> dict[str, PublicKeys]:
    """Public keys of sources in a folder, the trusted ones and its own."""
    found: dict[str, PublicKeys] = {}
    lookups: list[Callable[[], dict[str, PublicKeys]]] = [
        lambda: load_trusted_sources(keys),
        lambda: {
            own.name: own
            for own in (read_public_keys(path, role="source") for path in keys.glob("source-*.pub"))
        },
    ]
    for look in lookups:
        try:
            found |= look()
        except KeyRefused:
            continue
    if not found:
        raise KeyRefused(
            f"{keys}: there is no public key of a source here; name a folder with source-NAME.pub, or that of the unit"
        )
    return found
