"""What binds every run: decisions of people, records that are shielded, kept out, erased or due to leave."""

__all__: list[str] = []
