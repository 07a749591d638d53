"""What a threshold does, and which one to take."""

__all__: list[str] = []
