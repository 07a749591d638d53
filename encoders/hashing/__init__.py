"""Keyed hashing of whole columns: HMAC-SHA-256 at once, and the exact values made of it."""

__all__: list[str] = []
