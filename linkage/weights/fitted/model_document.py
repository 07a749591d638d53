"""A model file as a document: its schema, what can be wrong with it, and the model in it."""

from itertools import pairwise
from math import prod

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from linkage.weights.classes.components import ComponentKind
from linkage.weights.fitted.model import Component, Corrections, FitReport, Model
from linkage.weights.patterns.chance import Edge
from linkage.weights.patterns.field_states import N_STATES, FieldGroup, overlap_of
from linkage.weights.patterns.traits import EXACT_LEVELS, ComparisonTraits, FieldTrait, Nature

__all__ = ["FORMAT", "VERSION", "ModelDocument", "faults_of", "model_of"]

Floats = npt.NDArray[np.float64]
FORMAT = "childindex model"
VERSION = 4
READ_VERSIONS = (1, 2, 3, 4)
FIVE_STATES_SINCE = 3
"""Earlier versions told four states of a field apart."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Field(_Section):
    name: str
    nature: Nature


class _Comparison(_Section):
    name: str
    levels: int
    natures: list[Nature]
    fields: list[_Field]
    equal_shares: list[float] = [1.0]
    incomplete_levels: list[int] = []


class _Class(_Section):
    name: str
    kind: ComponentKind
    shares: list[float]
    levels: dict[str, list[float]]
    states: dict[str, list[float]] | None


class _Dependence(_Section):
    first: str
    second: str
    log_ratio: list[list[float]]


class _Strangers(_Section):
    levels: dict[str, list[list[float]]]
    dependences: list[_Dependence]


class _Corrections(_Section):
    patterns: list[int] = []
    bits: list[float] = []


class _Report(_Section):
    warnings: tuple[str, ...]
    n_candidates: int
    estimated_matches: tuple[float, ...]
    iterations: int
    converged: bool
    n_starts: int
    criterion: float


class ModelDocument(_Section):
    """The whole file."""

    format: str
    version: int
    sources: list[str]
    n_records: list[int]
    comparisons: list[_Comparison]
    classes: list[_Class]
    emissions: dict[str, list[list[float]]]
    strangers: _Strangers
    corrections: _Corrections = _Corrections()
    report: _Report


def faults_of(document: ModelDocument) -> list[str]:
    """What is wrong with a document that has the right keys, one line a fault."""
    if document.version < FIVE_STATES_SINCE and any(item.states is not None for item in document.classes):
        return [f"version: {document.version}, which tells fewer states of a shared field apart"]
    faults = _kind_faults(document)
    levels = {comparison.name: comparison.levels - 1 for comparison in document.comparisons}
    if len(levels) != len(document.comparisons) or min(levels.values(), default=0) < 2:
        faults.append("comparisons: expected distinct names, each with 3 levels or more")
    for comparison in document.comparisons:
        shares = comparison.equal_shares
        plain = comparison.levels - len(comparison.incomplete_levels)
        if _too_few(comparison):
            told = f"{len(comparison.incomplete_levels)} incomplete levels of {comparison.levels}"
            faults.append(f"comparisons: {comparison.name!r} has {told}")
        elif not shares or plain - len(shares) < 2 or not all(0 < share <= 1 for share in shares):
            faults.append(
                f"comparisons: {comparison.name!r} needs a share above 0 for each level of full agreement"
            )
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
    faults += _correction_faults(document)
    return faults + _state_faults(document, levels) + _stranger_faults(document.strangers, levels, n_classes)


def _correction_faults(document: ModelDocument) -> list[str]:
    patterns, n_patterns = document.corrections.patterns, prod(item.levels for item in document.comparisons)
    ordered = all(a < b for a, b in pairwise([-1, *patterns, n_patterns]))
    if ordered and len(patterns) == len(document.corrections.bits):
        return []
    return ["corrections: expected ascending pattern codes of this model, and a number of bits for each"]


def _kind_faults(document: ModelDocument) -> list[str]:
    faults = []
    if document.format != FORMAT:
        faults.append(f"format: expected {FORMAT!r}")
    if document.version not in READ_VERSIONS:
        faults.append(f"version: {document.version}, expected up to {VERSION}")
    return faults


def _too_few(comparison: _Comparison) -> bool:
    """Whether disagreement or agreement is lacking, of all pairs or of those that lack a field."""
    lacking = comparison.incomplete_levels
    ordered = all(a < b for a, b in pairwise([0, *lacking, comparison.levels]))
    return len(lacking) == 1 or not ordered or comparison.levels - len(lacking) < EXACT_LEVELS


def _comparisons_of(document: ModelDocument) -> tuple[ComparisonTraits, ...]:
    return tuple(
        ComparisonTraits(
            item.name,
            item.levels,
            frozenset(item.natures),
            tuple(FieldTrait(field.name, field.nature) for field in item.fields),
            tuple(item.equal_shares),
            tuple(item.incomplete_levels),
        )
        for item in document.comparisons
    )


def _state_faults(document: ModelDocument, levels: dict[str, int]) -> list[str]:
    if min(levels.values(), default=0) < 2 or any(map(_too_few, document.comparisons)):
        return []
    group = overlap_of(_comparisons_of(document))
    fields = set() if group is None else {field.name for field in group.fields}
    faults = []
    for number, item in enumerate(document.classes):
        if item.states is None:
            continue
        widths = {len(row) for row in item.states.values()}
        positive = all(0 < value <= 1 for row in item.states.values() for value in row)
        if set(item.states) != fields or widths - {N_STATES} or not positive:
            faults.append(
                f"classes.{number}.states: expected {N_STATES} numbers above 0 for every field that comparisons share"
            )
    expected = {} if group is None else _emission_shapes(document, group)
    found = {name: {(len(rows), len(row)) for row in rows} for name, rows in document.emissions.items()}
    if found != {name: {shape} for name, shape in expected.items()}:
        faults.append(
            "emissions: expected a row a combination of states for every comparison that shares fields"
        )
    elif not all(0 <= value <= 1 for rows in document.emissions.values() for row in rows for value in row):
        faults.append("emissions: expected numbers from 0 to 1")
    return faults


def _emission_shapes(document: ModelDocument, group: FieldGroup) -> dict[str, tuple[int, int]]:
    return {
        document.comparisons[overlap.comparison].name: (len(overlap.damage), overlap.n_levels - 1)
        for overlap in group.overlaps
    }


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


def model_of(document: ModelDocument) -> Model:
    """The model in a document without faults."""
    comparisons = _comparisons_of(document)
    group = overlap_of(comparisons)
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
        components=tuple(
            Component(item.name, item.kind, slots(item.levels), _states(item, group))
            for item in document.classes
        ),
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
        emissions=()
        if group is None
        else tuple(_emission(document.emissions[names[number]]) for number in group.comparisons),
        report=FitReport(**document.report.model_dump()),
        corrections=Corrections(
            np.array(document.corrections.patterns, dtype=np.int64),
            np.array(document.corrections.bits, dtype=np.float64),
        ),
    )


def _states(item: _Class, group: FieldGroup | None) -> Floats | None:
    if item.states is None or group is None:
        return None
    return np.array([item.states[field.name] for field in group.fields])


def _emission(rows: list[list[float]]) -> Floats:
    table = np.array(rows)
    return np.hstack([np.ones((len(table), 1)), table])
