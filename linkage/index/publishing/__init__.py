"""The published snapshot: complete beside the one that is open, switched in one step."""

__all__: list[str] = []
