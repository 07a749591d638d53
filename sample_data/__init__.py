"""Three small simulated feeds (school, gp, benefits) of 2,000 children who do not exist, and their truth.

See the README beside this file. `make_sample` wrote the files and writes them again.
"""

from pathlib import Path

__all__ = ["FOLDER"]

FOLDER = Path(__file__).parent
