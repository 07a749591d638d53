"""Where the passphrase of key files comes from: the environment or a file, never the command line.

An argument of a command stands in the process list and in the shell's history; a passphrase there is published.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from linkage.exchange.errors import KeyRefused
from linkage.exchange.private_files import read_private_file
from linkage.exchange.secret_bytes import SecretBytes

__all__ = ["PASSPHRASE_FILE_VARIABLE", "PASSPHRASE_VARIABLE", "read_passphrase"]

PASSPHRASE_VARIABLE = "CHILDINDEX_PASSPHRASE"
PASSPHRASE_FILE_VARIABLE = "CHILDINDEX_PASSPHRASE_FILE"
LONGEST_PASSPHRASE = 4096


def read_passphrase(environment: Mapping[str, str] | None = None) -> SecretBytes | None:
    """Find the passphrase for key files; None where neither variable is set, and files are then not wrapped.

    ``CHILDINDEX_PASSPHRASE`` holds it, or ``CHILDINDEX_PASSPHRASE_FILE`` names a file that nobody else can read and
    whose first line it is.

    Raises
    ------
    KeyRefused
        If both are set, the passphrase is empty, or its file is missing or readable by others.
    """
    variables = os.environ if environment is None else environment
    direct, file = variables.get(PASSPHRASE_VARIABLE), variables.get(PASSPHRASE_FILE_VARIABLE)
    if direct is not None and file is not None:
        raise KeyRefused(
            f"{PASSPHRASE_VARIABLE} and {PASSPHRASE_FILE_VARIABLE} are both set; unset one of them"
        )
    if file is not None:
        content = read_private_file(Path(file), at_most=LONGEST_PASSPHRASE, what="passphrase file")
        passphrase = content.split(b"\n", 1)[0].rstrip(b"\r")
    elif direct is not None:
        passphrase = direct.encode("utf-8", "surrogateescape")
    else:
        return None
    if not passphrase:
        place = PASSPHRASE_VARIABLE if file is None else f"the first line of {file}"
        raise KeyRefused(f"the passphrase is empty: {place}; unset the variable to work without a passphrase")
    return SecretBytes(passphrase)
