"""The ledger: the one way stock changes.

`post` writes quantities and movements; nothing else in the product does (a test holds that).
"""

from inventory.ledger.lines import DocumentRef, Line, Mode, Settings
from inventory.ledger.posting import Posting, expire, post

__all__ = ["DocumentRef", "Line", "Mode", "Posting", "Settings", "expire", "post"]
