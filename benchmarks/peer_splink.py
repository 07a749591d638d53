"""Link a prepared problem with Splink on DuckDB; runs in the environment of the peers: ``peer_splink.py FOLDER``.

Reads ``problem.json`` and one Parquet file a source, writes ``pairs.parquet`` and ``result.json``. The model is what
Splink's own guides make: comparisons of its library by kind of field, with term frequencies where the library has
them; u from random pairs; m by expectation-maximisation over two blocking rules; predictions over all blocking rules;
clusters at probability 0.95.
"""

import json
import logging
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import splink  # type: ignore[import-not-found]
import splink.comparison_level_library as levels  # type: ignore[import-not-found]
import splink.comparison_library as library  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

__all__ = ["main"]

RANDOM_PAIRS = 5e6
SEED = 1
LEAST_PROBABILITY = 0.001
CLUSTER_PROBABILITY = 0.95
DETERMINISTIC_RECALL = 0.7
PERSONAL = ("forename", "surname", "birth_date")


def main(folder: Path) -> None:
    """Train, predict, cluster, and write what came of it."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    problem = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    stages: dict[str, float] = {}
    clock = started = time.perf_counter()
    api = DuckDBAPI()
    tables = [
        api.register(pq.read_table(folder / f"{source}.parquet"), dataset_display_name=source)
        for source in problem["sources"]
    ]
    linker = Linker(tables if len(tables) > 1 else tables[0], settings(problem), log_level=None)
    train(linker, problem)
    stages["train"], clock = time.perf_counter() - clock, time.perf_counter()
    predicted = linker.inference.predict(threshold_match_probability=LEAST_PROBABILITY)
    stages["predict"], clock = time.perf_counter() - clock, time.perf_counter()
    linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=CLUSTER_PROBABILITY
    )
    stages["cluster"] = time.perf_counter() - clock
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    _write(api, predicted, folder / "pairs.parquet")
    result = {
        "seconds": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "stages": stages,
        "peak_mib": used.ru_maxrss / 1024,
        "version": splink.__version__,
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def settings(problem: dict[str, Any]) -> SettingsCreator:
    """The whole model before training."""
    return SettingsCreator(
        link_type="link_and_dedupe" if len(problem["sources"]) > 1 else "dedupe_only",
        comparisons=[comparison(**one) for one in problem["comparisons"]],
        blocking_rules_to_generate_predictions=[
            rule for columns in problem["spaces"] for rule in blocking_rules(columns)
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def blocking_rules(columns: list[str]) -> list[Any]:
    """Columns of one space, each against each."""
    rules = [block_on(column) for column in columns]
    for place, column in enumerate(columns):
        rules += [f"l.{column} = r.{other}" for other in columns[:place] + columns[place + 1 :]]
    return rules


def comparison(field: str, kind: str, alternatives: list[list[str]]) -> Any:
    """A comparison of Splink's library for a kind of field."""
    if kind in ("name", "text", "address"):
        thresholds = [0.92, 0.88, 0.7] if kind == "name" else [0.95, 0.88, 0.7]
        made = library.NameComparison(field, jaro_winkler_thresholds=thresholds)
    elif kind == "date":
        return library.DateOfBirthComparison(field, input_is_string=True, datetime_format="%Y%m%d")
    elif kind in ("postcode", "nhs_number", "upn", "phone"):
        return library.LevenshteinAtThresholds(field, [1, 2])
    else:
        return library.ExactMatch(field)
    if not alternatives:
        return made
    parts = made.create_comparison_levels()
    crossed = " or ".join(f"({a}_l = {b}_r or {b}_l = {a}_r)" for a, b in alternatives)
    parts.insert(2, levels.CustomLevel(crossed, label_for_charts="exchanged"))
    return library.CustomComparison(
        output_column_name=field, comparison_levels=parts, comparison_description="name or another name"
    )


def train(linker: Any, problem: dict[str, Any]) -> None:
    """As Splink's guides do it."""
    fields = [one["field"] for one in problem["comparisons"]]
    personal = [field for field in PERSONAL if field in fields]
    names = [field for field in ("forename", "surname") if field in fields]
    rules = [
        block_on(*personal),
        *(block_on(field) for field in ("nhs_number", "upn", "ssn") if field in fields),
    ]
    linker.training.estimate_probability_two_random_records_match(rules, recall=DETERMINISTIC_RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
    for rule in (block_on("birth_date"), block_on(*names)):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)


def _write(api: Any, predicted: Any, path: Path) -> None:
    api.duckdb_con.sql(
        f"select unique_id_l, unique_id_r, match_weight from {predicted.physical_name}"  # noqa: S608
    ).write_parquet(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
