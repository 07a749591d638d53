"""What people decided about records that a translation does not name: it must not be lost without a word.

Read from an index that is open for writing, where ``translated (old_source, old_high, old_low, new_source, new_high,
new_low)`` has every pair that the sources told.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from linkage.index.storage.engine import Engine
from linkage.index.storage.record_ids import join_record_id

__all__ = ["Decided", "sources_without_translation", "untranslated_decisions"]


@dataclass(frozen=True, order=True)
class Decided:
    """A decision about a record of the old index, by the name that it has there.

    Attributes
    ----------
    kind
        ``shielded``, ``quarantine``, ``together``, ``apart``, ``severed``; ``erased``, whose record is only known by
        its fingerprint; ``source``, of which no record is translated.
    source
        Its name; empty for what was erased.
    record_id
        Hexadecimal; the fingerprint of what was erased, empty for a source.
    is_live
        Whether the old index has the record now.
    """

    kind: str
    source: str
    record_id: str
    is_live: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is, whatever became of the record."""
        return self.kind, self.source, self.record_id


_UNTRANSLATED = """
    WITH named AS (
        SELECT 'shielded' AS kind, source_no, record_high, record_low FROM shields WHERE lifted_at IS NULL
        UNION SELECT 'quarantine', source_no, record_high, record_low FROM quarantine WHERE resolved_at IS NULL
        UNION SELECT 'quarantine', near_source, near_high, near_low FROM quarantine WHERE resolved_at IS NULL
        UNION SELECT kind, left_source, left_high, left_low FROM known_pairs WHERE lifted_at IS NULL
        UNION SELECT kind, right_source, right_high, right_low FROM known_pairs WHERE lifted_at IS NULL),
    lacking AS MATERIALIZED (
        FROM named ANTI JOIN translated
        ON source_no = old_source AND record_high = old_high AND record_low = old_low),
    live AS (
        SELECT source_no, record_high, record_low FROM records
        SEMI JOIN lacking USING (source_no, record_high, record_low) WHERE to_run IS NULL)
    SELECT kind, name, record_high, record_low, live.source_no IS NOT NULL AS is_live
    FROM lacking JOIN sources USING (source_no) LEFT JOIN live USING (source_no, record_high, record_low)
"""


def untranslated_decisions(engine: Engine) -> list[Decided]:
    """Every decision that holds and names a record without a translation, in a fixed order."""
    return sorted(
        Decided(str(kind), str(name), join_record_id(high, low).hex(), bool(is_live))
        for kind, name, high, low, is_live in engine.rows(_UNTRANSLATED)
    )


def sources_without_translation(engine: Engine, told: Iterable[str]) -> list[Decided]:
    """Sources that have live records and told no pairs."""
    rows = engine.rows(
        """SELECT DISTINCT name FROM sources SEMI JOIN (SELECT source_no FROM records WHERE to_run IS NULL) live
        USING (source_no) ORDER BY name"""
    )
    known = set(told)
    return [Decided("source", str(name), "", is_live=True) for (name,) in rows if name not in known]
