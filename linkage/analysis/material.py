"""What an analysis works on, read once: afterwards the index is free for whoever has to write it.

An analyst thinks for hours, and a night must not wait for one. So the index is opened, everything that is needed is
copied into memory, and it is closed again before anything is computed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage.candidates import CandidatePlan, plan_candidates
from linkage.candidates.specified import EVERY_PAIR, added_columns, spaces_of
from linkage.comparison import CommonValues, ComparisonPlan
from linkage.comparison.specified import plan_of, rare_words_of
from linkage.exchange.errors import IndexRefused
from linkage.exchange.specification import Specification, compares_every_pair, parse_specification
from linkage.index import Index, LiveRows, open_index
from linkage.index.storage.folder import IndexFolder
from linkage.weights import Model, model_from_json

__all__ = ["EVERY_PAIR", "Material", "read_material"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Material:
    """Live records with how they are compared, and the model of the last published run.

    Attributes
    ----------
    specification
        Of the index.
    sources
        Names, by source number.
    live
        Row ids, source numbers, flags and present children.
    words
        uint64, shape (n, n_words).
    record_ids
        uint8, shape (n, 16).
    plan, candidates
        How records are compared, and which pairs.
    together, apart
        int64, shape (n, 2) each: known pairs, as positions in `live`.
    model, threshold
        Of the last published run that had one; None and infinity before the first.
    is_automatic
        Whether the software chose that threshold, which is then lower where a pair has no rival; see
        `linkage.weights.exclusivity_bits`.
    run_no
        That run; 0 before the first.
    """

    specification: Specification
    sources: tuple[str, ...]
    live: LiveRows
    words: npt.NDArray[np.uint64]
    record_ids: npt.NDArray[np.uint8]
    plan: ComparisonPlan
    candidates: CandidatePlan
    together: Rows
    apart: Rows
    model: Model | None
    threshold: float
    is_automatic: bool
    run_no: int

    def __len__(self) -> int:
        """Number of live records."""
        return len(self.live)

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Live records of each source, int64 (n_sources,)."""
        return np.bincount(self.live.sources, minlength=len(self.sources))

    @property
    def feed_pairs(self) -> tuple[str, ...]:
        """Names of the pair classes, in order: ``"gp"`` for pairs inside a source, ``"gp - school"`` between two."""
        n = len(self.sources)
        return tuple(
            self.sources[a] if a == b else f"{self.sources[a]} - {self.sources[b]}"
            for a in range(n)
            for b in range(a, n)
        )


def read_material(
    path: Path, *, command: str = "an analysis", common: tuple[CommonValues, ...] | None = None
) -> Material:
    """Copy what an analysis needs out of an index, which is closed again when this returns.

    Parameters
    ----------
    path
        The index.
    command
        What somebody who wants to write meanwhile is told.
    common
        Values that are common for the model that will be used; those of the last published run if None.

    Raises
    ------
    IndexRefused
        If it is no index, holds no records, or is being written by another process.
    """
    folder = IndexFolder(path)
    folder.read_card()
    text = folder.specification.read_text(encoding="utf-8")
    specification = parse_specification(text, origin=str(folder.specification))
    with open_index(path, command=command) as index:
        live = index.live_rows()
        if not len(live):
            raise IndexRefused("the index holds no records yet; load packages with `childindex load`")
        words, record_ids = index.words(live.rows), index.record_ids(live.rows)
        known = index.protection.known_pairs()
        model, threshold, is_automatic, run_no, found = _last_model(index)
        sources = index.sources
    every_pair = compares_every_pair(specification, len(live))
    common = found if common is None else common
    rare = rare_words_of(specification, common)
    added = added_columns(specification, every_pair=every_pair, evidence=rare)
    spaces, words = (*spaces_of(specification), *added.spaces), added.extend(words)
    return Material(
        specification=specification,
        sources=sources,
        live=live,
        words=words,
        record_ids=record_ids,
        plan=plan_of(specification, common),
        candidates=plan_candidates(words, live.sources, spaces, n_sources=len(sources)),
        together=np.searchsorted(live.rows, known.together).astype(np.int64),
        apart=np.searchsorted(live.rows, known.apart).astype(np.int64),
        model=model,
        threshold=threshold,
        is_automatic=is_automatic,
        run_no=run_no,
    )


def _last_model(index: Index) -> tuple[Model | None, float, bool, int, tuple[CommonValues, ...]]:
    for run in reversed(index.runs()):
        if run.status == "published" and run.model:
            document = dict(run.model)
            model = model_from_json(json.dumps(document["model"]), f"run {run.run_no}")
            decision = document["decision"]
            common = tuple(CommonValues.from_json(values) for values in document.get("common_values", ()))
            return model, float(decision["threshold"]), decision["objective"] != "person", run.run_no, common
    return None, float("inf"), False, 0, ()
