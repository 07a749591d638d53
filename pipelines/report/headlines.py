"""What stands above a chart of the tuning page: the finding, as a sentence."""

import math

import pandas as pd

from linkage.analysis import Outcome

__all__ = [
    "best_key",
    "commonest_pattern",
    "emptiest_column",
    "falsest_feeds",
    "strongest_level",
    "undecided_pairs",
    "widest_gap",
    "worst_served",
]

DOUBTFUL_BITS = 3.0
"""Pairs so near to the threshold are worth a look: odds of one to eight on either side."""


def strongest_level(levels: pd.DataFrame) -> str:
    """The level that says most for one child."""
    best = levels.sort_values("bits").iloc[-1]
    return f"{best['comparison']} speaks loudest: {best['bits']:.1f} bits where it is {best['name']}"


def emptiest_column(completeness: pd.DataFrame) -> str:
    """The column that fewest records of a source have."""
    own = completeness[completeness["kind"] != "block"]
    least = own.sort_values("share", kind="stable").iloc[0]
    return f"{least['column']} is emptiest: {least['share']:.0%} of {least['source']} have it"


def best_key(keys: pd.DataFrame) -> str:
    """The blocking key that would find most links by itself."""
    own = keys[keys["key"] != "every pair"]
    best = own.sort_values("recall").iloc[-1]
    return f"{best['key']} alone would find {best['recall']:.1%} of today's links"


def undecided_pairs(classes: pd.DataFrame, threshold: float) -> str:
    """How many pairs lie so near to the threshold that a look at them is worth it."""
    near = float(classes.loc[(classes["bits"] + 0.5 - threshold).abs() <= DOUBTFUL_BITS, "pairs"].sum())
    told = f"{near:,.0f} of {classes['pairs'].sum():,.0f} candidate pairs"
    return f"{told} lie within {DOUBTFUL_BITS:.0f} bits of today's threshold"


def falsest_feeds(by_feed_pair: dict[str, tuple[int, float]]) -> str:
    """Where links are falsest; takes links and expected false ones by pair of feeds."""
    shares = {name: false / links for name, (links, false) in by_feed_pair.items() if links}
    if not shares:
        return "Nothing is linked today, so no link can be false"
    worst = max(shares, key=lambda name: shares[name])
    where = f"between {worst.replace(' - ', ' and ')}" if " - " in worst else f"inside {worst}"
    return f"False links are likeliest {where}: {1000 * shares[worst]:.0f} in 1,000 today"


def commonest_pattern(steps: pd.DataFrame) -> str:
    """How heavy the most frequent pattern is."""
    if not len(steps):
        return "No pattern lies near the threshold"
    first = steps[steps["pattern"] == 1].iloc[-1]
    side = "above" if first["linked"] else "below"
    return f"The commonest pattern {side} today's threshold has {first['end']:.1f} bits"


def widest_gap(presence: pd.DataFrame) -> str:
    """The column whose absence goes with the largest difference in links."""
    shares = presence.pivot_table(index="column", columns="present", values="share")
    if not len(shares) or len(shares.columns) < 2:
        return "No column is missing in some records only"
    gaps = shares[True] - shares[False]
    column = str(gaps.abs().idxmax())
    rarer = "less" if gaps[column] >= 0 else "more"
    without, others = float(shares[False][column]), float(shares[True][column])
    return f"Records without {column} are linked {rarer} often: {without:.1%}, others {others:.1%}"


def worst_served(outcome: Outcome) -> str:
    """The group of whose links least is found; there must be one."""
    worst = min(outcome.by_group, key=lambda group: 2.0 if math.isnan(group.recall) else group.recall)
    of_all = "" if outcome.measured is None else f", of all {outcome.measured.recall:.1%}"
    return f"{worst.column}: {worst.value} is served worst: {worst.recall:.1%} of its links are found today{of_all}"
