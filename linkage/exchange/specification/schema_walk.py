"""The keys that a specification may have at a place, read from the schema itself."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

__all__ = ["known_keys", "sections_of"]


def known_keys(root: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Names of the keys that a section may have.

    Parameters
    ----------
    root
        The model of the whole document.
    place
        Where the section lies, as pydantic tells it: keys, positions in lists, and tags of alternatives.

    Returns
    -------
    Sorted; empty where the place is not a section.
    """
    found: list[Any] = [root]
    for step in place:
        found = [inner for annotation in found for inner in _inside(annotation, step)]
    return sorted({name for model in _models(found) for name in model.model_fields})


def sections_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside an annotation, through lists, tables and alternatives, in order and each once."""
    seen: set[type[BaseModel]] = set()
    for part in _parts(annotation):
        if isinstance(part, type) and issubclass(part, BaseModel) and part not in seen:
            seen.add(part)
            yield part


def _inside(annotation: Any, step: str | int) -> Iterator[Any]:
    if get_origin(annotation) is dict:
        yield get_args(annotation)[1]
    elif get_origin(annotation) is list:
        yield get_args(annotation)[0]
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if step in annotation.model_fields:
            yield annotation.model_fields[str(step)].annotation
    else:
        for alternative in get_args(annotation):
            models = list(_models([alternative]))
            tagged = [model for model in models if step in _tags(model)]
            # A tag names the alternative and is no step into it.
            yield from tagged or _inside(alternative, step)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _models(annotations: Sequence[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        elif get_origin(annotation) not in (dict, list):
            yield from _models(get_args(annotation))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
