"""What the gate finds in a translation: pairs of record ids that look random, and nothing beside them."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from encoders.gate.findings import Finding, Verdict, stated
from encoders.gate.row_findings import id_finding
from encoders.gate.sampling import places_of
from linkage.exchange.plurals import counted
from linkage.exchange.translations import PADDED_TO, Translated

__all__ = ["LEAVES", "feed_finding", "translation_findings"]

LEAVES = (
    (
        "Leaves, sealed for the linkage unit",
        (
            "record id of the earlier epoch: a keyed pseudonym of 128 bits",
            "record id of the later epoch: the same",
        ),
    ),
    ("Stays at the source", ("every field", "the source's own record ids", "both project keys")),
    ("Risks accepted by name", ("the unit can follow a record over the change of the key",)),
)
"""As `what_leaves` tells it of other packages."""


def translation_findings(pairs: Translated) -> Iterator[Finding]:
    """Judge the pairs of an opened translation; no plaintext is needed."""
    yield stated("pairs", "package", float(len(pairs)), f"{counted(len(pairs), 'pair')}, padding among them")
    yield id_finding(pairs.earlier, "earlier record ids")
    yield id_finding(pairs.later, "later record ids")
    padded = len(pairs) % PADDED_TO == 0
    yield Finding(
        "padding", "package", float(len(pairs)), None, Verdict.PASS if padded else Verdict.WARN,
        f"a multiple of {PADDED_TO:,} pairs: it does not say how many records there are"
        if padded
        else f"no multiple of {PADDED_TO:,} pairs: it tells the number of records that the source knows; make the"
        " translation again with this version",
    )  # fmt: skip


def feed_finding(pairs: Translated, feed_ids: npt.NDArray[np.uint8]) -> Finding:
    """Whether the records of a feed, by their later ids, are translated."""
    lacking = int(np.count_nonzero(places_of(feed_ids, pairs.later) < 0))
    return Finding(
        "translated records", "later record ids", float(lacking), 0.0, Verdict.WARN if lacking else Verdict.PASS,
        f"of {counted(len(feed_ids), 'record')} of the feed {lacking:,}"
        f" {'has' if lacking == 1 else 'have'} no pair: if they are not new, a map of record ids"
        " was left out"
        if lacking
        else f"all {len(feed_ids):,} records of the feed have their pair",
    )  # fmt: skip
