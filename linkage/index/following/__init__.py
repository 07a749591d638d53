"""A new index after one of an earlier epoch: what goes over, and what must not be lost."""

__all__: list[str] = []
