"""The gate's report as a page: pass or refuse first, then each check with its figure and its limit."""

from encoders.attacks.outcome import AttackResult
from encoders.gate.attack_findings import judged
from encoders.gate.findings import Finding, Verdict
from encoders.gate.report import LEVELS, GateReport
from pipelines.at_source.remedies import remedies
from pipelines.at_source.verify_text import figure_text, sentence
from pipelines.report.page import page

__all__ = ["certificate_page"]

WORDS = {Verdict.PASS: "Pass", Verdict.WARN: "Pass, with warnings", Verdict.REFUSE: "Refused"}
ATTACKS = ("graph matching", "known pairs", "frequency alignment", "component sizes", "collusion bound")


def certificate_page(report: GateReport, *, signer: str = "") -> str:
    """Render the report.

    Parameters
    ----------
    report
        What the gate found.
    signer
        Fingerprint of the key that signed the certificate beside this page; empty where there is none.
    """
    findings = report.findings
    subject = report.subject.to_json()
    return page(
        "certificate.html.j2",
        title=f"Privacy gate: {report.subject.package}",
        verdict=WORDS[report.verdict],
        passed=report.verdict is not Verdict.REFUSE,
        level=LEVELS[report.level],
        refusals=[*(sentence(one) for one in report.refusals), *remedies(report.findings)],
        warnings=[sentence(one) for one in findings if one.verdict is Verdict.WARN],
        summary=_cards(report),
        checks=[_check_row(one) for one in findings if not one.check.startswith(ATTACKS)],
        attacks=[_attack_row(one) for one in report.attacks],
        assumptions=sorted({f"{one.attack}: {one.assumptions}" for one in report.attacks}),
        judgements=[_check_row(one)[:5] for one in findings if one.check.startswith(ATTACKS) and one.limit],
        leaves=report.leaves,
        facts=[[name.replace("_", " "), str(value)] for name, value in subject.items()],
        limits=[
            [name.replace("_", " "), default, here]
            for name, (default, here) in sorted(report.limits.loosened().items())
        ],
        signer=signer,
    )


def _cards(report: GateReport) -> list[tuple[str, object, str]]:
    limited = [one for one in report.attacks if judged(one, report.limits).limit is not None]
    worst = max(limited, key=lambda one: one.rate, default=None)
    cards: list[tuple[str, object, str]] = [
        ("Checks", len(report.findings), f"{len(report.refusals)} refuse"),
    ]
    if report.subject.manifest is not None:
        cards.append(("Rows", report.subject.manifest.rows, f"package {report.subject.manifest.sequence}"))
    if worst is not None:
        low, high = worst.interval
        cards.append(
            (
                "Worst attack with a limit",
                f"{worst.rate:.2%}",
                f"{worst.attack}, {low:.2%} to {high:.2%}; a guess {worst.chance:.3%}",
            )
        )
    return cards


def _check_row(finding: Finding) -> list[object]:
    return [
        finding.check,
        finding.target,
        "" if finding.value is None else figure_text(finding.value),
        "" if finding.limit is None else figure_text(finding.limit),
        str(finding.verdict),
        finding.text,
    ]


def _attack_row(attack: AttackResult) -> list[object]:
    low, high = attack.interval
    known = attack.known
    return [
        attack.attack,
        attack.target,
        "" if known is None else f"{known:,.0f}",
        f"{attack.hits:,} of {attack.n:,}",
        f"{attack.rate:.2%}",
        f"{low:.2%} to {high:.2%}",
        f"{attack.chance:.4%}",
    ]
