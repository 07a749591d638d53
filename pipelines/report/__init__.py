"""Pages for people: self-contained HTML files that open offline, from one base template.

`page` renders a template; `Chart` is an Altair chart with the finding that stands above it. Nothing here knows a
record: what a page shows are counts, weights and names of fields, sources and keys of the specification.
"""

from pipelines.report.page import Chart, Table, page, write_page

__all__ = ["Chart", "Table", "page", "write_page"]
