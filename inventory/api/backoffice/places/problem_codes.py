"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "BIN_HAS_HISTORY",
    "BIN_HAS_STOCK",
    "BIN_IS_DEFAULT",
    "CODES",
    "CODE_TAKEN",
    "NAME_TAKEN",
    "READONLY_TYPE",
    "ROOM_HAS_HISTORY",
    "ROOM_HAS_STOCK",
    "ROOM_IS_DEFAULT",
    "ROOM_NOT_FOUND",
    "WAREHOUSE_HAS_HISTORY",
    "WAREHOUSE_HAS_STOCK",
    "WAREHOUSE_IS_DEFAULT",
]

ROOM_NOT_FOUND: Final = ProblemCode(
    "ROOM_NOT_FOUND", 404, "The location has no such room.", "List the location's rooms."
)
NAME_TAKEN: Final = ProblemCode(
    "NAME_TAKEN",
    409,
    "Another location of the organization, or another room of the location, has this name; capitals make no "
    "difference.",
    "Choose another name.",
)
CODE_TAKEN: Final = ProblemCode(
    "CODE_TAKEN",
    409,
    "Another bin of the location has this code, or two of the request have; capitals make no difference.",
    "Choose another code; `errors` names it.",
)
READONLY_TYPE: Final = ProblemCode(
    "READONLY_TYPE",
    422,
    "FBA and FBS locations are always read-only: the marketplace runs them.",
    "Leave `isReadonly` out, or choose another type.",
)
WAREHOUSE_HAS_STOCK: Final = ProblemCode(
    "WAREHOUSE_HAS_STOCK",
    409,
    "There is stock in the location, so it is neither closed nor deleted.",
    "Transfer the stock, or book it out.",
)
WAREHOUSE_HAS_HISTORY: Final = ProblemCode(
    "WAREHOUSE_HAS_HISTORY",
    409,
    "The location has had stock or documents, and history stays.",
    "Set `isActive` to false instead.",
)
WAREHOUSE_IS_DEFAULT: Final = ProblemCode(
    "WAREHOUSE_IS_DEFAULT",
    409,
    "It is the organization's default location, so it is neither closed nor deleted.",
    "Choose another default in the organization's settings first.",
)
ROOM_HAS_STOCK: Final = ProblemCode(
    "ROOM_HAS_STOCK",
    409,
    "There is stock in the room's bins.",
    "Move the stock, or move the bins to another room.",
)
ROOM_HAS_HISTORY: Final = ProblemCode(
    "ROOM_HAS_HISTORY",
    409,
    "Bins of the room have had stock or documents, and history stays.",
    "Move those bins to another room, or deactivate them.",
)
ROOM_IS_DEFAULT: Final = ProblemCode(
    "ROOM_IS_DEFAULT",
    409,
    "The room has the location's default bin, which is always there.",
    "Keep it; its name and type can be changed.",
)
BIN_HAS_STOCK: Final = ProblemCode(
    "BIN_HAS_STOCK",
    409,
    "There is stock in the bin, so it is neither closed nor deleted.",
    "Move the stock first.",
)
BIN_HAS_HISTORY: Final = ProblemCode(
    "BIN_HAS_HISTORY",
    409,
    "The bin has had stock or documents, and history stays.",
    "Set `isActive` to false instead.",
)
BIN_IS_DEFAULT: Final = ProblemCode(
    "BIN_IS_DEFAULT",
    409,
    "It is the location's default bin, which is always there.",
    "Keep it; its code, room and capacity can be changed.",
)

CODES: Final = (
    ROOM_NOT_FOUND,
    NAME_TAKEN,
    CODE_TAKEN,
    READONLY_TYPE,
    WAREHOUSE_HAS_STOCK,
    WAREHOUSE_HAS_HISTORY,
    WAREHOUSE_IS_DEFAULT,
    ROOM_HAS_STOCK,
    ROOM_HAS_HISTORY,
    ROOM_IS_DEFAULT,
    BIN_HAS_STOCK,
    BIN_HAS_HISTORY,
    BIN_IS_DEFAULT,
)
