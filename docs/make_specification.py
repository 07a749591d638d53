"""Write docs/specification.md: every key of a specification, from the schema and from specification_keys.toml."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from linkage.exchange.specification import Specification
from linkage.exchange.specification.schema_walk import sections_of

FOLDER = Path(__file__).parent
PAGE = FOLDER / "specification.md"
TEXTS = FOLDER / "specification_keys.toml"
DERIVED = ("filters", "tokens", "blocking_keys", "comparisons")
HEAD = """# Specification

One TOML file that every source and the unit hold. `childindex spec new` writes a commented one for children that works
as it is; `childindex spec check` reports every fault at once; `childindex spec show` prints what follows from it.

The sections `fields`, `filters`, `tokens`, `blocking_keys` and `cohort` fix the bits that leave a source. Their
fingerprint travels in each package, and a package made under another one is refused. All else can change without
encoding anything again. Unknown keys are refused.

This page is made from the schema by `python docs/make_specification.py`.
"""


def texts() -> dict[str, dict[str, str]]:
    """What each key is for, by section and key."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


def sections() -> Iterator[type[BaseModel]]:
    """Every section of a specification, each once, the whole first and then in order of appearance."""
    waiting: list[type[BaseModel]] = [Specification]
    seen: set[type[BaseModel]] = set()
    while waiting:
        model = waiting.pop(0)
        if model in seen:
            continue
        seen.add(model)
        yield model
        for info in model.model_fields.values():
            waiting += [inner for inner in sections_of(info.annotation) if inner not in seen]


def page() -> str:
    """The whole page."""
    told = texts()
    parts = [HEAD]
    for model in sections():
        name = "The file" if model is Specification else f"`{model.__name__}`"
        parts.append(f"## {name}\n\n{_prose(model)}\n")
        parts.append("| key | what for | type | default |\n|---|---|---|---|")
        meanings = told.get(model.__name__, {})
        rows = [
            f"| `{key}` | {meanings.get(key, 'to be explained')} | {_type(info.annotation, info)} |"
            f" {_default(key, info)} |"
            for key, info in model.model_fields.items()
        ]
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _prose(model: type[BaseModel]) -> str:
    paragraphs = (model.__doc__ or "").strip().split("\n\n")[: 1 if model is Specification else None]
    return "\n\n".join(" ".join(line.strip() for line in text.splitlines()) for text in paragraphs)


def _default(key: str, info: FieldInfo) -> str:
    if key in DERIVED:
        return "follows from the fields"
    if info.is_required():
        return "**required**"
    value = (
        info.default if info.default is not PydanticUndefined else info.get_default(call_default_factory=True)
    )
    if isinstance(value, BaseModel):
        return "as below"
    if value is None:
        return "none"
    return f"`{value!r}`".replace("'", '"').replace("True", "true").replace("False", "false")


def _type(annotation: Any, info: FieldInfo | None = None) -> str:
    """A type in words, with its bounds."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is not None:
        return _composed(origin, inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if hasattr(annotation, "__members__"):
        return " or ".join(f"`{member.value}`" for member in annotation)
    named = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}
    return named.get(annotation, str(annotation)) + (_bounds(info) if info else "")


def _composed(origin: Any, inner: tuple[Any, ...]) -> str:
    """A type made of others."""
    if origin is Annotated:
        return _type(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (list, dict):
        return f"{'list' if origin is list else 'table'} of {_type(inner[-1])}"
    return " or ".join(_type(part) for part in inner if part is not NoneType)


def _bounds(info: FieldInfo) -> str:
    signs = (
        ("ge", "at least"),
        ("gt", "above"),
        ("le", "at most"),
        ("lt", "below"),
        ("multiple_of", "a multiple of"),
    )
    told = [
        f"{words} {getattr(rule, sign):,}"
        for rule in info.metadata
        for sign, words in signs
        if getattr(rule, sign, None) is not None
    ]
    return f", {', '.join(told)}" if told else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
