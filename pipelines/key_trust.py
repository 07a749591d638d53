"""Trusting somebody's public key, which is the one step that no file can do for people.

A public key file says whose it is, but anybody can write one. Its fingerprint, compared over a way that whoever carried
the file does not control, is all that ties it to its owner. So no public key is used before somebody has compared it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from linkage.exchange.errors import KeyRefused
from linkage.exchange.key_files import read_key_header
from linkage.exchange.public_keys import PublicKeys, compare_fingerprint, read_public_keys, trust_source

__all__ = ["Confirm", "grouped", "require_compared", "trust", "zone_of"]

Confirm = Callable[[str, str], bool]
"""Asks a person whether the owner (first) told this fingerprint (second, in groups)."""

FOUR = 4


def trust(
    public: Path, keys: Path, fingerprint: str | None = None, confirm: Confirm | None = None
) -> dict[str, Any]:
    """Take over a public key file: a source's at the unit, the unit's at a source.

    Parameters
    ----------
    public
        The file that came.
    keys
        The folder of one's own keys, which says whether this is a source or the unit.
    fingerprint
        What the owner said it is, compared in full.
    confirm
        Asks a person where no fingerprint is given.

    Raises
    ------
    KeyRefused
        If it does not check, nobody compared the fingerprint, it is another one, it is a key that this folder has no
        use for, or other keys are trusted in its place already.
    """
    found = read_public_keys(public)
    zone = zone_of(keys)
    if zone is None:
        raise KeyRefused(
            f"{keys}: holds no key of its own; name the folder that `childindex keys unit` (at the unit) or "
            "`childindex keys source` (at a source) made"
        )
    _refuse_role(public, keys, found, zone)
    require_compared(public, found, fingerprint, confirm)
    if zone == "unit":
        trust_source(keys, public)
    else:
        _take_unit(public, keys)
    name = f"source {found.name}" if found.role == "source" else "unit"
    return {"trusted": name, "fingerprint": found.fingerprint}


def require_compared(
    path: Path, keys: PublicKeys, fingerprint: str | None, confirm: Confirm | None = None
) -> None:
    """Refuse a public key whose fingerprint nobody has compared, or which has another one.

    Raises
    ------
    KeyRefused
        With the fingerprint, and what to do with it.
    """
    if fingerprint is not None:
        compare_fingerprint(path, keys, fingerprint)
        return
    owner = f"source '{keys.name}'" if keys.role == "source" else "the linkage unit"
    if confirm is not None and confirm(owner, grouped(keys.fingerprint)):
        return
    raise KeyRefused(
        f"{path}: nobody has compared its fingerprint yet, so nothing was done. The file says that it is of {owner}:\n"
        f"{grouped(keys.fingerprint)}\n"
        "Call the owner on a number that you knew before, let them read theirs aloud (`childindex keys show` prints"
        " it), and give what they say with --fingerprint"
    )


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, as one reads it aloud; 79 characters."""
    return " ".join(fingerprint[at : at + FOUR] for at in range(0, len(fingerprint), FOUR))


def zone_of(keys: Path) -> str | None:
    """``"unit"`` or ``"source"`` by the private keys in a folder; None where there are none."""
    purposes = {read_key_header(path).purpose for path in sorted(keys.glob("*.key"))}
    if "unit" in purposes:
        return "unit"
    return "source" if purposes else None


def _refuse_role(public: Path, keys: Path, found: PublicKeys, zone: str) -> None:
    if zone == "unit" and found.role == "unit":
        own = keys / "unit.pub"
        which = "the unit's own key" if own.is_file() and _is(own, found) else "the key of a unit"
        raise KeyRefused(
            f"{public}: this is {which}, and {keys} is a unit's folder: there the keys of sources are trusted"
            " (source-NAME.pub)"
        )
    if zone == "source" and found.role == "source":
        own = keys / f"source-{found.name}.pub"
        which = "this source's own key" if own.is_file() and _is(own, found) else f"the key of '{found.name}'"
        raise KeyRefused(
            f"{public}: this is {which}, and {keys} is a source's folder: there the key of the unit is trusted"
            " (unit.pub). The key of another source is given to `childindex keys send` and `keys receive` itself"
        )


def _is(path: Path, keys: PublicKeys) -> bool:
    return read_public_keys(path).fingerprint == keys.fingerprint


def _take_unit(public: Path, keys: Path) -> None:
    target = keys / "unit.pub"
    content = public.read_bytes()
    if target.exists() and target.read_bytes() != content:
        raise KeyRefused(
            f"{target}: another unit is trusted already; if the unit has new keys and has told you so itself, move that"
            " file away first"
        )
    target.write_bytes(content)
