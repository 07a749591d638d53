"""Drafting a specification from feeds: the profile that links best among those that the gate would let pass."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from pipelines.at_source.draft import fields_of
from pipelines.at_source.draft_keys import drafted_keys
from pipelines.at_source.draft_text import drafted_text
from pipelines.at_source.drafted_source import DraftedSource
from pipelines.at_source.hiding import STEPS
from pipelines.progress import Progress

if TYPE_CHECKING:
    from pipelines.at_source.trial import Tried

__all__ = ["drafted"]

FILTERS = "[[filters]]"
NONE_HOLDS = (
    "in feeds that are small, or in which many people share the values of several fields, those who are known give away"
    " the others. A larger feed gives away less; a limit can be set otherwise under [privacy.limits], and the"
    " certificate tells that"
)


def drafted(
    sources: Sequence[DraftedSource],
    feeds: Mapping[str, Path],
    profile: str,
    smallest: int,
    *,
    trial: bool,
    progress: Progress,
) -> tuple[str, list[str]]:
    """The text of a specification, and what trying it on the feeds told.

    Parameters
    ----------
    sources, feeds
        What was found in the feeds, and where they are.
    profile, smallest
        As of `drafted_text`.
    trial
        Whether to attack the feeds under a private profile.

    Raises
    ------
    SpecificationRefused
        As `drafted_text`.
    """
    fields = fields_of(sources)
    keys = drafted_keys(sources, feeds, fields, smallest) if profile == "private" else []
    if profile != "private" or not trial:
        return drafted_text(sources, fields, profile, smallest, keys), []
    texts = list(
        dict.fromkeys(drafted_text(sources, fields, profile, smallest, keys, hiding) for hiding in STEPS)
    )
    return _first_that_holds(texts, sources, feeds, progress)


def _first_that_holds(
    texts: Sequence[str], sources: Sequence[DraftedSource], feeds: Mapping[str, Path], progress: Progress
) -> tuple[str, list[str]]:
    # The attacks, and what they are made of, are of no use to who drafts without feeds.
    from pipelines.at_source.trial import tried  # noqa: PLC0415

    sizes = {source.name: source.n_rows for source in sources}
    outcomes = []
    with progress.stage("try the draft on the feeds", total=len(texts), unit="profiles") as stage:
        for done, text in enumerate(texts, 1):
            outcome = tried(text, feeds, sizes)
            if outcome is None:
                return texts[0], []
            outcomes.append(outcome)
            stage.reach(done)
            if outcome.well_under:
                break
    step, told = _chosen(outcomes)
    if step:
        told.append(_price(texts[0], texts[step]))
    # What a person has to know who agrees to it; that all is well need not stand in the file.
    return (texts[0] if outcomes[0].well_under else _with_comment(texts[step], told)), told


def _chosen(outcomes: Sequence["Tried"]) -> tuple[int, list[str]]:
    """The step to draft, of those tried, and why."""
    first, last = outcomes[0], outcomes[-1]
    if first.well_under:
        return 0, [f"tried on the feeds, the gate should let it pass: {first}"]
    if last.well_under:
        return len(outcomes) - 1, [
            f"with the usual filters {first}",
            f"so this draft hides more: {last}; graph matching is left to the gate",
        ]
    return _least_bad(outcomes)


def _price(usual: str, hiding: str) -> str:
    """What hiding more costs."""
    before, after = usual.count(FILTERS), hiding.count(FILTERS)
    fewer = f"it has {after} filters instead of {before}, and " if after < before else ""
    return (
        f"{fewer}records with missing or wrong values may be linked less often; `--no-trial` drafts the usual filters,"
        " which tell more"
    )


def _least_bad(outcomes: Sequence["Tried"]) -> tuple[int, list[str]]:
    """Where no profile stays well under the limits: the first that passes, or that hides no less than any other.

    Of a thousand people a few more or less are named under every key. What links worse is not drafted for that.
    """
    passing = [step for step, outcome in enumerate(outcomes) if not outcome.refused]
    if passing:
        return passing[0], [
            f"this draft should pass the gate, with nothing to spare: {outcomes[passing[0]]}",
            f"with another key it may be refused: {NONE_HOLDS}",
        ]
    best = min(outcomes, key=lambda outcome: outcome.share)
    step = next(step for step, outcome in enumerate(outcomes) if outcome.no_worse_than(best))
    told = f"no draft hides more than this one, and the gate will probably refuse it: {outcomes[step]}"
    return step, [told, NONE_HOLDS]


def _with_comment(text: str, told: Sequence[str]) -> str:
    """The draft with what was told above its fields."""
    head, fields, rest = text.partition("[fields]\n")
    lines = [
        line
        for one in told
        for line in wrap(f"{one[0].upper()}{one[1:]}.", 118, initial_indent="# ", subsequent_indent="# ")
    ]
    return head + "\n".join(lines) + "\n\n" + fields + rest
