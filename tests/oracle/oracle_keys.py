"""Which rows hold a key, row by row."""


def rows_with_keys_slowly(columns: list[list[int]], keys: list[int]) -> list[bool]:
    """Whether each row holds one of the keys in one of the columns; 0 is no key."""
    wanted = set(keys) - {0}
    return [any(column[row] in wanted for column in columns) for row in range(len(columns[0]))]
