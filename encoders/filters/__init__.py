"""From normalised values to filters: tokens, their keyed positions, the filter, and what hardens it."""

__all__: list[str] = []
