"""`encode --gate`: a package is sealed on trial, goes through the gate, and is sealed for good only if it passes.

The report's digest goes into the manifest of the package, and the certificate names the package in turn.
"""

from dataclasses import dataclass
from pathlib import Path

from encoders.gate.certificate import report_digest
from encoders.gate.report import GateReport
from encoders.keys.source_keys import SourceKeys
from linkage.exchange.envelopes import EnvelopePublicKey
from linkage.exchange.errors import PackageRefused
from linkage.exchange.manifest import Manifest, ManifestDraft
from linkage.exchange.package_reader import open_package
from linkage.exchange.package_writer import PackageWriter
from linkage.exchange.specification import read_specification
from pipelines.at_source import verify
from pipelines.at_source.certified import sign_report, write_page
from pipelines.at_source.verify_text import refusal_text
from pipelines.progress import Progress

__all__ = ["GateRequest", "seal_if_passed"]


@dataclass(frozen=True)
class GateRequest:
    """What the gate is to be told, and where its findings go.

    Attributes
    ----------
    out
        Where the package goes if it passes.
    feed, source, specification, keys
        As for encoding.
    certificate, report
        Where the signed certificate and the page go; no page if None.
    """

    out: Path
    feed: Path
    source: str
    specification: Path
    keys: Path
    certificate: Path
    report: Path | None = None


def seal_if_passed(
    trial: Path,
    request: GateRequest,
    *,
    signer: SourceKeys,
    recipient: EnvelopePublicKey,
    draft: ManifestDraft,
    progress: Progress,
) -> tuple[Manifest, str]:
    """Send a trial through the gate and seal it for good.

    Returns the manifest and the digest of the package.

    Raises
    ------
    PackageRefused
        With everything that refuses it; there is no package then.
    """
    job = verify.VerifyJob(
        trial,
        request.specification,
        request.keys,
        request.feed,
        request.source,
        sealed=False,
        name=request.out.name,
    )
    report = verify.run(job, progress)
    if report.refusals:
        if request.report:
            write_page(request.report, report)
        raise PackageRefused(
            f"{request.out}: the gate refuses the package, none was written:\n{refusal_text(report)}"
        )
    manifest, digest = _sealed(trial, request, report, signer, recipient, draft)
    sign_report(request.certificate, report, digest, signer)
    if request.report:
        write_page(request.report, report, signer=signer.public.verifying_key.fingerprint)
    return manifest, digest


def _sealed(
    trial: Path,
    request: GateRequest,
    report: GateReport,
    signer: SourceKeys,
    recipient: EnvelopePublicKey,
    draft: ManifestDraft,
) -> tuple[Manifest, str]:
    specification = read_specification(request.specification)
    trusted = {signer.name: signer.public}
    writer = PackageWriter(
        request.out, signer=signer, recipient=recipient, draft=draft, schema=specification.record_schema
    )
    expected = verify.expectation(specification)
    with open_package(trial, signer.envelope_key, trusted, expected) as package, writer:
        for records in package.batches():
            writer.write(records)
        return writer.close(risk_report=report_digest(report.to_json())), writer.digest
