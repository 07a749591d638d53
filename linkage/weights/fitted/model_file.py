"""The model as a file: JSON that a person can read, version 4.

::

    {"format": "childindex model", "version": 3,
     "sources": ["school", ...], "n_records": [n, ...],
     "comparisons": [{"name", "levels", "natures", "fields": [{"name", "nature"}, ...],
                       "equal_shares": [one a level of full agreement]}, ...], in the order of the pattern code's digits
     "classes": [{"name", "kind": "match" | "household" | "alike",
                  "shares": [one a pair class],
                  "levels": {comparison: [probability of level 1, 2, ...]},
                  "states": {field: [differs, much, partly, slightly, same]} or null}, ...],
     "emissions": {comparison: [[level 1, 2, ...] a combination of states of its fields]},
     "strangers": {"levels": {comparison: [[level 1, 2, ...] a pair class]},
                   "dependences": [{"first", "second", "log_ratio": [[...]]}]},
     "corrections": {"patterns": [code, ...], "bits": [added to its log2 odds, ...]},
     "report": {...}}

Fields, states and emissions describe comparisons that share fields; such a comparison's levels are one in a class
with states. Level 0, missing, is neutral and not written. Pair classes are the unordered pairs of sources (0,0),
(0,1), ..., (1,1), ... Version 1 had no `equal_shares`; before version 3 there were four states, so a model with
states has to be fitted anew; before version 4 there were no corrections. A later version of the software reads every
version that has been released; an unknown version or key is refused, with all faults at once.
"""

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from linkage.exchange.errors import InputRefused
from linkage.weights.fitted.model import Model
from linkage.weights.fitted.model_document import FORMAT, VERSION, ModelDocument, faults_of, model_of

__all__ = ["model_from_json", "model_to_document", "model_to_json"]

Floats = npt.NDArray[np.float64]


def model_to_json(model: Model) -> str:
    """The model as JSON text, ending in a newline."""
    return json.dumps(_document(model), indent=1) + "\n"


def model_to_document(model: Model) -> dict[str, Any]:
    """The model as a document, as if its JSON text had been read."""
    document: dict[str, Any] = json.loads(json.dumps(_document(model)))
    return document


def _document(model: Model) -> dict[str, Any]:
    names = [traits.name for traits in model.comparisons]
    return {
        "format": FORMAT,
        "version": VERSION,
        "sources": list(model.sources),
        "n_records": list(model.n_records),
        "comparisons": [
            {
                "name": traits.name,
                "levels": traits.n_levels,
                "natures": sorted(traits.natures),
                "fields": [{"name": field.name, "nature": field.nature} for field in traits.fields],
                "equal_shares": list(traits.equal_shares),
            }
            | ({"incomplete_levels": list(traits.incomplete_levels)} if traits.incomplete_levels else {})
            for traits in model.comparisons
        ],
        "classes": [
            {
                "name": component.name,
                "kind": component.kind,
                "shares": model.shares[:, row].tolist(),
                "levels": _by_comparison(model, component.levels),
                "states": _by_field(model, component.states),
            }
            for row, component in enumerate(model.components)
        ],
        "emissions": {
            names[number]: table[:, 1:].tolist()
            for number, table in zip(
                () if model.group is None else model.group.comparisons, model.emissions, strict=True
            )
        },
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
        "corrections": {
            "patterns": model.corrections.patterns.tolist(),
            "bits": model.corrections.bits.tolist(),
        },
        "report": asdict(model.report),
    }


def model_from_json(text: str, name: str = "model") -> Model:
    """Read a model; `name` stands in messages for where the text came from.

    Raises
    ------
    InputRefused
        With every fault: not JSON, another format, unknown version or key, shapes that do not fit.
    """
    try:
        document = ModelDocument.model_validate_json(text)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors()]
        raise _refused(name, faults) from None
    faults = faults_of(document)
    if faults:
        raise _refused(name, faults)
    return model_of(document)


def _by_comparison(model: Model, slots: Floats) -> dict[str, list[float]]:
    return {
        traits.name: slots[begin + 1 : end].tolist()
        for traits, begin, end in zip(model.comparisons, model.offsets[:-1], model.offsets[1:], strict=True)
    }


def _by_field(model: Model, states: Floats | None) -> dict[str, list[float]] | None:
    if states is None or model.group is None:
        return None
    return {field.name: row.tolist() for field, row in zip(model.group.fields, states, strict=True)}


def _refused(name: str, faults: list[str]) -> InputRefused:
    return InputRefused(
        f"{name} is not a model file that this version reads:\n- "
        + "\n- ".join(faults)
        + f"\nExpected {FORMAT!r}, version {VERSION}: fit the model again (that of an index by"
        " `childindex link INDEX --refit`), or use the software that wrote it"
    )
