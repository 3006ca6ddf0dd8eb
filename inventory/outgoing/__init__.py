"""HTTP requests to addresses that users typed in, such as webhooks and feeds: the one way the product makes them.

`check_url` and `resolve` say whether an address may be called, when it is saved; `send` asks both again and calls it.
"""

from inventory.outgoing.addresses import Refused, Target, check_url, resolve
from inventory.outgoing.requests import Answer, Unreachable, send
from inventory.outgoing.waits import retry_after

__all__ = ["Answer", "Refused", "Target", "Unreachable", "check_url", "resolve", "retry_after", "send"]
