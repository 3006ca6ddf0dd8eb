"""Stock requests before anybody decides on them: made, changed, submitted, or thrown away.

A request is editable as a draft and while it waits for a decision. To edit one that somebody has approved already
withdraws the approvals: they were given for something else.
"""

from stock_requests.drafting.back_orders import make_back_order
from stock_requests.drafting.changing import RequestChanges, add_line, update_request
from stock_requests.drafting.ends import Destination
from stock_requests.drafting.lines import MOST_LINES, ChangedLine, WantedLine
from stock_requests.drafting.making import create_request
from stock_requests.drafting.submitting import delete_request, submit_request
from stock_requests.drafting.withdrawal import Withdrawn, withdraw_decisions

__all__ = [
    "MOST_LINES",
    "ChangedLine",
    "Destination",
    "RequestChanges",
    "WantedLine",
    "Withdrawn",
    "add_line",
    "create_request",
    "delete_request",
    "make_back_order",
    "submit_request",
    "update_request",
    "withdraw_decisions",
]
