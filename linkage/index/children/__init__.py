"""Children and their ids: which child of yesterday a cluster of today is, and what became of each."""

__all__: list[str] = []
