"""How Sphinx builds the pages of this folder: `make docs`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent.parent))

project = "childindex"
author = "The childindex authors"
project_copyright = author
version = release = installed_version("childindex")

extensions = ["myst_parser", "sphinx_click"]
source_suffix = {".md": "markdown"}
# README.md lists the pages for those who read them where they lie.
exclude_patterns = ["_build", "README.md", "Thumbs.db", "**.ipynb_checkpoints", "*.ipynb"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
# A fenced block without a language is shown as it is.
highlight_language = "text"
# Pages also point at files outside this folder, which are read where they lie.
suppress_warnings = ["myst.xref_missing"]

html_theme = "furo"
html_title = "childindex"
html_show_sphinx = False
html_copy_source = False


def help_as_text(_app: object, _ctx: object, lines: list[str]) -> None:
    """Help is written for a terminal: show stars as they are, names in code, and the example as a block."""
    shown: list[str] = []
    for line in lines:
        if "Example:" in line:
            shown += ["Example::", "", f"    {line.partition('Example:')[2].strip()}"]
        elif shown and shown[-1].startswith("    ") and line.strip():
            shown[-1] += f" {line.strip()}"
        else:
            shown.append(line.replace("*", r"\*").replace("``", "`").replace("`", "``"))
    lines[:] = shown


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("sphinx-click-process-description", help_as_text)
