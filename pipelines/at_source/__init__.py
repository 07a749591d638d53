"""Jobs of a source, which owns the plaintext that they read: encode, verify, attack, notice, and its keys.

Of the linkage unit they know `linkage.exchange` alone, what both zones agreed on; an import contract checks it.
"""

__all__: list[str] = []
