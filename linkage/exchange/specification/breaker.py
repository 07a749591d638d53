"""When a run is kept from being published, until a person has looked at it."""

from pydantic import Field

from linkage.exchange.specification.encoding import Rules

__all__ = ["BreakerRule"]


class BreakerRule(Rules):
    """Limits of the figures of a run; it is no part of the fingerprint and can change from one night to the next.

    Shares are of 1. ``feed_*`` are shares of a feed's records that it may lose or gain in a run; ``*_moves`` how far a
    share may move from the run before; ``new_children``, ``merged_children`` and ``split_children`` shares of all
    children, ``conflicts`` of the records resolved; `largest_child` is a number of records. From `fewest_runs` earlier
    runs on, a figure must also lie within `width` robust standard deviations of their last `history`. An index of fewer
    than `fewest_records` records is not judged by what it was before.
    """

    feed_shrinks: float = Field(default=0.10, ge=0, le=1)
    feed_grows: float = Field(default=0.25, ge=0)
    match_rate_moves: float = Field(default=0.05, ge=0, le=1)
    unlinked_moves: float = Field(default=0.05, ge=0, le=1)
    duplicates_moves: float = Field(default=0.02, ge=0, le=1)
    missing_moves: float = Field(default=0.10, ge=0, le=1)
    new_children: float = Field(default=0.10, ge=0, le=1)
    merged_children: float = Field(default=0.02, ge=0, le=1)
    split_children: float = Field(default=0.02, ge=0, le=1)
    conflicts: float = Field(default=0.05, ge=0, le=1)
    largest_child: int = Field(default=50, ge=1)
    history: int = Field(default=30, ge=1, le=1000)
    fewest_runs: int = Field(default=7, ge=3)
    width: float = Field(default=6.0, gt=0)
    fewest_records: int = Field(default=1000, ge=0)
