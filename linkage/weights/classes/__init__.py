"""Latent classes: what kinds of pairs there are beside strangers, and how many of each there can be."""

__all__: list[str] = []
