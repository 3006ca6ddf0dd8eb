"""What the documentation's examples name of stock requests: in the demonstration it exists."""

from __future__ import annotations

from typing import Final

__all__ = [
    "APPROVED",
    "DEPARTMENT",
    "DOUBTFUL",
    "DRAFT",
    "LINES",
    "REJECTED",
    "SPARE",
    "SPARE_STOCKLIST",
    "STOCKLIST",
    "STOCKLIST_LINES",
    "SUBMITTED",
]

DRAFT: Final = "req_01hx000000e008000000000041"
#: The examples delete it.
SPARE: Final = "req_01hx000000e008000000000042"
SUBMITTED: Final = "req_01hx000000e008000000000043"
#: The examples reject it.
DOUBTFUL: Final = "req_01hx000000e008000000000044"
REJECTED: Final = "req_01hx000000e008000000000045"
APPROVED: Final = "req_01hx000000e008000000000046"
#: The only line of each.
LINES: Final = {
    DRAFT: "rql_01hx000000e008000000000051",
    SUBMITTED: "rql_01hx000000e008000000000054",
    APPROVED: "rql_01hx000000e008000000000056",
}
STOCKLIST: Final = "stl_01hx000000e008000000000071"
#: No request was made of it: the examples delete it.
SPARE_STOCKLIST: Final = "stl_01hx000000e008000000000072"
#: The lines of the first.
STOCKLIST_LINES: Final = ("sll_01hx000000e008000000000073", "sll_01hx000000e008000000000074")
DEPARTMENT: Final = "dep_01hx000000e008000000000077"
