"""Writing what the gate found: the page, the signed certificate."""

from pathlib import Path

from encoders.gate.certificate import make_certificate
from encoders.gate.report import GateReport
from encoders.keys.source_keys import load_source_keys
from linkage.exchange.errors import InputRefused, KeyRefused
from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.public_keys import Signer
from pipelines.at_source.certificate import certificate_page
from pipelines.at_source.verify_at_source import VerifyJob, only_source
from pipelines.outputs import whole_file

__all__ = ["sign_report", "write_certificate", "write_page"]


def write_certificate(path: Path, report: GateReport, job: VerifyJob) -> str:
    """Sign a report by the source's key and write the certificate; one that is there is replaced.

    Returns the fingerprint of the key.

    Raises
    ------
    KeyRefused
        If the job has no keys of a source.
    """
    if job.keys is None or report.level != "source":
        raise KeyRefused("a certificate is signed by the source: give --spec, --keys and --plaintext")
    signer = load_source_keys(job.keys, job.source or only_source(job.keys), read_passphrase())
    sign_report(path, report, report.subject.digest, signer)
    return signer.public.verifying_key.fingerprint


def sign_report(path: Path, report: GateReport, package: str, signer: Signer) -> None:
    """Write the certificate of the package with a digest."""
    _write(path, make_certificate(report.to_json(), package, signer))


def write_page(path: Path, report: GateReport, *, signer: str = "") -> None:
    """Write the report as one page that needs nothing else."""
    _write(path, certificate_page(report, signer=signer).encode())


def _write(path: Path, content: bytes) -> None:
    try:
        with whole_file(path) as partial:
            partial.write_bytes(content)
    except OSError as error:
        raise InputRefused(f"{path}: cannot be written: {error.strerror}; name another place") from None
