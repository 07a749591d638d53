"""Jobs of the linkage unit, which never sees plaintext or the project key: from a sealed package to an answer.

No job here imports the source zone; an import contract checks it.
"""

__all__: list[str] = []
