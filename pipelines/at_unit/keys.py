"""The keys of the linkage unit: to open packages, to sign, and for its pseudonyms; never the project key."""

from pathlib import Path
from typing import Any

from linkage.exchange.passphrases import read_passphrase
from linkage.exchange.unit_keys import create_unit_keys

__all__ = ["unit"]


def unit(out: Path) -> dict[str, Any]:
    """Draw the linkage unit's keys."""
    made = create_unit_keys(out, read_passphrase())
    return {"public file": str(out / "unit.pub"), "fingerprint": made.public.fingerprint}
