"""The source side: normalises plaintext records and encodes them under the project key.

Runs only at a source, which owns the plaintext that it reads: this package (and the jobs in `pipelines` that call
it there) may see names, dates and identifiers. What leaves it is a package of keyed encodings and nothing else.
Of the linkage unit it imports `linkage.exchange` alone, the specification and package format both sides agree on.
"""

__all__: list[str] = []
