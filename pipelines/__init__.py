"""The jobs: compositions of the source side and the linkage unit, one run function each.

`at_source/` holds the jobs that may see plaintext (profile, encode, verify), `at_unit/` those that never do (load,
link, nightly, tune, export); neither can import the other. Beside them stands what belongs to no zone: the terminal,
files that both ends agree on, and what runs both zones in one place on invented people (the demonstration, the
simulator, the evaluation). No job prints: it returns its result and reports progress to a callback.
"""

__all__: list[str] = []
