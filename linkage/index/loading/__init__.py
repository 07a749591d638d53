"""Taking in a verified package, and what a night has to look at because of it."""

__all__: list[str] = []
