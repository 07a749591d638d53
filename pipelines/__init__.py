"""The jobs: compositions of the source side and the linkage unit, one run function each.

A job belongs to one zone. Those of a source (profile, encode, verify) may see plaintext; those of the linkage
unit (load, link, nightly, tune, export) never do, though both kinds stand here. Only the demonstration, the
simulator and the evaluation run both zones in one place, on invented people. No job prints: it returns its
result and reports progress to a callback.
"""

__all__: list[str] = []
