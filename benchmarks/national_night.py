"""A night on a nation: moves, arrivals and departures, 100,000 records in three deltas.

Rows of a simulated feed stand in the order of their record ids, which say nothing of the child: the first rows of a
feed are a random sample of it. So a night is drawn from the head of each feed, whatever its length. Six in ten of its
records moved to the address of another, three in ten are those of children whom no feed knew, one in ten is deleted.
"""

from pathlib import Path

import pandas as pd
from datasets import DataSet
from linkage_job import key_folder

from pipelines import simulate
from pipelines.at_source import encode
from pipelines.simulation.nights import ADDRESS, DELETE, OPERATION, RECORD_ID, UPSERT

__all__ = ["INBOX", "draw_night", "encode_night", "with_operations"]

NIGHT, INBOX = "night", "inbox"
RECORDS = 100_000
LARGEST_SHARE = 0.02
"""Of all records: small nations have small nights."""
MOVED, ARRIVED, DELETED = 0.6, 0.3, 0.1
RECORDS_A_CHILD = 2.39
ARRIVAL = "N-"


def with_operations(specification: str) -> str:
    """The text of a specification whose sources may say in a delta what is deleted."""
    for source in RECORD_ID:
        head = f"[sources.{source}]\n"
        specification = specification.replace(head, f'{head}operation = {{ column = "{OPERATION}" }}\n')
    return specification


def draw_night(
    folder: Path, records: dict[str, int], seed: int, tables: Path | None
) -> dict[str, dict[str, int]]:
    """Write what changed in one night beside the feeds; `records` are those of each feed."""
    wanted = min(RECORDS, int(LARGEST_SHARE * sum(records.values())))
    place = folder / NIGHT
    n_children = max(1, round(wanted * ARRIVED / RECORDS_A_CHILD))
    simulate.run(place, n_children, seed + 1, tables=tables, formats=("csv",), overwrite=True)
    told: dict[str, dict[str, int]] = {}
    for source, n_records in records.items():
        share = wanted * n_records / sum(records.values())
        n_moved, n_deleted = round(share * MOVED), round(share * DELETED)
        head = _head(folder / f"{source}.csv", 2 * n_moved + n_deleted)
        moved, others, gone = head[:n_moved].copy(), head[n_moved : 2 * n_moved], head[2 * n_moved :].copy()
        for name in ADDRESS[source]:
            moved[name] = others[name].to_numpy()
        new = _head(place / f"{source}.csv", None)
        new[RECORD_ID[source]] = ARRIVAL + new[RECORD_ID[source]]
        gone.loc[:, gone.columns != RECORD_ID[source]] = ""
        kept = pd.concat([moved, new])
        kept[OPERATION], gone[OPERATION] = UPSERT, DELETE
        pd.concat([kept, gone]).to_csv(place / f"{source}.csv", index=False)
        told[source] = {"moved": len(moved), "new": len(new), "deleted": len(gone)}
    return told


def encode_night(data: DataSet) -> dict[str, int]:
    """Seal the night's three deltas into the unit's inbox."""
    inbox = data.folder / INBOX
    inbox.mkdir()
    records = {}
    for source in data.sources:
        job = encode.EncodeJob(
            data.folder / NIGHT / f"{source}.csv",
            source,
            data.specification,
            key_folder(data, source),
            inbox / f"{source}.cip",
            "delta",
        )
        records[source] = encode.run(job).counts.rows
    return records


def _head(feed: Path, n_rows: int | None) -> pd.DataFrame:
    """The first rows, or all of them, as texts."""
    return pd.read_csv(feed, dtype="string", keep_default_na=False, nrows=n_rows)
