"""Whether the books are as they were written: checkpoints over everything that is only ever appended.

Each checkpoint of an organization is a digest of the one before and of all columns of the rows that came since, made
after the fact: writing stock knows nothing of it. `verify_ledger` makes all digests again. Whoever may write to the
database may make false ones too; what shows that is a head (the newest checkpoint of each organization) that is kept
elsewhere, such as in the log.
"""

from inventory.checkpoints.books import Book, books
from inventory.checkpoints.heads import Head, UnreadableHead, heads, read_heads
from inventory.checkpoints.making import NEVER_YET, SETTLING, make, work
from inventory.checkpoints.verifying import Uncovered, uncovered, verify

__all__ = [
    "NEVER_YET",
    "SETTLING",
    "Book",
    "Head",
    "Uncovered",
    "UnreadableHead",
    "books",
    "heads",
    "make",
    "read_heads",
    "uncovered",
    "verify",
    "work",
]
