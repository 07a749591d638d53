"""A second look at pairs that encodings cannot settle: the sources answer from their own plaintext, and only answer.

The unit writes a file of questions for each source. A question names the source's own record and the comparisons in
which the other record is not equal; it tells no value (the unit has none) and nothing else of the other record. A clerk
at the source reads the own record and answers yes, no or unsure. Only these words return. Yes from everybody asked is
yes, no from anybody is no, all else stays unsure.

The files are those of `pipelines.second_look_files`. The key of a look is that of a review.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from linkage.analysis import Material, read_material
from linkage.comparison import ComparisonPlan, compare_pairs, decode_patterns
from linkage.exchange.errors import InputRefused
from pipelines.at_unit.labels import COLUMNS, LABELS, read_labels
from pipelines.outputs import check_output, whole_file
from pipelines.second_look_files import QUESTIONS, VERSION, read_answers, write_document

__all__ = ["ask_sources", "join_answers"]

KEY_NAME = "second-look.key.csv"


def ask_sources(index: Path, labels: Path, folder: Path) -> dict[str, int]:
    """Write questions about the unsure pairs of a labels file, a file a source; how many each gets.

    Raises
    ------
    InputRefused
        If no pair is unsure, none is in the index, or a file is there already.
    """
    frame = read_labels(labels)
    frame = frame[frame["label"] == "unsure"].reset_index(drop=True)
    if not len(frame):
        raise InputRefused(f"{labels}: no pair is unsure, so there is nothing to ask")
    material = read_material(index, command="childindex review --second-look")
    folder.mkdir(mode=0o700, exist_ok=True)
    look, asked = secrets.token_hex(8), _questions(material, frame, labels)
    files = {folder / f"second-look-{source}.json": source for source in asked}
    for path in (folder / KEY_NAME, *files):
        check_output(path, overwrite=False)
    key = frame[list(COLUMNS[:4])].copy()
    key.insert(0, "number", np.arange(1, len(frame) + 1))
    key.insert(0, "review", look)
    with whole_file(folder / KEY_NAME) as partial:
        key.to_csv(partial, index=False)
    for path, source in files.items():
        document = {"format": QUESTIONS, "version": VERSION, "look": look, "source": source}
        write_document(path, document | {"questions": asked[source]})
    return {source: len(questions) for source, questions in asked.items()}


def join_answers(answers: Sequence[Path], key: Path, out: Path, *, overwrite: bool = False) -> dict[str, int]:
    """Turn the answers of the sources into labels; how many of each.

    Raises
    ------
    InputRefused
        If a file is of another look, or a source answered twice.
    """
    check_output(out, overwrite=overwrite)
    try:
        known = pd.read_csv(key, dtype=str)
        look = str(known["review"].iloc[0])
        known[["number", *COLUMNS[:4]]]
    except (OSError, ValueError, KeyError, IndexError):
        raise InputRefused(f"{key}: cannot be read as the key file of a second look") from None
    given: dict[str, Mapping[str, str]] = {}
    for path in answers:
        document = read_answers(path)
        if document.look != look:
            raise InputRefused(f"{path} and {key} are of different looks")
        if document.source in given:
            raise InputRefused(f"{path}: source {document.source!r} has answered already")
        given[document.source] = document.answers
    rows = known[["number", "source_left", "source_right"]].itertuples(index=False, name=None)
    known["label"] = [_joined(given, number, {left, right}) for number, left, right in rows]
    with whole_file(out) as partial:
        known[list(COLUMNS)].to_csv(partial, index=False)
    return {label: int((known["label"] == label).sum()) for label in LABELS}


def _joined(given: Mapping[str, Mapping[str, str]], number: str, sources: set[str]) -> str:
    said = {given.get(source, {}).get(number, "unsure") for source in sources}
    if "no" in said:
        return "no"
    return "yes" if said == {"yes"} else "unsure"


def _questions(material: Material, frame: pd.DataFrame, labels: Path) -> dict[str, list[dict[str, Any]]]:
    ids = [identifier.tobytes().hex() for identifier in material.record_ids]
    names = np.array(material.sources)[material.live.sources].tolist()
    places = {record: place for place, record in enumerate(zip(names, ids, strict=True))}
    asked: dict[str, list[dict[str, Any]]] = {}
    for number, row in enumerate(frame.itertuples(index=False, name=None), start=1):
        left, right = (str(row[0]), str(row[1])), (str(row[2]), str(row[3]))
        if left not in places or right not in places:
            raise InputRefused(
                f"{labels}: pair {number} of those that are unsure is not in the index any more"
            )
        ends = np.array([[places[left]], [places[right]]], dtype=np.int64)
        code = compare_pairs(material.words, ends.min(0), ends.max(0), material.plan)
        levels = decode_patterns(code, material.plan.n_levels)[0].tolist()
        told: dict[str, Any] = {"question": number, **_unlike(material.plan, levels)}
        if left[0] == right[0]:
            own = told | {"records": [left[1], right[1]], "other_source": None}
            asked.setdefault(left[0], []).append(own)
        else:
            for own_end, other in ((left, right), (right, left)):
                own = told | {"records": [own_end[1]], "other_source": other[0]}
                asked.setdefault(own_end[0], []).append(own)
    return asked


def _unlike(plan: ComparisonPlan, levels: Sequence[int]) -> dict[str, list[str]]:
    """The comparisons in which a pair is not equal, and those in which a record lacks the value or a part of it."""
    unequal, missing = [], []
    for comparison, level in zip(plan.comparisons, levels, strict=True):
        complete = [one for one in range(comparison.n_levels) if one not in comparison.incomplete_levels]
        if level not in complete[1:]:
            missing.append(comparison.name)
        elif level not in complete[-len(comparison.equal_shares) :]:
            unequal.append(comparison.name)
    return {"not_equal": unequal, "missing": missing}
