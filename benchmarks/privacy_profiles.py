"""Encodings of the same children that the frontier compares: from what the field uses by default to what holds.

A profile is the specification that ships with other filters, tokens, blocking keys and comparisons. All but the
reference share the exact tokens and the bucketed blocking keys, so that what differs is the filters.
"""

import json
import math
import tomllib
from dataclasses import dataclass
from typing import Any

from encoders.filters.bloom import positions_a_token
from linkage.exchange.specification import RISKS, default_specification_text
from linkage.exchange.specification.encoding import FieldRule, FilterRule
from pipelines.buckets import with_buckets

__all__ = ["PROFILES", "REFERENCE", "SHIPPED", "Profile", "toml_text"]

Document = dict[str, Any]

REFERENCE, SHIPPED = "attribute-level, plain", "three fields, t=12, 512 bits"

DICE_LEVELS = [0.60, 0.68, 0.76, 0.84, 0.90, 0.95, 1.0]
EDIT_TOKENS = 3.5
"""Tokens that a typing error changes: it spoils about two bigrams and makes as many, or as many parts of a date."""
NOISE_MARGIN = 3.0
SMALLEST_FEED = 20_000
"""Records for which the blocking keys have their buckets: what is attacked has about so many."""
FEW_LEVELS, MANY_LEVELS = 4, 7
LEAST_GAP = 0.02

TOKENS = [{"name": "nhs_number", "field": "nhs_number"}, {"name": "upn", "field": "upn"}]
PERSON = ["forename", "surname", "birth_date", "sex", "postcode", "address"]
PAIRS = {
    "names": ["forename", "surname"],
    "forename_birth": ["forename", "birth_date"],
    "surname_birth": ["surname", "birth_date"],
    "forename_postcode": ["forename", "postcode"],
    "surname_postcode": ["surname", "postcode"],
}
TRIPLES = {
    "names_birth": ["forename", "surname", "birth_date"],
    "forename_birth_postcode": ["forename", "birth_date", "postcode"],
    "surname_birth_postcode": ["surname", "birth_date", "postcode"],
    "names_postcode": ["forename", "surname", "postcode"],
}


@dataclass(frozen=True)
class Profile:
    """An encoding to compare.

    Attributes
    ----------
    name
        Unique.
    document
        Its specification.
    """

    name: str
    document: Document


def toml_text(document: Document) -> str:
    """A specification as TOML, every top-level entry on a line of its own."""
    return "\n".join(f"{key} = {_toml(value)}" for key, value in document.items()) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(held) for held in value) + "]"
    return json.dumps(value)


def _attribute_level(document: Document, hardening: list[Document], **size: Any) -> Document:
    """The reference's own filters, hardened; missing former surnames make no filter of their own."""
    filters = [{**rule, **size, "hardening": hardening} for rule in document["filters"]]
    comparisons = [_plain(rule) if "filter" in rule else rule for rule in document["comparisons"]]
    return {**document, "filters": filters, "comparisons": comparisons} if hardening else document


def _plain(comparison: Document) -> Document:
    return {key: comparison[key] for key in ("name", "filter")} | {
        "similarity": "hamming",
        "levels": [0.44, 0.36, 0.25, 0.0],
    }


def _combined(fields: dict[str, list[str]], *, inputs: int, bits: int, fill: float = 0.19) -> list[Document]:
    return [
        {
            "name": name,
            "bits": bits,
            "fill": fill,
            "fields": [_member(name, field, held) for field in held],
            "hardening": [{"kind": "diffuse", "inputs": inputs}],
        }
        for name, held in fields.items()
    ]


def _member(name: str, field: str, held: list[str]) -> Document:
    """Forename and surname share a key where a filter holds both, so that exchanged names change nothing."""
    shared = {"forename", "surname"} <= set(held) and field in ("forename", "surname")
    return {"field": field, "key": name} if shared else {"field": field}


def _record_level(
    *hardening: Document, bits: int = 1024, fill: float = 0.3, salt: str = ""
) -> list[Document]:
    members: list[Document] = [
        {"field": field, "optional": field in ("sex", "address", "postcode")} for field in PERSON
    ]
    if salt:
        members = [
            member | ({"salt": salt} if member["field"] in ("forename", "surname") else {})
            for member in members
        ]
    return [{"name": "record", "bits": bits, "fill": fill, "fields": members, "hardening": list(hardening)}]


def _with_filters(document: Document, keys: list[Document], filters: list[Document]) -> Document:
    comparisons: list[Document] = [_comparison(rule, document["fields"]) for rule in filters]
    comparisons += [{"name": token["name"], "token": token["name"]} for token in TOKENS]
    return {
        **document,
        "filters": filters,
        "tokens": TOKENS,
        "blocking_keys": keys,
        "comparisons": comparisons,
        "privacy": {"accepted_risks": list(RISKS)},
    }


def _comparison(rule: Document, fields: Document) -> Document:
    diffusions = [step for step in rule["hardening"] if step["kind"] == "diffuse"]
    if not diffusions:
        if any(step["kind"] in ("blip", "fold", "rule90") for step in rule["hardening"]):
            return {
                "name": rule["name"],
                "filter": rule["name"],
                "similarity": "dice",
                "levels": _blurred(rule, DICE_LEVELS),
            }
        return {"name": rule["name"], "filter": rule["name"], "similarity": "dice", "levels": DICE_LEVELS}
    levels = _edit_levels(FilterRule.model_validate(rule), fields, diffusions[0]["inputs"])
    return {"name": rule["name"], "filter": rule["name"], "similarity": "hamming", "levels": levels}


def _blurred(rule: Document, levels: list[float]) -> list[float]:
    """Flipped bits lower every similarity: equal filters no longer have equal codes."""
    flips = sum(step.get("flip", 0) for step in rule["hardening"])
    return sorted({round(level * (1 - 1.6 * flips), 3) for level in levels})


def _edit_levels(rule: FilterRule, fields: Document, inputs: int) -> list[float]:
    """Shares of differing bits midway between none, one, two and three typing errors, as far as they stand out."""
    rules = {name: FieldRule.model_validate(field) for name, field in fields.items()}
    k = sum(positions_a_token(rule, rules)) / len(rule.fields)
    bits_an_edit = EDIT_TOKENS * k * (1 - rule.fill)
    farthest = 0.5 - NOISE_MARGIN * 0.5 / math.sqrt(rule.output_bits)
    n_levels = FEW_LEVELS if len(rule.fields) <= len(TRIPLES["names_birth"]) else MANY_LEVELS
    levels = [farthest]
    for edits in reversed(range(n_levels)):
        changed = min(0.5, (edits + 0.5) * bits_an_edit / rule.bits)
        level = (1 - (1 - 2 * changed) ** inputs) / 2
        if level < levels[-1] - LEAST_GAP:
            levels.append(level)
    return [round(level, 3) for level in levels[-n_levels:]]


def _profiles() -> dict[str, Profile]:
    reference = tomllib.loads(default_specification_text("children"))
    shipped = tomllib.loads(with_buckets(default_specification_text("children_private"), SMALLEST_FEED))
    keys = shipped["blocking_keys"]
    reference["cohort"] = shipped["cohort"]
    reference["privacy"] = {"accepted_risks": list(RISKS)}

    def combined(fields: dict[str, list[str]], **size: Any) -> Document:
        return _with_filters(reference, keys, _combined(fields, **size))

    def record(*steps: Document, **size: Any) -> Document:
        return _with_filters(reference, keys, _record_level(*steps, **size))

    diffuse = [{"kind": "diffuse", "inputs": 10}]
    documents = {
        REFERENCE: reference,
        "attribute-level, t=10": _attribute_level(reference, diffuse, bits=512, fill=0.19),
        "CLK, plain": record(),
        "CLK, folded": record({"kind": "fold"}),
        "CLK, Rule 90": record({"kind": "rule90"}),
        "CLK, BLIP .1": record({"kind": "blip", "flip": 0.1}),
        "CLK, salted by year": record(salt="birth_date:year"),
        "CLK, t=3": record({"kind": "diffuse", "inputs": 3}, bits=2048, fill=0.19),
        "CLK, t=10, fill .10": record(*diffuse, bits=2048, fill=0.10),
        "CLK, t=10": record(*diffuse, bits=2048, fill=0.19),
        "two fields, t=10, 1024 bits": combined(PAIRS, inputs=10, bits=1024),
        "two fields, t=14, 1024 bits": combined(PAIRS, inputs=14, bits=1024),
        "two fields, t=18, 1024 bits": combined(PAIRS, inputs=18, bits=1024),
        "three fields, t=8, 512 bits": combined(TRIPLES, inputs=8, bits=512),
        "three fields, t=10, 512 bits": combined(TRIPLES, inputs=10, bits=512),
        SHIPPED: combined(TRIPLES, inputs=12, bits=512),
        "three fields, t=14, 512 bits": combined(TRIPLES, inputs=14, bits=512),
        "three fields, t=18, 512 bits": combined(TRIPLES, inputs=18, bits=512),
        "three fields, t=10, 1024 bits": combined(TRIPLES, inputs=10, bits=1024),
        "three fields, t=12, 1024 bits": combined(TRIPLES, inputs=12, bits=1024),
        "three fields, t=14, 1024 bits": combined(TRIPLES, inputs=14, bits=1024),
        "three fields, t=12, 2048 bits": combined(TRIPLES, inputs=12, bits=2048),
        "three fields, t=8, fill .25, 1024 bits": combined(TRIPLES, inputs=8, bits=1024, fill=0.25),
        "three fields, t=6, fill .35, 1024 bits": combined(TRIPLES, inputs=6, bits=1024, fill=0.35),
    }
    return {name: Profile(name, document) for name, document in documents.items()}


PROFILES = _profiles()
