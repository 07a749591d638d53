"""Feeds as they come, CSV or Parquet, read as a stream: columns and flags checked, text as text."""

__all__: list[str] = []
