"""Known weaknesses of an encoding, which a specification must accept by name or avoid.

The measurements behind each are in ``docs/privacy.md``.
"""

from collections.abc import Iterator

from linkage.exchange.specification.encoding import Diffuse, FilterRule
from linkage.exchange.specification.model import Specification

__all__ = ["RISKS", "keys_of_tokens", "named_risks", "unaccepted_risks"]

STRONG_INPUTS = 8
LOWEST_FILL = 0.15

RISKS = {
    "attribute_level": (
        "a filter over one field has the frequency profile of that field: equal values give equal codes,"
        " whatever the hardening, and the common values can be read off"
    ),
    "undiffused": (
        "without strong diffusion the similarities of codes are the similarities of people:"
        " graph matching and a few known pairs name nearly everybody"
    ),
    "low_fill": "under a fill of 0.15 diffusion leaks single tokens and falls to a learning attack",
    "unkeyed_hardening": "a fold or Rule 90 has no key and can be undone or imitated by anybody",
    "unbucketed_keys": (
        "a blocking key without buckets has the frequency profile of its values,"
        " and a rare value is a label of its own"
    ),
    "cohort_tokens": (
        "a cohort token can be read off from the sizes of cohorts: the month or year of birth is known then,"
        " and narrows other attacks to the people of one cohort"
    ),
}


def named_risks(specification: Specification) -> dict[str, list[str]]:
    """Which risks the encoding runs, and the filters or keys that run them."""
    found: dict[str, list[str]] = {}
    for rule in specification.filters:
        for risk in _risks_of(rule):
            found.setdefault(risk, []).append(rule.name)
    repeated = keys_of_tokens(specification)
    loose = [
        rule.name for rule in specification.blocking_keys if not rule.buckets and rule.name not in repeated
    ]
    if loose:
        found["unbucketed_keys"] = loose
    if specification.cohort is not None:
        found["cohort_tokens"] = [specification.cohort.field]
    return found


def keys_of_tokens(specification: Specification) -> set[str]:
    """Blocking keys over the whole of a field whose exact token travels too.

    Two such keys are equal where the tokens are and nowhere else: buckets would hide nothing that the token beside
    them does not show, and only cost comparisons.
    """
    tokens = {rule.field for rule in specification.tokens}
    return {
        rule.name
        for rule in specification.blocking_keys
        if len(rule.parts) == 1 and rule.parts[0] in {f"{field}:whole" for field in tokens}
    }


def unaccepted_risks(specification: Specification) -> list[str]:
    """One fault for each risk that the specification runs and does not accept."""
    accepted = set(specification.privacy.accepted_risks)
    run = named_risks(specification)
    line = "accepted_risks = [" + ", ".join(f'"{risk}"' for risk in run) + "]"
    return [
        f"privacy.accepted_risks: {risk!r} applies to {', '.join(names)} and is not accepted: {RISKS[risk]}."
        f" Change the encoding, or accept the risk by name, under [privacy]: {line}"
        for risk, names in run.items()
        if risk not in accepted
    ]


def _risks_of(rule: FilterRule) -> Iterator[str]:
    if len(rule.fields) == 1:
        yield "attribute_level"
    diffusions = [step for step in rule.hardening if isinstance(step, Diffuse)]
    if not any(step.inputs >= STRONG_INPUTS for step in diffusions):
        yield "undiffused"
    if rule.fill < LOWEST_FILL:
        yield "low_fill"
    if any(step.kind in ("fold", "rule90") for step in rule.hardening) and not diffusions:
        yield "unkeyed_hardening"
