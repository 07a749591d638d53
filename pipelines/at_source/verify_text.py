"""The gate's report for people at a terminal: what refuses first, what warns, then every figure if wanted."""

from encoders.gate.certificate import Certificate
from encoders.gate.findings import Finding, Verdict
from encoders.gate.report import LEVELS, GateReport
from pipelines.at_source.remedies import remedies
from pipelines.console import table_text

__all__ = ["certificate_text", "figure_text", "refusal_text", "report_text", "sentence"]

WORDS = {Verdict.PASS: "PASS", Verdict.WARN: "PASS, with warnings", Verdict.REFUSE: "REFUSED"}
SHOWN = 40
LARGE, SMALL = 1000, 0.0001
FEW = 5
"""So many findings, such as those from outside, are told in sentences."""


def report_text(report: GateReport) -> str:
    """The report as text."""
    parts = [f"{WORDS[report.verdict]}: {report.subject.package} ({LEVELS[report.level]})"]
    if report.subject.digest:
        parts.append(f"sha256 {report.subject.digest}")
    for verdict, heading in ((Verdict.REFUSE, "Refused, since"), (Verdict.WARN, "Warnings")):
        found = [finding for finding in report.findings if finding.verdict is verdict]
        if found:
            parts.append("\n".join([f"{heading}:", *(f"- {sentence(finding)}" for finding in found)]))
    parts += remedies(report.findings)
    if len(report.findings) <= FEW:
        parts.append("\n".join(sentence(finding) for finding in report.findings))
    else:
        parts.append(table_text(["check", "on", "figure", "limit", ""], _rows(report.findings)))
    loosened = report.limits.loosened()
    if loosened:
        listed = ", ".join(
            f"{name} {default:g} -> {here:g}" for name, (default, here) in sorted(loosened.items())
        )
        parts.append(f"limits loosened by the specification: {listed}")
    parts.append(f"{report.seconds:.1f} seconds")
    return "\n\n".join(parts)


def refusal_text(report: GateReport) -> str:
    """Why a package was refused, for an error message."""
    return "\n".join(
        [*(f"- {sentence(finding)}" for finding in report.refusals[:SHOWN]), *remedies(report.findings)]
    )


def certificate_text(certificate: Certificate) -> str:
    """What a certificate says whose signature was checked."""
    told = WORDS[Verdict(certificate.verdict)]
    return (
        f"{told}: the certificate is signed by source {certificate.source!r}, issued {certificate.issued}\n"
        f"package sha256 {certificate.package}\nsigning key {certificate.signer}\n"
        f"level: {LEVELS.get(certificate.report.get('level', ''), 'unknown')}"
    )


def sentence(finding: Finding) -> str:
    """A finding, with its limit where it is not well within it."""
    limit = (
        ""
        if finding.limit is None or finding.verdict is Verdict.PASS
        else f"; the limit is {finding.limit:g}"
    )
    return f"{finding.check}, {finding.target}: {finding.text}{limit}"


def _rows(findings: tuple[Finding, ...]) -> list[list[object]]:
    return [
        [
            finding.check,
            finding.target,
            "" if finding.value is None else figure_text(finding.value),
            "" if finding.limit is None else figure_text(finding.limit),
            str(finding.verdict),
        ]
        for finding in findings
    ]


def figure_text(value: float) -> str:
    """A count whole, a share or statistic by three digits; the certificate has all of them."""
    if float(value).is_integer() or abs(value) >= LARGE:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= SMALL else f"<{SMALL:.4f}"
