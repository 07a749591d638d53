"""The stages of linking, which `link` and its relatives put together."""

__all__: list[str] = []
