"""Problem codes that only the stock-request routes have."""

from __future__ import annotations

from typing import Final

from stock_requests.api.requests.problem_codes import CODES as REQUESTS
from stock_requests.api.stocklists.problem_codes import CODES as STOCKLISTS

__all__ = ["CODES"]

CODES: Final = (*REQUESTS, *STOCKLISTS)
