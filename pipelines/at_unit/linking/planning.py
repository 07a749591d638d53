"""What linking would cost, before any pair is compared."""

from dataclasses import asdict
from typing import Any

from linkage.exchange.plurals import counted
from pipelines.at_unit.linking.comparable import Comparable
from pipelines.console import table_text

__all__ = ["planned", "planned_text"]

SHOWN_BLOCKS = 5


def planned(records: Comparable) -> dict[str, Any]:
    """Pairs to compare by blocking key, and the largest blocks."""
    return {
        "pairs": records.n_pairs,
        "distinct_pairs": asdict(records.distinct()),
        "spaces": [asdict(cost) for cost in records.costs],
        "largest_blocks": [asdict(block) for block in records.largest(SHOWN_BLOCKS)],
    }


def planned_text(plan: dict[str, Any]) -> str:
    """The same for people."""
    spaces = [
        [cost["name"], cost["n_rows"], cost["n_blocks"], cost["n_pairs"], cost["largest"]]
        for cost in plan["spaces"]
    ]
    blocks = [[block["space"], block["n_rows"], block["n_pairs"]] for block in plan["largest_blocks"]]
    return "\n\n".join(
        [
            f"{counted(plan['pairs'], 'pair')} to look at, {_different(plan['distinct_pairs'])}",
            _predicted_text(plan["predicted"]),
            table_text(["blocking key", "records", "blocks", "pairs", "largest"], spaces),
            table_text(
                ["blocking key", "records", "pairs"], blocks, title="largest blocks (tiled, never cut)"
            ),
        ]
    )


def _different(distinct: dict[str, int]) -> str:
    """A pair that shares several keys is looked at under each, and counts once."""
    if distinct["low"] == distinct["high"]:
        return counted(distinct["estimate"], "different one")
    return f"about {distinct['estimate']:,} different ones ({distinct['low']:,} to {distinct['high']:,})"


def _predicted_text(predicted: dict[str, Any]) -> str:
    parts = ", ".join(f"{name} {seconds:,.0f}" for name, seconds in predicted["parts"].items())
    return (
        f"expected: {predicted['seconds']:,.0f} s ({parts}), {predicted['memory_mib']:,} MiB of memory,"
        f" {predicted['disk_gib']:.2f} GiB of disk, {counted(predicted['links'], 'link')} kept"
    )
