"""What somebody probably meant by a name that leads nowhere, for the end of a message."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["suggestion"]

MOST_SHOWN = 30


def suggestion(name: str, known: Iterable[str]) -> str:
    """``did you mean 'surname'?`` where a known name is near, and the known names otherwise."""
    names = sorted(set(known))
    plain = {_plain(other): other for other in names}
    close = get_close_matches(_plain(name), plain, n=1)
    if close:
        return f"did you mean {plain[close[0]]!r}?"
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return f"known: {', '.join(names[:MOST_SHOWN])}{more}" if names else "none is defined"


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_").replace(" ", "_").strip("_")
