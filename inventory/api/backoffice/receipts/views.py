"""`POST /api/inventory/record-stock`: goods that have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.backoffice.base import BackofficeView
from inventory.api.backoffice.receipts import documentation
from inventory.api.backoffice.receipts.bodies import ReceiptBody
from inventory.api.backoffice.receipts.objects import receipt_object, version_of
from inventory.api.tags import tag_of
from inventory.models import Lot, Replenishment, Source
from inventory.names import Names, not_found
from inventory.receipts import WRITE, Delivered, NamedLot, Receipt, record_receipt
from warehouses.http.etags import refuse_condition
from warehouses.identifiers import decode
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Refusal

__all__ = ["RecordStock"]


class RecordStock(BackofficeView):
    shows_stock = False
    permissions = {"POST": (WRITE,)}
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "lot_expires_on": "lot/expiresOn",
        "unit_cost": "unitCost",
        "replenishment": "replenishmentId",
    }

    @documentation.record_stock
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        body = ReceiptBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            receipt = self._receive(body.validated_data)
            shown = receipt_object(receipt)
            path = f"/{self.contract}/api/inventory/adjustments/{receipt.adjustment.public_id}"
            return self.record(
                shown, tag_of(version_of(receipt), shown), status=201, headers={"Location": path}
            )

        return self.write(work)

    def _receive(self, values: Mapping[str, Any]) -> Receipt:
        rows = values["lines"]
        names = Names(
            self.access,
            WRITE,
            skus=[row["sku"] for row in rows],
            locations=[values["locationId"]],
            bins=[values.get("binId"), *(row.get("binId") for row in rows)],
            lots=[row.get("lotId") for row in rows],
        )
        warehouse = names.location(values["locationId"])
        shelf = names.bin(values["binId"], warehouse) if "binId" in values else None
        lines: list[Delivered] = []
        refused: list[Refusal] = []
        for index, row in enumerate(rows):
            try:
                lines.append(_line(names, row, index, warehouse, shelf))
            except Refusal as refusal:
                refused.append(refusal)
        return record_receipt(
            access=self.access,
            source=Source.BACKOFFICE,
            warehouse=warehouse,
            lines=lines,
            note=values.get("note", ""),
            reference=values.get("referenceId", ""),
            refused=refused,
        )


def _line(
    names: Names, row: Mapping[str, Any], index: int, warehouse: Warehouse, shelf: Bin | None
) -> Delivered:
    sku = names.sku(row["sku"], index)
    order = None
    if "replenishmentId" in row:
        order = decode(Replenishment.prefix, row["replenishmentId"])
        if order is None:
            detail = f"{warehouse.name} has no such replenishment of {sku.code}."
            raise not_found("REPLENISHMENT_NOT_FOUND", detail, index=index, field="replenishment")
    lot: Lot | NamedLot | None = None
    if "lotId" in row:
        lot = names.lot(row["lotId"], sku, index)
    elif "lot" in row:
        lot = NamedLot(row["lot"]["code"], row["lot"].get("expiresOn"))
    return Delivered(
        sku=sku,
        quantity=row["quantity"],
        bin=names.bin(row["binId"], warehouse, index) if "binId" in row else shelf,
        lot=lot,
        unit_cost=row.get("unitCost"),
        replenishment=order,
        index=index,
    )
