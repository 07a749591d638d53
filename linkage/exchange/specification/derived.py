"""Sections that a specification may leave out, because they follow from the kinds of its fields.

Where ``filters`` and ``tokens`` are both absent, each field gets a filter of its own or, where only equality means
anything, a token; where ``blocking_keys`` or ``comparisons`` are absent, they follow from these. `childindex spec show`
prints what was derived. A section that is given is taken as it is.

The derived filters are attribute-level, which is a risk that has to be accepted by name; see ``docs/privacy.md``.
"""

from itertools import combinations
from typing import Any

__all__ = ["with_derived_sections"]

Document = dict[str, Any]

EXACT_KINDS = ("sex", "nhs_number", "upn")
IDENTIFIER_KINDS = ("nhs_number", "upn")
PLACE_KINDS = ("postcode",)
WIDE_KINDS = ("address", "text")
FORMER = "former_"
SWAPPED = ("forename", "surname")
"""Written one for the other in some records of any feed; they are of one kind and have one hashing key."""
LEVELS = {
    # Dice of bigrams at .5, .65, .8 and equal; unrelated filters of fill .3 agree in .15 of what is left.
    "name": [0.575, 0.70, 0.83, 1.0],
    "address": [0.575, 0.70, 0.83, 0.97],
    "text": [0.575, 0.70, 0.83, 1.0],
    # Of 14 parts (digits, year, month, day, each two of these) a wrong digit spoils four, three wrong ones nine or so.
    "date": [0.56, 0.66, 0.72, 1.0],
    "postcode": [0.66, 0.80, 1.0],
    "phone": [0.66, 0.80, 1.0],
    "number": [0.66, 0.80, 1.0],
    "year": [0.66, 0.80, 1.0],
}
MOST_KEYS = 10


def with_derived_sections(document: Document) -> Document:
    """The document with absent sections filled in; a document with faults is given back with what can be derived."""
    fields = document.get("fields")
    if not isinstance(fields, dict) or not all(isinstance(rule, dict) for rule in fields.values()):
        return document
    kinds = {name: str(rule.get("kind")) for name, rule in fields.items()}
    derived = dict(document)
    if "filters" not in document and "tokens" not in document:
        derived["filters"] = [_filter(name, kind) for name, kind in kinds.items() if kind not in EXACT_KINDS]
        derived["tokens"] = [
            {"name": name, "field": name} for name, kind in kinds.items() if kind in EXACT_KINDS
        ]
        derived.setdefault("comparisons", _comparisons(kinds))
    derived.setdefault("blocking_keys", _blocking_keys(kinds))
    return derived


def _filter(name: str, kind: str) -> Document:
    member = {"field": name, "key": "name"} if kind == "name" else {"field": name}
    return {"name": name, "bits": 512 if kind in WIDE_KINDS else 256, "fill": 0.30, "fields": [member]}


def _comparisons(kinds: dict[str, str]) -> list[Document]:
    rules = []
    for name, kind in kinds.items():
        if name.startswith(FORMER) and name.removeprefix(FORMER) in kinds:
            continue
        if kind in EXACT_KINDS:
            rules.append({"name": name, "token": name})
            continue
        rule: Document = {"name": name, "filter": name, "levels": LEVELS.get(kind, LEVELS["text"])}
        alternatives: list[Document] = []
        if kinds.get(FORMER + name) == kind:
            alternatives.append({"left": name, "right": FORMER + name})
        if name in SWAPPED and all(kinds.get(other) == "name" for other in SWAPPED):
            alternatives.append({"left": SWAPPED[0], "right": SWAPPED[1], "below_top": 2, "only_equal": True})
        if alternatives:
            rule["alternatives"] = alternatives
        rules.append(rule)
    return rules


def _blocking_keys(kinds: dict[str, str]) -> list[Document]:
    def of(*wanted: str) -> list[str]:
        return [name for name, kind in kinds.items() if kind in wanted]

    names = [name for name in of("name") if not name.startswith((FORMER, "guardian_"))][:3]
    dates, places = of("date")[:2], of(*PLACE_KINDS)[:1]
    keys = [_key(name, f"{name}:whole") for name in of(*IDENTIFIER_KINDS)]
    keys += [_key(date, f"{date}:whole") for date in dates]
    for date in dates:
        for name in names:
            keys.append(_key(f"{name}_year", f"{name}:soundex", f"{date}:year"))
            former = FORMER + name
            if former in kinds:
                keys.append(
                    _key(f"{former}_year", f"{former}:soundex", f"{date}:year") | {"space": f"{name}_year"}
                )
    keys += [_key(f"{a}_{b}", f"{a}:soundex", f"{b}:soundex") for a, b in combinations(names, 2)]
    keys += [
        _key(f"{name}_{place}", f"{name}:soundex", f"{place}:whole") for place in places for name in names
    ]
    return keys[:MOST_KEYS] or [_key(name, f"{name}:whole") for name in kinds][:MOST_KEYS]


def _key(name: str, *parts: str) -> Document:
    return {"name": name[:48], "parts": list(parts)}
