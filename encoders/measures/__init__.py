"""Measures of what codes tell, which need no attacker."""

__all__: list[str] = []
