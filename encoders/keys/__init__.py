"""The keys of a source: its own, and the project key that it shares with other sources and never with the unit."""

__all__: list[str] = []
