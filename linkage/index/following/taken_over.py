"""What an index was told of that of an earlier epoch, and how its first runs go on from there.

After a rotation of the project key every record has another id, and a new index begins. What it takes over
(`succession`) names records and children only: ``taken_over`` has each record that was live, by its new id, with the
number and the child that it had. When the record comes for the first time it gets its number back, so that it is as
old as it was; when it is first resolved it counts as a record of its child, so that the rule of `identity` goes on.

A child is ``dormant`` until the first of its records is resolved; then it begins anew among the children, in that run,
and undoing the run lets it sleep again. From then on only its members speak for it: a record of it that comes in a
later run joins it by evidence, or not at all. A child that severed records were in, or ever were, does not wake up.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.index.storage.engine import Engine

__all__ = ["awaken", "former_children", "former_numbers"]

Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint64]

NONE = -1

_NUMBERS = """
    SELECT place, record_no FROM arriving JOIN taken_over ON record_high = high AND record_low = low
    ANTI JOIN (SELECT record_no FROM records WHERE row_id >= 0) known USING (record_no)
    WHERE source_no = ?
"""
# Neither identity of a severed pair may lead to the other: the children of both are left asleep for ever if one of the
# two records was ever in the other's child. Whether both have come does not matter.
_CHILDREN = """
    WITH sleeping AS MATERIALIZED (FROM dormant ANTI JOIN children USING (child_no)),
    severed AS MATERIALIZED (
        SELECT a.record_no AS left_no, a.child_no AS left_child, b.record_no AS right_no, b.child_no AS right_child
        FROM known_pairs
        JOIN taken_over a ON a.source_no = left_source AND a.record_high = left_high AND a.record_low = left_low
        JOIN taken_over b ON b.source_no = right_source AND b.record_high = right_high AND b.record_low = right_low
        WHERE kind = 'severed' AND lifted_at IS NULL),
    entangled AS MATERIALIZED (
        FROM severed WHERE EXISTS (FROM members WHERE record_no = right_no AND child_no = left_child)
        OR EXISTS (FROM members WHERE record_no = left_no AND child_no = right_child)),
    dissolved AS MATERIALIZED (
        SELECT left_child AS child_no FROM entangled UNION SELECT right_child FROM entangled)
    SELECT place, child_no FROM asked JOIN taken_over USING (record_no) SEMI JOIN sleeping USING (child_no)
    ANTI JOIN dissolved USING (child_no)
"""


def former_numbers(engine: Engine, source_no: int, high: Numbers, low: Numbers) -> Integers:
    """The number that each record had in the index before: int64, shape (n,), -1 if none or if it came since."""
    found = np.full(len(high), NONE, dtype=np.int64)
    if not len(high) or not _has_any(engine):
        return found
    with engine.table("arriving", pa.table({"place": np.arange(len(high)), "high": high, "low": low})):
        table = engine.arrow(_NUMBERS, [source_no])
    found[table["place"].to_numpy()] = table["record_no"].to_numpy()
    return found


def former_children(engine: Engine, record_nos: Integers) -> Integers:
    """The dormant child that each record was in: int64, shape (n,), -1 if none."""
    found = np.full(len(record_nos), NONE, dtype=np.int64)
    if not len(record_nos) or not _has_any(engine):
        return found
    with engine.table("asked", pa.table({"place": np.arange(len(record_nos)), "record_no": record_nos})):
        table = engine.arrow(_CHILDREN)
    found[table["place"].to_numpy()] = table["child_no"].to_numpy()
    return found


def awaken(engine: Engine, run_no: int, children: Integers) -> None:
    """Let dormant children begin among the children, in this run; -1 is none."""
    numbers = np.unique(children[children != NONE])
    if not len(numbers):
        return
    with engine.table("waking", pa.table({"child_no": numbers})):
        engine.execute(
            "INSERT INTO children SELECT child_no, id_high, id_low, NULL, ?, NULL FROM dormant SEMI JOIN waking"
            " USING (child_no)",
            [run_no],
        )


def _has_any(engine: Engine) -> bool:
    """Mostly nothing was taken over, and then the joins over all records are spared."""
    return bool(engine.value("SELECT count(*) FROM taken_over"))
