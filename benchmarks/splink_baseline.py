"""The same linkage by Splink on plaintext: the problem written to files, the run, its pairs held against the truth.

Splink is given every advantage that costs nothing: values normalised by our normaliser, our blocking keys as plain
columns made beforehand, alternative names as levels, and the time of preparing all this is not counted.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from datasets import DataSet, NotThereError
from reporting import peers_python
from scipy import sparse

from encoders.feeds.feed import open_feed
from encoders.feeds.field_values import field_values
from encoders.normalise import normalise
from encoders.parts import part_of_column
from linkage.evaluation import ThresholdCurve, one_to_one, pair_quality, threshold_curve
from linkage.exchange.specification import Specification, read_specification

__all__ = ["PeerResult", "StoppedError", "run_splink"]

CLUSTER_PROBABILITIES = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True)
class PeerResult:
    """What Splink reached.

    Attributes
    ----------
    curve, one_to_one
        Over thresholds on its pairs, without and with greedy assignment between sources.
    best_clusters_f1
        Connected components at the best of several probabilities, chosen with the truth at hand.
    seconds, processor, peak_mib
        Of training, predicting and clustering; seconds of processor and memory are those of its process.
    """

    curve: ThresholdCurve
    one_to_one: ThresholdCurve
    best_clusters_f1: float
    seconds: float
    processor: float
    peak_mib: float
    stages: dict[str, float]
    version: str


class StoppedError(Exception):
    """Splink was stopped at the limit of its time."""


def run_splink(data: DataSet, *, limit: float | None = None) -> PeerResult:
    """Link a data set with Splink in the environment of the peers.

    Parameters
    ----------
    limit
        Seconds after which it is stopped, its start included; none if None.

    Raises
    ------
    NotThereError
        If there is no such environment.
    StoppedError
        If it took longer than the limit.
    """
    python = peers_python()
    if python is None:
        raise NotThereError("Splink lives in the environment of the peers: make bench-peers")
    folder = data.folder / "splink"
    folder.mkdir()
    records = write_problem(data, folder)
    script = Path(__file__).parent / "peer_splink.py"
    try:
        done = subprocess.run(
            [str(python), str(script), str(folder)],
            check=False,
            capture_output=True,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        raise StoppedError(f"Splink was stopped after {limit:.0f} s") from None
    if done.returncode:
        raise RuntimeError(f"Splink failed on {data.name}: {done.stderr[-2000:]}")
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return judged(data, records, pd.read_parquet(folder / "pairs.parquet"), told)


def write_problem(data: DataSet, folder: Path) -> pd.DataFrame:
    """Normalised feeds as Parquet, and the settings as JSON; returns source and record id of each ``unique_id``."""
    specification = read_specification(data.specification)
    records = []
    first = 0
    for source in data.sources:
        table = normalised_feed(specification, data, source)
        ids = np.arange(first, first + table.num_rows)
        first += table.num_rows
        records.append(
            pd.DataFrame({"source": source, "record_id": table["record_id"].to_pylist()}, index=ids)
        )
        keys = [key_column(table, rule.parts) for rule in specification.blocking_keys]
        table = table.drop_columns("record_id").add_column(0, "unique_id", pa.array(ids))
        for rule, key in zip(specification.blocking_keys, keys, strict=True):
            table = table.append_column(f"key_{rule.name}", key)
        pq.write_table(table, folder / f"{source}.parquet")
    (folder / "problem.json").write_text(json.dumps(problem(specification, data)), encoding="utf-8")
    return pd.concat(records)


def problem(specification: Specification, data: DataSet) -> dict[str, Any]:
    """Comparisons, keys and sources as Splink's side reads them."""
    fields_of = {rule.name: rule.fields[0].field for rule in specification.filters}
    fields_of |= {rule.name: rule.field for rule in specification.tokens}
    comparisons = []
    for rule in specification.comparisons:
        field = fields_of[rule.filter or rule.token or ""]
        others = [(fields_of[view.left], fields_of[view.right]) for view in rule.alternatives]
        kind = str(specification.fields[field].kind)
        comparisons.append({"field": field, "kind": kind, "alternatives": others})
    # One rule a space is not enough: a surname meets a former surname.
    spaces: dict[str, list[str]] = {}
    for key in specification.blocking_keys:
        spaces.setdefault(key.space_name, []).append(f"key_{key.name}")
    return {"sources": list(data.sources), "comparisons": comparisons, "spaces": list(spaces.values())}


def normalised_feed(specification: Specification, data: DataSet, source: str) -> pa.Table:
    """A feed's record ids and normalised fields; a field that the source lacks is null."""
    rule = specification.sources[source]
    mapped = {field: rule.columns_of(field) for field in specification.fields}
    wanted = dict.fromkeys([rule.record_id, *(column for columns in mapped.values() for column in columns)])
    with open_feed(
        data.feed(source), columns=list(wanted), encoding=rule.encoding, delimiter=rule.delimiter
    ) as feed:
        batches = list(feed)
    whole = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    columns = {"record_id": whole[rule.record_id].cast(pa.string())}
    for field, of in specification.fields.items():
        if not mapped[field]:
            columns[field] = pa.nulls(whole.num_rows, pa.string())
            continue
        values = field_values(whole, rule, field)
        columns[field] = normalise(str(of.kind), values, field=field, date_formats=rule.date_formats).values
    return pa.table(columns)


def key_column(table: pa.Table, parts: list[str]) -> pa.Array:
    """A blocking key as plain text, null where a part is missing."""
    columns = []
    for part in parts:
        field, _, transform = part.partition(":")
        found = part_of_column(table[field].combine_chunks(), transform)
        columns.append(found.cast(pa.string()))
    return pc.binary_join_element_wise(*columns, "|")


def judged(data: DataSet, records: pd.DataFrame, pairs: pd.DataFrame, told: dict[str, Any]) -> PeerResult:
    """Hold pairs against the truth."""
    known = pd.read_parquet(data.truth, columns=["source", "record_id", "entity_id"])
    known["record_id"] = known["record_id"].astype(str)
    merged = records.reset_index().merge(known, on=["source", "record_id"], how="left").sort_values("index")
    truth = pd.factorize(merged["entity_id"])[0].astype(np.int64)
    sources = pd.Categorical(merged["source"], list(data.sources)).codes.astype(np.int16)
    left = pairs["unique_id_l"].to_numpy().astype(np.int64)
    right = pairs["unique_id_r"].to_numpy().astype(np.int64)
    weights = pairs["match_weight"].to_numpy().astype(np.float64)
    sizes = np.bincount(truth[truth >= 0])
    n_true = int((sizes * (sizes - 1) // 2).sum())
    single = one_to_one(left, right, weights, sources)
    odds = [np.log2(share / (1 - share)) for share in CLUSTER_PROBABILITIES]
    return PeerResult(
        threshold_curve(left, right, weights, truth, n_true=n_true),
        threshold_curve(left[single], right[single], weights[single], truth, n_true=n_true),
        max(components_f1(left, right, weights >= bits, truth) for bits in odds),
        told["seconds"],
        told["processor"],
        told["peak_mib"],
        told["stages"],
        told["version"],
    )


def components_f1(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    linked: npt.NDArray[np.bool_],
    truth: npt.NDArray[np.int64],
) -> float:
    """F1 of connected components over the linked pairs."""
    n = len(truth)
    graph = sparse.coo_array((np.ones(linked.sum(), np.int8), (left[linked], right[linked])), shape=(n, n))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1].astype(np.int64)
    return pair_quality(labels, truth).f1
