"""How sources write people down: late, differently, and with mistakes."""

__all__: list[str] = []
