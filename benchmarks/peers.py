"""All comparisons with other linkage software, one after the other: what ``make bench-peers`` runs.

Each benchmark prints its own table, or with ``--json`` one object a line. The interpreter of the peers' environment
comes from CHILDINDEX_PEERS_PYTHON, or is ``.venv-peers`` beside the repository's files.
"""

import subprocess
import sys
from pathlib import Path

from reporting import arguments, peers_python

HERE = Path(__file__).parent
RUNS = (
    ("similarity_join.py",),
    ("encode.py",),
    ("accuracy.py", "--only", "pseudopeople", "pseudopeople_benefits"),
    ("link.py", "--records", "100000", "300000"),
)
"""Scripts that hold our figures against a peer's, with their arguments; those that are not there are left out."""


def main() -> int:
    """Run them all; the status is that of the first that failed."""
    asked = arguments(__doc__).parse_args()
    if peers_python() is None:
        print("there is no environment of the peers: make bench-peers makes one", file=sys.stderr)
        return 1
    status = 0
    for script, *own in RUNS:
        if not (HERE / script).is_file():
            continue
        options = [] if asked.quick and "--records" in own else own
        flags = [flag for flag, wanted in (("--quick", asked.quick), ("--json", asked.json)) if wanted]
        print(f"== {script}", file=sys.stderr)
        done = subprocess.run([sys.executable, str(HERE / script), *options, *flags], check=False)
        status = status or done.returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
