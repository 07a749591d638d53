"""Words that are no name: a town, a school, anything else. Folded, and placeholders become missing."""

import pyarrow as pa
import pyarrow.compute as pc

from encoders.normalise.folding import fold
from encoders.normalise.outcome import Judged, Rule, as_flags, first_match, without
from encoders.normalise.placeholders import NOT_GIVEN, is_blank, is_listed

__all__ = ["normalise_texts"]


def normalise_texts(values: pa.StringArray) -> Judged:
    """Normalise distinct texts; rule ``placeholder`` (words for "unknown", or punctuation only)."""
    texts = fold(values).to_arrow()
    missing = is_listed(texts, NOT_GIVEN) | as_flags(pc.equal(pc.binary_length(texts), 0))
    return Judged(
        values=without(texts, missing),
        verdicts=first_match(len(texts), missing & ~is_blank(values)),
        rules=(Rule("placeholder"),),
    )
