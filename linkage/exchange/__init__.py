"""What both zones agree on: the specification, the record schema, key files and the sealed package.

The lowest layer of the linkage unit, and the only part of it that the source zone imports. Import what you need from
its modules; this file imports nothing, so that an error class costs no cryptography.
"""

__all__: list[str] = []
