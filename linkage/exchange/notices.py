"""Expiry notices: a source's signed word that a cohort has reached an age, without saying which cohort it is.

A notice is canonical JSON on one line::

    {"cohort": 16 hex digits, "format": "childindex expiry notice", "issued": an hour, "key_check": 32 hex digits,
     "key_epoch": number, "project": name, "reached": "age" | "later_age", "signature": 128 hex digits,
     "source": name, "version": 1}

The signature (Ed25519, under a label of its own) covers the document without it. Whoever sees a notice when it is
issued can tell about when its cohort was born: from the age that it reached.
"""

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linkage.exchange.canonical import NotCanonical, read_canonical, write_canonical
from linkage.exchange.errors import PackageRefused
from linkage.exchange.primitives import NotAuthentic
from linkage.exchange.public_keys import PublicKeys, Signer
from linkage.exchange.regular_files import open_regular_file

__all__ = ["ExpiryNotice", "read_notice", "write_notice"]

FORMAT = "childindex expiry notice"
VERSION = 1
LONGEST = 4096
USE = "expiry notice"
REACHED = ("age", "later_age")
COHORT = re.compile(r"[0-9a-f]{16}")
MEMBERS = {
    "cohort": str,
    "format": str,
    "issued": str,
    "key_check": str,
    "key_epoch": int,
    "project": str,
    "reached": str,
    "signature": str,
    "source": str,
    "version": int,
}


@dataclass(frozen=True)
class ExpiryNotice:
    """A cohort has reached an age.

    Attributes
    ----------
    project, source
        Whose notice it is.
    cohort
        The cohort token: 16 hexadecimal digits.
    reached
        ``"age"``, or ``"later_age"`` for the records that their source flags.
    key_epoch, key_check
        The project key under which the token was made.
    issued
        The hour, ISO 8601.
    """

    project: str
    source: str
    cohort: str
    reached: str
    key_epoch: int
    key_check: str
    issued: str


def write_notice(path: Path, notice: ExpiryNotice, signer: Signer) -> None:
    """Sign a notice and write it to a new file.

    Raises
    ------
    PackageRefused
        If there is a file already.
    """
    content: dict[str, Any] = asdict(notice) | {"format": FORMAT, "version": VERSION}
    content["signature"] = signer.sign(USE, write_canonical(content)).hex()
    try:
        with path.open("xb") as file:
            file.write(write_canonical(content) + b"\n")
    except FileExistsError:
        raise PackageRefused(f"{path}: there is a file already; a notice is never overwritten") from None
    except OSError as error:
        raise PackageRefused(f"{path}: the notice cannot be written ({error.strerror})") from None


def read_notice(path: Path, trusted: dict[str, PublicKeys], *, project: str) -> ExpiryNotice:
    """Read a notice and check who signed it.

    Raises
    ------
    PackageRefused
        If it is missing, damaged, of another project, of a source that is not trusted, or not signed by it.
    """
    try:
        with open_regular_file(path) as file:
            raw = file.read(LONGEST + 2)
        content = read_canonical(raw.removesuffix(b"\n"), at_most=LONGEST)
    except OSError as error:
        raise PackageRefused(f"{path}: the notice cannot be read ({error.strerror})") from None
    except NotCanonical:
        raise _damaged(path) from None
    if {name: type(value) for name, value in content.items()} != MEMBERS:
        raise _damaged(path)
    if (content["format"], content["version"]) != (FORMAT, VERSION) or content["reached"] not in REACHED:
        raise _damaged(path)
    if COHORT.fullmatch(content["cohort"]) is None:
        raise _damaged(path)
    if content["source"] not in trusted:
        raise PackageRefused(f"{path}: its source is not trusted here; trust it with `childindex keys trust`")
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    try:
        signature = bytes.fromhex(content["signature"])
        trusted[content["source"]].verifying_key.verify(signature, USE, write_canonical(unsigned))
    except (NotAuthentic, ValueError):
        raise PackageRefused(
            f"{path}: source '{content['source']}' did not sign this notice; ask it for the notice again"
        ) from None
    if content["project"] != project:
        raise PackageRefused(f"{path}: expected a notice of project '{project}', found another project's")
    return ExpiryNotice(**{name: content[name] for name in ExpiryNotice.__dataclass_fields__})


def _damaged(path: Path) -> PackageRefused:
    return PackageRefused(
        f"{path}: this is not a whole expiry notice of version {VERSION}; ask its source for it again"
    )
