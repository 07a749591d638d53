"""One linkage through the real jobs, from plaintext feeds to the evaluation of the published children."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from datasets import DataSet

from linkage.evaluation import Reliability, ThresholdCurve, one_to_one, reliability, threshold_curve
from linkage.index import open_index
from linkage.weights import log_odds
from pipelines import evaluate
from pipelines.at_source import encode, keys
from pipelines.at_unit import init, link, load
from pipelines.at_unit.index_specification import index_specification
from pipelines.at_unit.keys import unit as create_unit
from pipelines.at_unit.linking.fitting import last_model
from pipelines.at_unit.linking.records import read_records
from pipelines.key_trust import trust
from pipelines.progress import Silent
from pipelines.truth import read_truth

__all__ = ["Linked", "PairsAtAnyThreshold", "link_data_set", "pairs_at_any_threshold"]

DEEPEST_BITS = -12.0
"""Pairs are listed down to posterior odds of one in 4,096: deep enough for the best threshold of any sane model."""


@dataclass(frozen=True)
class Linked:
    """A published index with what the jobs said about it."""

    index: Path
    truth: Path
    id_maps: list[Path]
    summary: link.LinkSummary
    evaluation: evaluate.EvaluationSummary
    seconds: dict[str, float]


def link_data_set(data: DataSet) -> Linked:
    """Encode, load, link and evaluate with keys of its own."""
    seconds: dict[str, float] = {}
    clock = time.perf_counter()
    unit_keys = make_keys(data)
    started = time.perf_counter()
    encoded = encode_feeds(data)
    seconds["encode"] = time.perf_counter() - started
    index = data.folder / "index"
    started = time.perf_counter()
    init.run(index, data.specification)
    load.run(index, [one.package for one in encoded], unit_keys)
    seconds["load"] = time.perf_counter() - started
    started, used = time.perf_counter(), time.process_time()
    summary = link.run(link.LinkJob(index))
    seconds["link"] = time.perf_counter() - started
    seconds["link, processor"] = time.process_time() - used
    maps = [one.id_map for one in encoded]
    evaluation = evaluate.run(index, data.truth, maps)
    seconds["all"] = time.perf_counter() - clock
    return Linked(index, data.truth, maps, summary, evaluation, seconds)


def encode_feeds(data: DataSet) -> list[encode.EncodeSummary]:
    """A package from every feed, one after the other, in a new folder ``packages``."""
    packages = data.folder / "packages"
    packages.mkdir()
    jobs = [
        encode.EncodeJob(
            data.feed(source),
            source,
            data.specification,
            key_folder(data, source),
            packages / f"{source}.cip",
        )
        for source in data.sources
    ]
    return [encode.run(job) for job in jobs]


def key_folder(data: DataSet, source: str) -> Path:
    """Where a source keeps its keys."""
    return data.folder / f"{source}-keys"


def make_keys(data: DataSet) -> Path:
    """Keys of all parties; returns the unit's folder."""
    unit = data.folder / "unit-keys"
    told_by_unit = create_unit(unit)["fingerprint"]
    told = {source: keys.source(source, key_folder(data, source))["fingerprint"] for source in data.sources}
    first = key_folder(data, data.sources[0])
    keys.project(data.specification, first)
    for source in data.sources:
        own = key_folder(data, source)
        trust(unit / "unit.pub", own, told_by_unit)
        trust(own / f"source-{source}.pub", unit, told[source])
        if own != first:
            shutil.copyfile(first / "project.key", own / "project.key")
            (own / "project.key").chmod(0o600)
    return unit


@dataclass(frozen=True)
class PairsAtAnyThreshold:
    """What thresholds on the weights of single pairs would give, far below the threshold that was chosen.

    Attributes
    ----------
    threshold
        The chosen one.
    curve, one_to_one
        Without and with greedy assignment between sources.
    calibration
        Of the posteriors of all listed pairs.
    ceiling_f1
        The best that any score of patterns could do, chosen with the truth at hand: what encoding, levels and
        blocking leave possible. Too kind where patterns hold few pairs.
    """

    threshold: float
    curve: ThresholdCurve
    one_to_one: ThresholdCurve
    calibration: Reliability
    ceiling_f1: float


def pairs_at_any_threshold(linked: Linked) -> PairsAtAnyThreshold:
    """Score all candidate pairs again with the model of the run, and hold them against the truth."""
    known = read_truth(linked.truth, linked.id_maps)
    with open_index(linked.index) as index:
        records = read_records(index, index_specification(linked.index))
        decided = last_model(index)
        if decided is None:
            raise RuntimeError(f"{linked.index}: expected a run with a model, found none")
        truth = entities(known, index.sources, records.live.sources, index.record_ids(records.live.rows))
        score = np.stack([log_odds(decided.model, number) for number in range(decided.model.n_pair_classes)])
        threshold = decided.decision.threshold
        pairs = records.emit(score, min(DEEPEST_BITS, threshold), Silent(), None)
        weights = score[records.pair_classes(pairs), pairs.patterns]
        sources = records.live.sources
    sizes = np.bincount(truth[truth >= 0])
    n_true = int((sizes * (sizes - 1) // 2).sum())
    single = one_to_one(pairs.left, pairs.right, weights, sources)
    both = (truth[pairs.left] >= 0) & (truth[pairs.right] >= 0)
    return PairsAtAnyThreshold(
        threshold,
        threshold_curve(pairs.left, pairs.right, weights, truth, n_true=n_true),
        threshold_curve(pairs.left[single], pairs.right[single], weights[single], truth, n_true=n_true),
        reliability(
            1 / (1 + np.exp2(-np.clip(weights[both], -1000, 1000))),
            truth[pairs.left[both]] == truth[pairs.right[both]],
        ),
        ceiling_f1(
            records.pair_classes(pairs), pairs.patterns, truth[pairs.left], truth[pairs.right], n_true
        ),
    )


def ceiling_f1(
    pair_classes: npt.NDArray[np.int64],
    patterns: npt.NDArray[np.int64],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    n_true: int,
) -> float:
    """Best F1 of linking whole patterns, best precision first; `left` and `right` are entities of the pairs."""
    cells = np.unique(np.stack([pair_classes, patterns]), axis=1, return_inverse=True)[1]
    links = np.bincount(cells)
    true = np.bincount(cells, left == right)
    order = np.argsort(-true / links)
    f1 = 2 * true[order].cumsum() / (links[order].cumsum() + n_true)
    return float(f1.max(initial=0.0))


def entities(
    known: pd.DataFrame,
    names: tuple[str, ...],
    sources: npt.NDArray[np.int16],
    record_ids: npt.NDArray[np.uint8],
) -> npt.NDArray[np.int64]:
    """The entity of each record, int64 (n,), -1 where the truth does not say."""
    records = pd.DataFrame(
        {"source": np.array(names)[sources], "record_id": [one.tobytes().hex() for one in record_ids]}
    )
    merged = records.merge(known, on=["source", "record_id"], how="left", validate="one_to_one")
    return pd.factorize(merged["entity_id"])[0].astype(np.int64)
