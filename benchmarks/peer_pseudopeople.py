"""Make one table of pseudopeople's bundled sample population; runs in the environment of the peers.

``python peer_pseudopeople.py DATASET YEAR SEED OUT`` writes Parquet with every value as text, as a CSV would have it.
"""

import sys
import warnings

warnings.filterwarnings("ignore")

import pseudopeople  # type: ignore[import-not-found]  # noqa: E402

__all__ = ["main"]


def main(dataset: str, year: str, seed: str, out: str) -> None:
    """Make the table and write it."""
    table = getattr(pseudopeople, f"generate_{dataset}")(year=int(year), seed=int(seed))
    text = table.astype("string").where(table.notna(), None)
    text.to_parquet(out, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
