"""A model with the decision made on it: what `link` writes, and what ``link --model`` takes to score again.

JSON, version 2: ``{"format": "childindex decided model", "version": 2, "model": the model file of ``linkage.weights``,
"decision": {...}, "common_values": [{"comparison", "groups": [digests of filters], "shares"}]}``. Version 1 had no
common values. A later version reads this one.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from linkage.comparison import CommonValues
from linkage.exchange.errors import InputRefused
from linkage.weights import Model, model_from_json, model_to_document
from pipelines.outputs import whole_file

__all__ = ["SET_BY_PERSON", "DecidedModel", "Decision", "read_decided_model", "write_decided_model"]

FORMAT = "childindex decided model"
VERSION = 2
SET_BY_PERSON = "person"
MEMBERS = {1: {"format", "version", "model", "decision"}}
MEMBERS[2] = MEMBERS[1] | {"common_values"}


@dataclass(frozen=True)
class Decision:
    """The threshold and how it came about.

    Attributes
    ----------
    threshold
        Log2 posterior odds at or above which a pair is linked.
    objective
        What it was chosen for, such as ``"f1"``; ``"person"`` where somebody set it.
    expected
        Expected quality at the threshold, with intervals; empty where it was set by a person.
    who, reason, set_at
        Where it was set by a person: who, why and when.
    """

    threshold: float
    objective: str
    expected: dict[str, Any]
    who: str = ""
    reason: str = ""
    set_at: str = ""


@dataclass(frozen=True)
class DecidedModel:
    """A fitted model and its threshold, and the values that were common when it was fitted."""

    model: Model
    decision: Decision
    common: tuple[CommonValues, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a document."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "decision": asdict(self.decision),
            "model": model_to_document(self.model),
            "common_values": [values.to_json() for values in self.common],
        }

    @classmethod
    def from_json(cls, document: Any, *, origin: str) -> "DecidedModel":
        """Read a document back.

        Raises
        ------
        InputRefused
            If it is not one; `origin` names it.
        """
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InputRefused(
                f"{origin}: this is not a model file of childindex; `link` writes one with --save-model"
            )
        if set(document) != MEMBERS.get(document.get("version", 0)):
            raise InputRefused(
                f"{origin}: expected a model file of version {VERSION} or earlier; fit the model again"
            )
        try:
            decision = Decision(**document["decision"])
            threshold = float(decision.threshold)
        except (TypeError, ValueError):
            raise InputRefused(f"{origin}: 'decision' needs threshold, objective and expected") from None
        try:
            common = tuple(CommonValues.from_json(values) for values in document.get("common_values", ()))
        except (TypeError, ValueError, KeyError):
            raise InputRefused(f"{origin}: 'common_values' needs comparison, groups and shares") from None
        return cls(
            model_from_json(json.dumps(document["model"]), origin),
            replace(decision, threshold=threshold),
            common,
        )


def read_decided_model(path: Path) -> DecidedModel:
    """Read a model file.

    Raises
    ------
    InputRefused
        If it is missing, not JSON, of another version or incomplete.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputRefused(f"{path}: there is no such model file; `link --save-model` writes one") from None
    except (OSError, ValueError):
        raise InputRefused(
            f"{path}: cannot be read as JSON; give a file that `link --save-model` wrote"
        ) from None
    return DecidedModel.from_json(document, origin=str(path))


def write_decided_model(path: Path, decided: DecidedModel) -> None:
    """Write a model file, whole or not at all, for its owner only; one that is there is replaced."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(decided.to_json(), indent=1) + "\n", encoding="utf-8")
