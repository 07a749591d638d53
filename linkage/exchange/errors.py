"""The errors of the project, from the lowest layer up.

::

    ChildindexError              the run failed                        exit status 1
    ├── InputRefused             something given to us is not usable   exit status 3
    │   ├── SpecificationRefused the specification file
    │   ├── FeedRefused          a plaintext feed, at the source
    │   ├── KeyRefused           a key file or a passphrase
    │   ├── PackageRefused       a sealed package, at the unit
    │   └── IndexRefused         an index, or what was asked of it
    └── PublicationRefused       the breaker kept yesterday's index    exit status 4

A message says what, where, what was expected, what was found and how to mend it. It never holds a value of a
record, a key or a filter: names of columns, row numbers, counts and fingerprints are all that may appear.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "ChildindexError",
    "FeedRefused",
    "IndexRefused",
    "InputRefused",
    "KeyRefused",
    "PackageRefused",
    "PublicationRefused",
    "SpecificationRefused",
]


class ChildindexError(Exception):
    """Base of every error that the project raises on purpose."""

    exit_status: ClassVar[int] = 1


class InputRefused(ChildindexError):
    """An input cannot be used as it is; nothing was written."""

    exit_status: ClassVar[int] = 3


class SpecificationRefused(InputRefused):
    """The specification has faults; all of them are in the message."""


class FeedRefused(InputRefused):
    """A plaintext feed cannot be read as the specification says."""


class KeyRefused(InputRefused):
    """A key file is missing, readable by others, of another purpose, or the passphrase is wrong."""


class PackageRefused(InputRefused):
    """A sealed package does not check and was refused whole."""


class IndexRefused(InputRefused):
    """An index is missing, locked, of another format, or does not hold what was asked for."""


class PublicationRefused(ChildindexError):
    """A run was completed but not published; yesterday's index is still live.

    Attributes
    ----------
    document
        What the run found, for a command that prints one document for machines however it ends; None if unknown.
    """

    exit_status: ClassVar[int] = 4
    document: Mapping[str, Any] | None = None
