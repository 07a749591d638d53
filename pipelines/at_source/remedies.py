"""What can be done about what refuses a package: once for each kind of refusal, with the columns that it is about."""

from collections.abc import Iterator, Sequence

from encoders.gate.findings import Finding, Verdict
from linkage.exchange.plurals import counted
from linkage.exchange.schema import ColumnKind
from pipelines.buckets import fitting_buckets

__all__ = ["remedies"]

KNOWN = ("known pairs", "graph matching")
COUNTED = ("frequency alignment", "component sizes")
AGREE = "agree on the new specification with the unit and all sources, then encode again"


def remedies(findings: Sequence[Finding]) -> list[str]:
    """A paragraph for each kind of refusal that needs another specification; nothing where none does.

    Parameters
    ----------
    findings
        Everything that was found, of which some refuse.
    """
    told = [*_buckets(findings), *_known(findings), *_counted(findings), *_bits(findings)]
    return [*told, f"After that {AGREE}."] if told else []


def _refused(findings: Sequence[Finding], checks: tuple[str, ...]) -> list[Finding]:
    return [
        finding
        for finding in findings
        if finding.verdict is Verdict.REFUSE and finding.check.startswith(checks)
    ]


def _targets(findings: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(finding.target for finding in findings))


def _buckets(findings: Sequence[Finding]) -> Iterator[str]:
    refused = _refused(findings, ("k of blocking keys",))
    if not refused:
        return
    records = int(next((one.value or 0 for one in findings if one.check == "records"), 0))
    if fitting_buckets(records) == 1:
        yield (
            f"A feed of {counted(records, 'record')} is too small for more than one bucket of a key"
            f" ({_targets(refused)}): set 'buckets' of these keys to 1, and where that is so already leave the keys out"
            " or send more records. Of few records the unit compares every pair, and no key loses a link."
        )
        return
    yield (
        f"Too many buckets for a feed of {records:,} records ({_targets(refused)}): make the specification with"
        f" `childindex spec new SPEC --records {records}` (the records of the smallest feed of the project), or set"
        f" 'buckets' of these keys to {fitting_buckets(records)}. That loses no link and costs the unit time."
    )


def _known(findings: Sequence[Finding]) -> Iterator[str]:
    refused = _refused(findings, KNOWN)
    if not refused:
        return
    cohort = any(one.target.startswith(f"{ColumnKind.COHORT}.") for one in findings)
    yield (
        f"Who is known gives away others ({_targets(refused)}), mostly of their households and in small feeds."
        + (
            " First leave [cohort] out: its token tells the year of birth of nearly everybody, and ageing out can be"
            " done by deletes."
            if cohort
            else ""
        )
        + " `childindex spec new SPEC --feed SOURCE=FEED` with the feed of each source attacks them under several"
        " profiles and drafts the one that links best among those that hold. By hand: in each filter's hardening 14 to"
        " 18 `inputs` instead of 12, no filters of a second place, `weight = 0.27` for an address; docs/privacy.md has"
        " what each step hides and costs."
    )
    yield from _limits(refused)


def _counted(findings: Sequence[Finding]) -> Iterator[str]:
    refused = _refused(findings, COUNTED)
    if not refused:
        return
    yield (
        f"Values are told by how often they occur ({_targets(refused)}). A filter over one field always is: draft"
        " filters over three with `childindex spec new SPEC --profile private`. A filter over several is where few"
        " different values make many records alike: give it a field with more values, or more `inputs`. A blocking key"
        " is where it has few values or no buckets: put a second field into its 'parts', and set 'buckets'."
    )
    yield from _limits(refused)


def _bits(findings: Sequence[Finding]) -> Iterator[str]:
    if refused := _refused(findings, ("crowded codes",)):
        yield (
            f"More than three records often share a code ({_targets(refused)}): rows that repeat, or a value that"
            " stands for a missing one. `childindex profile FEED` has the most frequent value of each field; leave such"
            " rows or values out, or give the filter a field with more values."
        )
    if refused := _refused(findings, ("entropy of bits", "similarities")):
        yield (
            f"The bits show too much of what they are made of ({_targets(refused)}): the hardening of these filters is"
            " weaker than the default; take a fill of .19 and 12 `inputs` or more, as `childindex spec new` has them."
        )


def _limits(refused: list[Finding]) -> Iterator[str]:
    """How a limit is set otherwise, for who has weighed what it means."""
    names = {
        "graph matching": "graph_matching",
        "known pairs": "known_pairs",
        "frequency alignment": "frequency",
        "component sizes": "components",
    }
    worst = {
        limit: max(one.value or 0.0 for one in refused if one.check.startswith(check))
        for check, limit in names.items()
        if any(one.check.startswith(check) for one in refused)
    }
    listed = " and ".join(f"'{limit}' (this package has {rate:.1%})" for limit, rate in worst.items())
    yield (
        f"Or accept it: set {listed} otherwise under [privacy.limits]. That needs no new encoding, and the certificate"
        " names it."
    )
