"""The problem codes of stock, the same in every contract; the first four are nexus's documented ones."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "BATCH_REFUSED",
    "BIN_FULL",
    "BIN_INACTIVE",
    "BIN_NOT_FOUND",
    "CHANNEL_NOT_FOUND",
    "DUPLICATE_ROW",
    "INSUFFICIENT_STOCK",
    "INVALID_QUANTITY",
    "INVENTORY_NOT_FOUND",
    "LOT_NOT_FOUND",
    "LOT_REQUIRED",
    "NEGATIVE_QUANTITY",
    "POS_NOT_CONNECTED",
    "QUANTITY_TOO_LARGE",
    "READONLY_WAREHOUSE",
    "REASON_DIRECTION",
    "STOCK",
    "STOCK_UNAVAILABLE",
    "SYNC_IN_PROGRESS",
    "SYNC_NOT_FOUND",
    "UNKNOWN_REASON_CODE",
    "WAREHOUSE_INACTIVE",
    "WAREHOUSE_NOT_FOUND",
    "WAREHOUSE_REQUIRED",
]

INVENTORY_NOT_FOUND: Final = ProblemCode(
    "INVENTORY_NOT_FOUND",
    404,
    "There is no inventory record: the catalogue does not know the SKU, or, on reading, nothing ever stocked it; or "
    "there is no such item for this caller.",
    "Check the code or id. A SKU has to be in the catalogue before its stock can be set.",
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
    "Use one of its codes, such as SALE, supplier_receipt or cycle_count.",
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
BIN_NOT_FOUND: Final = ProblemCode(
    "BIN_NOT_FOUND",
    404,
    "The location has no such bin.",
    "List the location's bins.",
)
LOT_NOT_FOUND: Final = ProblemCode(
    "LOT_NOT_FOUND",
    404,
    "The SKU has no such lot.",
    "List the SKU's lots.",
)
CHANNEL_NOT_FOUND: Final = ProblemCode(
    "CHANNEL_NOT_FOUND",
    404,
    "There is no such channel.",
    "List the channels.",
)
STOCK_UNAVAILABLE: Final = ProblemCode(
    "STOCK_UNAVAILABLE",
    409,
    "Less than that can be promised, held, shipped or moved now: the rest is promised or held already, or expired.",
    "`available` in the answer is how much can; ask for less, or try again later.",
)
BIN_FULL: Final = ProblemCode(
    "BIN_FULL",
    409,
    "The bin has no room for so many units.",
    "`available` in the answer is the room that is left; choose another bin for the rest.",
)
INVALID_QUANTITY: Final = ProblemCode(
    "INVALID_QUANTITY",
    400,
    "The quantity is none that this can be done with.",
    "Send a whole number from 1 on.",
)
INSUFFICIENT_STOCK: Final = ProblemCode(
    "INSUFFICIENT_STOCK",
    422,
    "The goods are there, but less of them may leave: the rest is reserved, on hold or expired.",
    "`available` in the answer is what may leave.",
)
REASON_DIRECTION: Final = ProblemCode(
    "REASON_DIRECTION",
    422,
    "The reason code is for adding stock and the change takes some away, or the other way round.",
    "Send the other sign, or another reason.",
)
BATCH_REFUSED: Final = ProblemCode(
    "BATCH_REFUSED",
    422,
    "Several rows are refused, for different reasons; nothing was changed.",
    "Mend the rows that `errors` points at, each with a code of its own.",
)
BIN_INACTIVE: Final = ProblemCode(
    "BIN_INACTIVE",
    409,
    "The item's shelf is not in use any more: nothing is put there.",
    "Activate it in the back office, or choose another.",
)
POS_NOT_CONNECTED: Final = ProblemCode(
    "POS_NOT_CONNECTED",
    409,
    "The location is not connected to a point-of-sale system, or its connection is switched off.",
    "Connect it in the back office.",
)
SYNC_IN_PROGRESS: Final = ProblemCode(
    "SYNC_IN_PROGRESS",
    409,
    "Another sync of the location is queued or running; `run_id` in the answer is its id.",
    "Follow that one, or wait until it is over.",
)
SYNC_NOT_FOUND: Final = ProblemCode(
    "SYNC_NOT_FOUND",
    404,
    "The sync's id does not exist, or not for this caller.",
    "Use the `id` that starting it has answered.",
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
    INSUFFICIENT_STOCK,
    REASON_DIRECTION,
    BATCH_REFUSED,
    BIN_INACTIVE,
    POS_NOT_CONNECTED,
    SYNC_IN_PROGRESS,
    SYNC_NOT_FOUND,
    BIN_NOT_FOUND,
    LOT_NOT_FOUND,
    CHANNEL_NOT_FOUND,
    STOCK_UNAVAILABLE,
    BIN_FULL,
    INVALID_QUANTITY,
)
