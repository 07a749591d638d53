"""The linkage unit: matches encoded records and keeps the child index.

Nothing here may see plaintext or the project key. Records arrive as packages of keyed encodings
(`linkage.exchange`), and leave as pseudonymous child ids. This package never imports `encoders`, `pipelines`
or `cli`; an import contract and a run-time test hold it to that.

This file imports nothing, so that the source zone can import `linkage.exchange` without the rest of the unit.
"""

__all__: list[str] = []
