"""The pos contract (`sources/pos.txt`): stock items at their locations, in snake_case, paged by number."""
