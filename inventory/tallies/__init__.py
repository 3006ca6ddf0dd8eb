"""How many rows the lists of stock have, and where in them a page begins, without counting them.

A million rows take 30 ms to count and twice as long to skip, on each page. So triggers of PostgreSQL write down what a
statement has made more or fewer (`triggers`), in its transaction and only ever as new rows, so that no writer waits for
another. A count is the sum of what is written (`reading`); a task folds the many small rows into few (`packing`).
SQLite, where the stock is small, counts.
"""

from inventory.tallies.checks import CHECKS
from inventory.tallies.packing import pack, pack_due
from inventory.tallies.reading import Tally, tally_of
from inventory.tallies.triggers import install, missing, remove

__all__ = ["CHECKS", "Tally", "install", "missing", "pack", "pack_due", "remove", "tally_of"]
