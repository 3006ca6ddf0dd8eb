"""From an approved request to goods that are on their way: picked, then fulfilled, with a word on what is missing."""

from stock_requests.fulfilment.fulfilling import fulfil_request
from stock_requests.fulfilment.outcomes import Fulfilled
from stock_requests.fulfilment.picking import Picked, pick_request

__all__ = ["Fulfilled", "Picked", "fulfil_request", "pick_request"]
