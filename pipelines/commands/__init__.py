"""The commands of the command line, by the room they are used in. They parse and print; the jobs beside them work."""

__all__: list[str] = []
