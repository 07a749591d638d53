"""What a run warns of: what its fit found odd, and feeds that did not meet."""

from typing import Any

__all__ = ["nobody_met", "warnings_of"]


def warnings_of(report: dict[str, Any]) -> list[str]:
    """Sentences for people, from the report of a run; none of a run without a model, such as an undoing."""
    if not report["model"]:
        return []
    met = {one["of"]: one["value"] for one in report["figures"] if one["figure"] == "match_rate"}
    return [*report["model"]["warnings"], *nobody_met(met)]


def nobody_met(met: dict[str, float]) -> list[str]:
    """A warning where none of a source's records was found in another; `met` has the shares that were."""
    alone = [pair for pair, share in met.items() if not share]
    if not alone:
        return []
    told = (
        f"nobody was found: {', '.join(alone)}. Either they share no child, or a column or date format of one of"
        " them is wrong: see `childindex profile` at the source"
    )
    return [told]
