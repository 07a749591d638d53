"""What a night is made of besides linking: its report, its figures, and whether they may be published."""

__all__: list[str] = []
