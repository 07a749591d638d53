"""What names and places are drawn from: lists that come along, or a folder of tables."""

__all__: list[str] = []
