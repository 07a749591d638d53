"""The people: households, their children, where they live, and their numbers."""

__all__: list[str] = []
