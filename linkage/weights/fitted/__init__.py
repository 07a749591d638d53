"""The fitted model: frozen, as a file, and as the scores of every pattern."""

__all__: list[str] = []
