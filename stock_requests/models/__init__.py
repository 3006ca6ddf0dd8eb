from stock_requests.models.approval import Approval
from stock_requests.models.approval_rule import ApprovalRule
from stock_requests.models.comment import Comment
from stock_requests.models.delegation import Delegation
from stock_requests.models.department import Department
from stock_requests.models.request import Priority, RequestNumber, RequestState, StockRequest
from stock_requests.models.request_line import Remainder, RequestLine
from stock_requests.models.settings import RequestSettings
from stock_requests.models.snooze import Snooze
from stock_requests.models.stocklist import Stocklist, StocklistLine

__all__ = [
    "Approval",
    "ApprovalRule",
    "Comment",
    "Delegation",
    "Department",
    "Priority",
    "Remainder",
    "RequestLine",
    "RequestNumber",
    "RequestSettings",
    "RequestState",
    "Snooze",
    "StockRequest",
    "Stocklist",
    "StocklistLine",
]
