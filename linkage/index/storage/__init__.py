"""Where an index keeps what it knows: folder, database, encoded records, runs, and the lock of its one writer."""

__all__: list[str] = []
