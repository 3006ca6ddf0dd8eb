"""The problem codes of stock, the same in every contract; the first four are nexus's documented ones."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "DUPLICATE_ROW",
    "INVENTORY_NOT_FOUND",
    "LOT_REQUIRED",
    "NEGATIVE_QUANTITY",
    "QUANTITY_TOO_LARGE",
    "READONLY_WAREHOUSE",
    "STOCK",
    "UNKNOWN_REASON_CODE",
    "WAREHOUSE_INACTIVE",
    "WAREHOUSE_NOT_FOUND",
    "WAREHOUSE_REQUIRED",
]

INVENTORY_NOT_FOUND: Final = ProblemCode(
    "INVENTORY_NOT_FOUND",
    404,
    "The SKU has no inventory record: the catalogue does not know it, or, on reading, nothing ever stocked it.",
    "Check the code. A SKU has to be in the catalogue before its stock can be set.",
)
WAREHOUSE_NOT_FOUND: Final = ProblemCode(
    "WAREHOUSE_NOT_FOUND",
    404,
    "The warehouse id does not exist, or not for this caller.",
    "List the warehouses, and check which ones the key is limited to.",
)
READONLY_WAREHOUSE: Final = ProblemCode(
    "READONLY_WAREHOUSE",
    403,
    "FBA and FBS warehouses are read-only.",
    "Leave them out: their quantities come from the marketplace.",
)
NEGATIVE_QUANTITY: Final = ProblemCode(
    "NEGATIVE_QUANTITY",
    422,
    "The resulting quantity would be negative.",
    "Read the stock again; `available` in the answer is what there is.",
)
WAREHOUSE_REQUIRED: Final = ProblemCode(
    "WAREHOUSE_REQUIRED",
    422,
    "The request names no warehouse, and the SKU is in several.",
    "Name the warehouse.",
)
WAREHOUSE_INACTIVE: Final = ProblemCode(
    "WAREHOUSE_INACTIVE",
    409,
    "The warehouse is not in use any more: its stock cannot change.",
    "Activate it in the back office, or choose another.",
)
DUPLICATE_ROW: Final = ProblemCode(
    "DUPLICATE_ROW",
    422,
    "The same SKU in the same warehouse is set twice in one request.",
    "Send each of them once.",
)
UNKNOWN_REASON_CODE: Final = ProblemCode(
    "UNKNOWN_REASON_CODE",
    422,
    "The organization has no such reason code.",
    "Use one of its codes, such as supplier_receipt or cycle_count.",
)
LOT_REQUIRED: Final = ProblemCode(
    "LOT_REQUIRED",
    422,
    "The SKU is lot-controlled, and more stock of it has to name its lot, which this contract cannot.",
    "Receive lot-controlled goods in the back office.",
)
QUANTITY_TOO_LARGE: Final = ProblemCode(
    "QUANTITY_TOO_LARGE",
    422,
    "The warehouse would hold more of the SKU than a quantity can say.",
    "Check the number.",
)

STOCK: Final = (
    INVENTORY_NOT_FOUND,
    WAREHOUSE_NOT_FOUND,
    READONLY_WAREHOUSE,
    NEGATIVE_QUANTITY,
    WAREHOUSE_REQUIRED,
    WAREHOUSE_INACTIVE,
    DUPLICATE_ROW,
    UNKNOWN_REASON_CODE,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
)
