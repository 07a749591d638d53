"""The model as a file: JSON that a person can read, version 1.

::

    {"format": "childindex model", "version": 1,
     "sources": ["school", ...], "n_records": [n, ...],
     "comparisons": [{"name", "levels", "natures"}, ...],          in the order of the pattern code's digits
     "classes": [{"name", "kind": "match" | "household" | "alike",
                  "shares": [one a pair class],
                  "levels": {comparison: [probability of level 1, 2, ...]}}, ...],
     "strangers": {"levels": {comparison: [[level 1, 2, ...] a pair class]},
                   "dependences": [{"first", "second", "log_ratio": [[...]]}]},
     "report": {...}}

Level 0, missing, is neutral and not written. Pair classes are the unordered pairs of sources (0,0), (0,1), ...,
(1,1), ... A later version of the software reads every version that has been released; an unknown version or key is
refused, with all faults at once.
"""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from linkage.exchange.errors import InputRefused
from linkage.weights.chance import Edge
from linkage.weights.components import ComponentKind
from linkage.weights.model import Component, FitReport, Model
from linkage.weights.traits import ComparisonTraits, Nature

__all__ = ["load_model", "model_from_json", "model_to_json", "save_model"]

Floats = npt.NDArray[np.float64]
FORMAT = "childindex model"
VERSION = 1


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Comparison(_Section):
    name: str
    levels: int
    natures: list[Nature]


class _Class(_Section):
    name: str
    kind: ComponentKind
    shares: list[float]
    levels: dict[str, list[float]]


class _Dependence(_Section):
    first: str
    second: str
    log_ratio: list[list[float]]


class _Strangers(_Section):
    levels: dict[str, list[list[float]]]
    dependences: list[_Dependence]


class _Report(_Section):
    warnings: tuple[str, ...]
    n_candidates: int
    estimated_matches: tuple[float, ...]
    iterations: int
    converged: bool
    n_starts: int
    criterion: float


class _Document(_Section):
    format: str
    version: int
    sources: list[str]
    n_records: list[int]
    comparisons: list[_Comparison]
    classes: list[_Class]
    strangers: _Strangers
    report: _Report


def model_to_json(model: Model) -> str:
    """The model as JSON text, ending in a newline."""
    names = [traits.name for traits in model.comparisons]
    document = {
        "format": FORMAT,
        "version": VERSION,
        "sources": list(model.sources),
        "n_records": list(model.n_records),
        "comparisons": [
            {"name": traits.name, "levels": traits.n_levels, "natures": sorted(traits.natures)}
            for traits in model.comparisons
        ],
        "classes": [
            {
                "name": component.name,
                "kind": component.kind,
                "shares": model.shares[:, row].tolist(),
                "levels": _by_comparison(model, component.levels),
            }
            for row, component in enumerate(model.components)
        ],
        "strangers": {
            "levels": {
                name: model.chance_levels[:, begin + 1 : end].tolist()
                for name, begin, end in zip(names, model.offsets[:-1], model.offsets[1:], strict=True)
            },
            "dependences": [
                {
                    "first": names[edge.first],
                    "second": names[edge.second],
                    "log_ratio": edge.log_ratio[1:, 1:].tolist(),
                }
                for edge in model.chance_edges
            ],
        },
        "report": asdict(model.report),
    }
    return json.dumps(document, indent=1) + "\n"


def model_from_json(text: str, name: str = "model") -> Model:
    """Read a model; `name` stands in messages for where the text came from.

    Raises
    ------
    InputRefused
        With every fault: not JSON, another format, unknown version or key, shapes that do not fit.
    """
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors()]
        raise _refused(name, faults) from None
    faults = _faults(document)
    if faults:
        raise _refused(name, faults)
    return _model_of(document)


def save_model(model: Model, path: Path) -> None:
    """Write the model to a file."""
    path.write_text(model_to_json(model), encoding="utf-8")


def load_model(path: Path) -> Model:
    """Read a model from a file; see `model_from_json`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(
            f"model {path.name}: cannot be read as text ({type(error).__name__}); give a model file"
        ) from None
    return model_from_json(text, path.name)


def _by_comparison(model: Model, slots: Floats) -> dict[str, list[float]]:
    return {
        traits.name: slots[begin + 1 : end].tolist()
        for traits, begin, end in zip(model.comparisons, model.offsets[:-1], model.offsets[1:], strict=True)
    }


def _refused(name: str, faults: list[str]) -> InputRefused:
    return InputRefused(
        f"{name} is not a model file that this version reads:\n- "
        + "\n- ".join(faults)
        + f"\nExpected {FORMAT!r}, version {VERSION}; fit the model again or use the software that wrote it."
    )


def _faults(document: _Document) -> list[str]:
    faults = []
    if document.format != FORMAT:
        faults.append(f"format: expected {FORMAT!r}")
    if document.version != VERSION:
        faults.append(f"version: {document.version}, expected {VERSION}")
    levels = {comparison.name: comparison.levels - 1 for comparison in document.comparisons}
    if len(levels) != len(document.comparisons) or min(levels.values(), default=0) < 2:
        faults.append("comparisons: expected distinct names, each with 3 levels or more")
    n_sources = len(document.n_records)
    n_classes = n_sources * (n_sources + 1) // 2
    if document.sources and len(document.sources) != n_sources:
        faults.append(f"sources: {len(document.sources)} names for {n_sources} sources")
    for number, item in enumerate(document.classes):
        if len(item.shares) != n_classes or not all(0 <= share <= 1 for share in item.shares):
            faults.append(f"classes.{number}.shares: expected {n_classes} numbers from 0 to 1")
        if {name: len(values) for name, values in item.levels.items()} != levels:
            faults.append(f"classes.{number}.levels: expected one list a comparison, one number a level")
        elif not all(0 < value <= 1 for values in item.levels.values() for value in values):
            faults.append(f"classes.{number}.levels: expected numbers above 0 and up to 1")
    return faults + _stranger_faults(document.strangers, levels, n_classes)


def _stranger_faults(strangers: _Strangers, levels: dict[str, int], n_classes: int) -> list[str]:
    faults = []
    shapes = {name: [len(row) for row in rows] for name, rows in strangers.levels.items()}
    if shapes != {name: [width] * n_classes for name, width in levels.items()}:
        faults.append("strangers.levels: expected a row a pair class for every comparison")
    elif not all(0 < value <= 1 for rows in strangers.levels.values() for row in rows for value in row):
        faults.append("strangers.levels: expected numbers above 0 and up to 1")
    for number, edge in enumerate(strangers.dependences):
        shape = [len(row) for row in edge.log_ratio]
        if edge.first not in levels or edge.second not in levels or edge.first == edge.second:
            faults.append(f"strangers.dependences.{number}: expected two comparisons of this model")
        elif shape != [levels[edge.second]] * levels[edge.first]:
            faults.append(f"strangers.dependences.{number}.log_ratio: expected a number for every two levels")
    return faults


def _model_of(document: _Document) -> Model:
    comparisons = tuple(
        ComparisonTraits(item.name, item.levels, frozenset(item.natures)) for item in document.comparisons
    )
    names = [item.name for item in comparisons]

    def slots(levels: dict[str, list[float]]) -> Floats:
        return np.concatenate([[1.0, *levels[name]] for name in names])

    n_classes = len(document.n_records) * (len(document.n_records) + 1) // 2
    chance = [
        slots({name: rows[index] for name, rows in document.strangers.levels.items()})
        for index in range(n_classes)
    ]
    return Model(
        comparisons=comparisons,
        sources=tuple(document.sources),
        n_records=tuple(document.n_records),
        components=tuple(Component(item.name, item.kind, slots(item.levels)) for item in document.classes),
        shares=np.array([item.shares for item in document.classes], dtype=np.float64)
        .reshape(len(document.classes), n_classes)
        .T.copy(),
        chance_levels=np.array(chance),
        chance_edges=tuple(
            Edge(
                names.index(edge.first),
                names.index(edge.second),
                np.pad(np.array(edge.log_ratio), ((1, 0), (1, 0))),
            )
            for edge in document.strangers.dependences
        ),
        report=FitReport(**document.report.model_dump()),
    )
