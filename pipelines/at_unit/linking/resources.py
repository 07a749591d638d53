"""Where linking runs and what it may use."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.at_unit.linking.memory import default_memory_mb, store_memory_mb

__all__ = ["EMBEDDED", "SPARK", "Resources"]

EMBEDDED, SPARK = "embedded", "spark"


@dataclass(frozen=True)
class Resources:
    """Where linking runs and what it may use.

    Attributes
    ----------
    memory_mb
        MiB of this machine; half of its memory if None. Records that do not fit are streamed from disk.
    engine
        ``"embedded"``: this machine; ``"spark"``: Apache Spark compares, this machine does the rest.
    spark_master
        As Spark writes it; None for what its configuration says.
    lake
        Folder that this machine and every executor can reach, for the records while they are compared; inside the
        index if None, which is right only where the executors run on this machine.
    """

    memory_mb: int | None = None
    engine: str = EMBEDDED
    spark_master: str | None = None
    lake: Path | None = None

    @property
    def store_memory_mb(self) -> int:
        """MiB of the memory for the store's own work."""
        return store_memory_mb(self.memory_mb or default_memory_mb())
