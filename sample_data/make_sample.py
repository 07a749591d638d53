"""Write the sample data again: ``python sample_data/make_sample.py [FOLDER]``, beside this file by default.

The command line does the same: ``childindex simulate FOLDER --children 2000 --seed 20100806 --format csv``.
"""

import sys
from pathlib import Path

from pipelines.simulate import SimulationSummary, run

__all__ = ["CHILDREN", "SEED", "main"]

CHILDREN = 2_000
SEED = 20_100_806  # the day ContactPoint was switched off


def main(folder: Path) -> SimulationSummary:
    """Write ``school.csv``, ``gp.csv``, ``benefits.csv`` and ``truth.parquet`` into a folder."""
    return run(folder, CHILDREN, SEED, formats=("csv",), overwrite=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
