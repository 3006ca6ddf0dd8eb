"""Problem codes that only these routes have."""

from __future__ import annotations

from typing import Final

from warehouses.http.problem_codes import ProblemCode

__all__ = [
    "BARCODE_TAKEN",
    "CATEGORY_IN_USE",
    "CATEGORY_NAME_TAKEN",
    "CATEGORY_NOT_FOUND",
    "CODES",
    "INVALID_INPUT",
    "LOTLESS_STOCK",
    "PRODUCT_HAS_SKUS",
    "PRODUCT_NOT_FOUND",
    "SKU_CODE_TAKEN",
    "SKU_HAS_HISTORY",
    "SKU_NOT_FOUND",
]

INVALID_INPUT: Final = ProblemCode(
    "INVALID_INPUT",
    400,
    "A value is of the right form and cannot be kept all the same.",
    "`errors` names it and says why.",
)
CATEGORY_NOT_FOUND: Final = ProblemCode(
    "CATEGORY_NOT_FOUND", 404, "There is no such category.", "List the categories."
)
PRODUCT_NOT_FOUND: Final = ProblemCode(
    "PRODUCT_NOT_FOUND", 404, "There is no such product.", "List the products."
)
SKU_NOT_FOUND: Final = ProblemCode(
    "SKU_NOT_FOUND",
    404,
    "There is no SKU with this id.",
    "List the SKUs: `search` finds one by its code.",
)
CATEGORY_NAME_TAKEN: Final = ProblemCode(
    "CATEGORY_NAME_TAKEN",
    409,
    "There is a category of this name already; capitals make no difference.",
    "Use that one, or another name.",
)
CATEGORY_IN_USE: Final = ProblemCode(
    "CATEGORY_IN_USE",
    409,
    "Other records than products are about the category.",
    "Rename it instead of deleting it.",
)
PRODUCT_HAS_SKUS: Final = ProblemCode(
    "PRODUCT_HAS_SKUS",
    409,
    "The product has SKUs.",
    "Delete them first, or give them to another product.",
)
SKU_CODE_TAKEN: Final = ProblemCode(
    "SKU_CODE_TAKEN",
    409,
    "There is a SKU with this code already; capitals make no difference.",
    "Change that one, or choose another code.",
)
BARCODE_TAKEN: Final = ProblemCode(
    "BARCODE_TAKEN",
    409,
    "The barcode belongs to another SKU, or is on another bin.",
    "Take it away there first; `errors` names the barcode.",
)
SKU_HAS_HISTORY: Final = ProblemCode(
    "SKU_HAS_HISTORY",
    409,
    "The SKU has stock, lots or a history, which stay.",
    "Set `isActive` to false instead.",
)
LOTLESS_STOCK: Final = ProblemCode(
    "LOTLESS_STOCK",
    409,
    "There is stock of the SKU that is in no lot, so it cannot be put under lot control; `units` says how much.",
    "Bring it into lots first, by lot correction.",
)

CODES: Final = (
    INVALID_INPUT,
    CATEGORY_NOT_FOUND,
    PRODUCT_NOT_FOUND,
    SKU_NOT_FOUND,
    CATEGORY_NAME_TAKEN,
    CATEGORY_IN_USE,
    PRODUCT_HAS_SKUS,
    SKU_CODE_TAKEN,
    BARCODE_TAKEN,
    SKU_HAS_HISTORY,
    LOTLESS_STOCK,
)
