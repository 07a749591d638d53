"""The commands of the command line, one file for each group of users. They parse and print; the jobs do the work."""

__all__: list[str] = []
