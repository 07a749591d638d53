"""Names and places from a folder of tables."""

from pathlib import Path
from pipelines.simulation.tables import Tables


def folder_tables(folder: Path) -> Tables:
    raise NotImplementedError
