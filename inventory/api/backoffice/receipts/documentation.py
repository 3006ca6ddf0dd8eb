"""How the receipt routes are described."""

from __future__ import annotations

from typing import Final

from inventory.api.backoffice.receipts.bodies import ReceiptBody
from inventory.api.backoffice.receipts.problem_codes import LOT_EXPIRY_DIFFERS, NOT_EXPECTED_HERE
from inventory.api.backoffice.receipts.schemas import ReceiptRecord
from inventory.api.backoffice.replenishment.problem_codes import REPLENISHMENT_NOT_FOUND
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_FULL,
    BIN_INACTIVE,
    BIN_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation

__all__ = ["record_stock"]

#: The demonstration's warehouse, and its order at a supplier.
_WAREHOUSE: Final = "wh_01hx000000e008000000000001"
_ORDER: Final = "rpl_01hx000000e008000000000031"

record_stock = Operation(
    id="receiveStock",
    tag="Stock",
    summary="Receive goods",
    description="Goods that have come to a location: all lines or none, one adjustment of the kind `receipt` with the "
    "reason `supplier_receipt`. Lots are made where they are missing. A bin that is named is not filled beyond its "
    "capacity. `replenishmentId` receives what was on order at a supplier: fewer leave it open, as many or more close "
    "it. `unitCost` becomes the SKU's unit cost, which takes `products.write` in the whole organization. Goods of an "
    "expired or quarantined lot are received too, with a warning: they are never picked.",
    problems=(
        WAREHOUSE_NOT_FOUND,
        INVENTORY_NOT_FOUND,
        BIN_NOT_FOUND,
        LOT_NOT_FOUND,
        REPLENISHMENT_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        BIN_INACTIVE,
        BIN_FULL,
        LOT_EXPIRY_DIFFERS,
        NOT_EXPECTED_HERE,
        INVALID_TRANSITION,
        LOT_REQUIRED,
        QUANTITY_TOO_LARGE,
        BATCH_REFUSED,
    ),
    body=ReceiptBody,
    example={
        "locationId": _WAREHOUSE,
        "referenceId": "DN-2026-0312",
        "lines": [
            {"sku": "REGEN-002", "quantity": 8, "replenishmentId": _ORDER},
            {"sku": "REGEN-003", "quantity": 12, "lot": {"code": "R3-2911", "expiresOn": "2029-11-30"}},
        ],
    },
    result=ReceiptRecord,
    answer={
        "id": "adj_01hx000000e008000000000031",
        "kind": "receipt",
        "reasonCode": "supplier_receipt",
        "locationId": _WAREHOUSE,
        "locationName": "Warehouse A",
        "referenceId": "DN-2026-0312",
        "note": None,
        "lines": [
            {
                "sku": "REGEN-002",
                "skuId": "sku_01hx000000e008000000000002",
                "title": "Regen joint patches, pack of 10",
                "quantity": 8,
                "stockItemId": "inv_01hx000000e008000000000032",
                "binId": "bin_01hx000000e008000000000001",
                "binCode": "MAIN",
                "lotId": None,
                "lotCode": None,
                "expiresOn": None,
                "onHand": 8,
                "locationOnHand": 126,
                "locationAvailable": 126,
                "replenishmentId": _ORDER,
                "replenishmentState": "open",
                "warnings": [],
            },
            {
                "sku": "REGEN-003",
                "skuId": "sku_01hx000000e008000000000003",
                "title": "Regen warming balm 50 ml",
                "quantity": 12,
                "stockItemId": "inv_01hx000000e008000000000033",
                "binId": "bin_01hx000000e008000000000001",
                "binCode": "MAIN",
                "lotId": "lot_01hx000000e008000000000031",
                "lotCode": "R3-2911",
                "expiresOn": "2029-11-30",
                "onHand": 12,
                "locationOnHand": 76,
                "locationAvailable": 76,
                "replenishmentId": None,
                "replenishmentState": None,
                "warnings": [],
            },
        ],
        "createdBy": "Web shop",
        "createdAt": "2026-03-12T14:00:00.000Z",
    },
    status=201,
    is_tagged=True,
)
