"""What people know of pairs of records: the same child, or never to be joined.

A pair is named by source and record id, so it holds for every version of a record, before the record has come and
after it has gone. It does not belong to a run: undoing, linking again or rebuilding does not touch it. Only a person
lifts it.

``together``
    One child, at any weight.
``apart``
    Two children (a wrong link was found): no chain of links may join them. Each part keeps what the rule of `identity`
    gives it.
``severed``
    Two identities of which neither may lead to the other (adoption, protection of witnesses): as ``apart``, and a child
    that holds both, or ever did, is dissolved. Every part of it gets a new id and a new history; the old id leads
    nowhere.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from linkage.exchange.errors import IndexRefused
from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import split_record_id
from linkage.index.storage.runs import now

__all__ = [
    "KnownPairs",
    "PairKind",
    "RecordKey",
    "add_pair",
    "any_known",
    "dissolved_children",
    "known_pairs",
    "lift_pair",
    "n_unseparated_children",
    "settle_pairs",
    "unsettled_rows",
]

Pairs = npt.NDArray[np.int64]


class PairKind(StrEnum):
    """What is known of two records."""

    TOGETHER = "together"
    APART = "apart"
    SEVERED = "severed"


@dataclass(frozen=True, repr=False)
class RecordKey:
    """A record by its source's number and its 16-byte id, whether the index has it or not."""

    source_no: int
    record_id: bytes

    @property
    def values(self) -> tuple[int, int, int]:
        """As the store keeps it."""
        return (self.source_no, *split_record_id(self.record_id))


@dataclass(frozen=True, repr=False)
class KnownPairs:
    """Known pairs of live rows, as the resolution takes them.

    Attributes
    ----------
    together, apart
        int64, shape (n, 2) each: row ids; severed pairs are among `apart`.
    """

    together: Pairs
    apart: Pairs


def add_pair(engine: Engine, kind: PairKind, left: RecordKey, right: RecordKey, reason: str) -> None:
    """Know something of a pair from now on; the order of the two does not matter.

    Raises
    ------
    IndexRefused
        If both are the same record, or the contrary is known of them: that must be lifted first.
    """
    first, second = sorted([left.values, right.values])
    if first == second:
        raise IndexRefused("a record cannot be paired with itself")
    known = _live_kinds(engine, first, second)
    if kind in known:
        return
    if known:
        command = "join" if PairKind.TOGETHER in known else "separate"
        raise IndexRefused(
            f"these two records are known to be {', '.join(sorted(known))}: lift that first, with `childindex {command}"
            " INDEX ... --lift`"
        )
    engine.execute(
        "INSERT INTO known_pairs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, true)",
        [kind, *first, *second, reason, now()],
    )


def lift_pair(engine: Engine, left: RecordKey, right: RecordKey, reason: str) -> None:
    """Forget what is known of a pair; both are looked at again by the next run.

    Raises
    ------
    IndexRefused
        If nothing is known of them.
    """
    first, second = sorted([left.values, right.values])
    n_lifted = engine.execute(
        f"UPDATE known_pairs SET lifted_at = ?, lifted_reason = ?, is_pending = true WHERE {_THESE}",  # noqa: S608
        [now(), reason, *first, *second],
    )
    if not n_lifted:
        raise IndexRefused("nothing is known of these two records")


def known_pairs(engine: Engine) -> KnownPairs:
    """Everything known of pairs of which both records are live."""
    if not any_known(engine):
        return KnownPairs(np.empty((0, 2), dtype=np.int64), np.empty((0, 2), dtype=np.int64))
    table = engine.arrow(
        "SELECT kind = 'together' AS is_together, left_row, right_row FROM known_rows WHERE NOT is_lifted ORDER BY ALL"
    )
    rows = np.stack([table["left_row"].to_numpy(), table["right_row"].to_numpy()], axis=1)
    together = table["is_together"].to_numpy(zero_copy_only=False)
    return KnownPairs(rows[together], rows[~together])


def unsettled_rows(engine: Engine) -> Pairs:
    """Live rows of pairs that children contradict, or that were added or lifted since the last publication."""
    if not any_known(engine):
        return np.empty(0, dtype=np.int64)
    table = engine.arrow(
        """WITH unsettled AS (
            SELECT left_row, right_row FROM known_rows WHERE is_pending
            OR NOT is_lifted AND (kind = 'together') <> coalesce(left_child = right_child, false)
            OR NOT is_lifted AND kind = 'severed' AND is_entangled)
        SELECT left_row AS row_id FROM unsettled UNION SELECT right_row FROM unsettled"""
    )
    return np.asarray(table["row_id"].to_numpy())


def dissolved_children(engine: Engine) -> npt.NDArray[np.int64]:
    """Numbers of the children of severed records, where one of them holds both or ever did."""
    if not any_known(engine):
        return np.empty(0, dtype=np.int64)
    table = engine.arrow(
        """WITH dissolved AS (FROM known_rows WHERE kind = 'severed' AND NOT is_lifted AND is_entangled)
        SELECT left_child AS child_no FROM dissolved WHERE left_child IS NOT NULL
        UNION SELECT right_child FROM dissolved WHERE right_child IS NOT NULL"""
    )
    return np.asarray(table["child_no"].to_numpy())


def n_unseparated_children(engine: Engine) -> int:
    """How many children hold two records that must be apart."""
    if not any_known(engine):
        return 0
    return int(
        engine.value(
            """SELECT count(DISTINCT left_child) FROM known_rows
            WHERE kind <> 'together' AND NOT is_lifted AND left_child = right_child"""
        )
    )


def settle_pairs(engine: Engine) -> None:
    """Every pair has been looked at: call it when a run is published."""
    engine.execute("UPDATE known_pairs SET is_pending = false WHERE is_pending")


_THESE = """lifted_at IS NULL AND left_source = ? AND left_high = ? AND left_low = ?
    AND right_source = ? AND right_high = ? AND right_low = ?"""


def _live_kinds(engine: Engine, first: tuple[int, ...], second: tuple[int, ...]) -> set[str]:
    rows = engine.rows(f"SELECT kind FROM known_pairs WHERE {_THESE}", [*first, *second])  # noqa: S608 - ours
    return {kind for (kind,) in rows}


def any_known(engine: Engine) -> bool:
    """Whether there is any pair at all: mostly there is none, and then the joins over all records are spared."""
    return bool(engine.value("SELECT count(*) FROM known_pairs"))
