"""Transfers: goods on their way between locations, or from bin to bin. `draft → in_transit → received`.

A transfer is seen by whoever may read one of its two ends. Making one takes `transfers.write` at both; shipping and
cancelling take it at the source, receiving at the destination: who is limited to one end never acts on the other.
"""

from inventory.transfers.documents import (
    READ,
    WRITE,
    WantedLine,
    cancel_transfer,
    create_transfer,
    find_transfer,
    may_act,
    visible_transfers,
)
from inventory.transfers.receiving import Receipt, receive_transfer
from inventory.transfers.shipping import ship_transfer
from inventory.transfers.states import ALLOWED

__all__ = [
    "ALLOWED",
    "READ",
    "WRITE",
    "Receipt",
    "WantedLine",
    "cancel_transfer",
    "create_transfer",
    "find_transfer",
    "may_act",
    "receive_transfer",
    "ship_transfer",
    "visible_transfers",
]
