"""Whether records are so few that every pair of them is compared, whatever blocking keys they share."""

from math import isqrt

from linkage.exchange.schema import ColumnKind
from linkage.exchange.specification.model import ComparisonRule, Specification

__all__ = ["compares_every_pair", "most_records_in_full", "words_of_a_pair"]

AFFORDABLE_WORDS = 50_000_000_000
"""Of 64 bits, read of one record of each pair: .09 to .13 ns of processor a word and pass (benchmarks/RESULTS.md,
pattern counts), and there are two passes, so ten seconds. Keys lose pairs of dirty feeds, so few records are worth it.
"""


def compares_every_pair(specification: Specification, n_records: int) -> bool:
    """Whether so many records, of all sources together, are compared pair by pair."""
    most = specification.candidates.every_pair_up_to
    if most == "auto":
        return n_records <= most_records_in_full(words_of_a_pair(specification))
    return n_records * (n_records - 1) // 2 <= most


def most_records_in_full(n_words: int) -> int:
    """How many records are compared pair by pair where the unit decides, by the words that a pair costs, 1 or more."""
    # The root of n (n - 1) / 2 = pairs.
    return (1 + isqrt(1 + 8 * (AFFORDABLE_WORDS // n_words))) // 2


def words_of_a_pair(specification: Specification) -> int:
    """Words of one record that its comparison with another reads, each as often as a view of a comparison does.

    A filter that stands in a column of its own where a record lacks a field counts once: a record has one of the two.
    """
    return sum(_words_of(rule, specification) for rule in specification.comparisons)


def _words_of(rule: ComparisonRule, specification: Specification) -> int:
    schema, kind = specification.record_schema, ColumnKind.FILTER if rule.filter else ColumnKind.TOKEN
    # Where two columns differ they are compared both ways round.
    views = sum(1 if view.left == view.right else 2 for view in rule.alternatives)
    return (1 + views) * schema.column(kind, rule.filter or rule.token or "").n_words
