"""What a model is fitted to: comparisons and their levels, counts of agreement patterns, agreement by chance."""

__all__: list[str] = []
