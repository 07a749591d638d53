"""Live records that Spark compares: what is known of all of them stays here, the pairs are looked at there."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from linkage import spark
from linkage.candidates import EmittedPairs, blocks_of_keys
from linkage.candidates.specified import AddedColumns, added_columns, spaces_of
from linkage.comparison import CommonValues, PatternTable
from linkage.comparison.specified import plan_of, rare_words_of
from linkage.exchange.specification import Specification, compares_every_pair
from linkage.index import Index, LiveRows, RowFile
from pipelines.at_unit.linking.checkpoints import digest_of
from pipelines.at_unit.linking.fit_sample import sampled_blocks, scaled
from pipelines.at_unit.linking.in_memory import RANDOM_PAIRS, RANDOM_SEED
from pipelines.at_unit.linking.records import (
    checkpoints_of,
    common_values,
    live_records,
    near_blocks,
    space_blocks,
)
from pipelines.at_unit.linking.resources import Resources
from pipelines.at_unit.linking.streamed import StreamedRecords
from pipelines.progress import Progress

__all__ = ["SparkRecords", "open_on_spark"]

ROWS_AT_ONCE = 1 << 18


@dataclass(frozen=True, repr=False, kw_only=True)
class SparkRecords(StreamedRecords):
    """As `StreamedRecords`, but for the two passes over the pairs, which Spark makes."""

    passes: spark.SparkPasses

    def count_patterns(self, progress: Progress, threads: int | None) -> PatternTable:  # noqa: ARG002
        """The patterns of the candidate pairs; the same blocks are sampled as on one machine."""
        samples = sampled_blocks(self.blocks, self.fit_pairs)
        counted = [int(sample.n_pairs.sum()) for sample in samples]
        wanted = [
            None if sample is blocks else sample.keys
            for sample, blocks in zip(samples, self.blocks, strict=True)
        ]
        with progress.stage("compare (Spark)", total=sum(counted), unit="pairs") as stage:
            table = self.passes.count_patterns(tuple(wanted))
            stage.reach(sum(counted))
        return scaled(table, counted, self._space_pairs)

    def emit(
        self,
        score: npt.NDArray[np.float64],
        cutoff: float,
        progress: Progress,
        threads: int | None,  # noqa: ARG002
    ) -> EmittedPairs:
        """The candidate pairs whose score reaches the cutoff; what an earlier attempt found is not sought again."""
        step = f"spark-{digest_of(np.ascontiguousarray(score).tobytes(), repr(cutoff))}"
        with progress.stage("link (Spark)", total=self.n_pairs, unit="pairs") as stage:
            pairs = self.checkpoints.load_pairs(step) if self.checkpoints else None
            if pairs is None:
                pairs = self.passes.emit_pairs(score, cutoff)
                if self.checkpoints:
                    self.checkpoints.save_pairs(step, pairs)
            stage.reach(self.n_pairs)
        return pairs


@contextmanager
def open_on_spark(
    index: Index,
    specification: Specification,
    resources: Resources,
    common: tuple[CommonValues, ...] | None = None,
) -> Iterator[SparkRecords]:
    """Lay the live records out for Spark, and remove them again at the end of the block.

    Raises
    ------
    IndexRefused
        If there are none.
    InputRefused
        If pyspark is not installed.
    """
    live = live_records(index)
    common = common_values(index, specification, live) if common is None else common
    plan, keyed = plan_of(specification, common), spaces_of(specification)
    every_pair = compares_every_pair(specification, len(live))
    rare = rare_words_of(specification, common)
    added = added_columns(specification, every_pair=every_pair, evidence=rare)
    spaces = (*keyed, *added.spaces)
    blocks = [space_blocks(index, live, space) for space in keyed]
    blocks += near_blocks(index, live, added)
    if every_pair:
        alike = np.ones((len(live), 1), dtype=np.uint64)
        blocks.append(blocks_of_keys(alike, live.sources, len(index.sources)))
    with (
        _lake(resources.lake or index.scratch_folder) as lake,
        index.row_file(live.rows) as file,
        spark.spark_session(resources.spark_master) as session,
    ):
        spark.write_records(lake, _batches(file, live, added))
        n_rows = sum(part.rows.size for part in blocks) // len(spaces)
        passes = spark.SparkPasses(
            session,
            str(lake),
            added.n_compared + sum(len(space.offsets) for space in added.spaces),
            len(index.sources),
            spaces,
            plan,
            spark.bucket_count(session, n_rows),
        )
        yield SparkRecords(
            live=live,
            sources=index.sources,
            plan=plan,
            common=common,
            spaces=spaces,
            file=file,
            added=added,
            blocks=tuple(blocks),
            rows_at_once=len(live),
            checkpoints=checkpoints_of(index, live, plan, spaces, common),
            n_words=added.n_compared,
            random_pairs=RANDOM_PAIRS,
            random_seed=RANDOM_SEED,
            passes=passes,
        )


@contextmanager
def _lake(folder: Path) -> Iterator[Path]:
    """A folder that only its owner can read, gone behind the block."""
    lake = Path(tempfile.mkdtemp(prefix="childindex-lake-", dir=folder))
    try:
        yield lake
    finally:
        shutil.rmtree(lake, ignore_errors=True)


def _batches(
    file: RowFile, live: LiveRows, added: AddedColumns
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int16], npt.NDArray[np.uint64]]]:
    for start in range(0, len(live), ROWS_AT_ONCE):
        positions = np.arange(start, min(start + ROWS_AT_ONCE, len(live)))
        yield positions, live.sources[positions], added.extend(file.gather(positions))
