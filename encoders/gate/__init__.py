"""The gate: what must hold of a package before it leaves a source."""

__all__: list[str] = []
