"""What readers and recipients are told of a published snapshot, and the log of it."""

__all__: list[str] = []
