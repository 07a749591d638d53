"""How many of something, for people: "1 record", "2 records"."""

__all__ = ["counted"]


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    Parameters
    ----------
    number
        How many; from a thousand on with commas.
    one
        The words after a 1, such as ``"record"`` or ``"record has"``.
    many
        The words after any other number, also after 0; `one` with an ``s`` if not given.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"
