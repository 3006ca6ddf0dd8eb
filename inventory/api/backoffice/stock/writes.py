"""The stock routes' changes: from a checked body to one call of the business code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inventory.adjustments import Recorded
from inventory.api.tags import condition_on
from inventory.ledger import Line, Mode
from inventory.models import Source
from inventory.names import Names, not_found
from inventory.stock_documents import ADJUST, NewLot, Stated, correct_lot, post_adjustment, record_stock
from warehouses.access import Access
from warehouses.http.etags import Expected
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["adjust_item", "correct", "create_adjustment", "record"]

#: What record-stock is done for unless it says otherwise.
_DEFAULT_REASON = "AUDIT"


def adjust_item(*, access: Access, body: Mapping[str, Any], expected: Expected) -> Recorded:
    """`POST /api/inventory/adjust`: one line, about a stock item or a SKU at a location."""
    names = Names(
        access,
        ADJUST,
        skus=[body.get("sku")],
        locations=[body.get("locationId")],
        bins=[body.get("binId")],
        lots=[body.get("lotId")],
        items=[body.get("stockItemId")],
        reasons=[body["reasonCode"]],
    )
    where = _of_item(names, body) if "stockItemId" in body else _of_sku(names, body, None)
    line = Line(
        **where,
        quantity=body["quantityChange"],
        reason=names.reason(body["reasonCode"]),
        **_words(body),
    )
    return post_adjustment(
        access=access,
        source=Source.BACKOFFICE,
        lines=[line],
        precondition=condition_on([line], expected),
        **_words(body),
    )


def create_adjustment(*, access: Access, body: Mapping[str, Any]) -> Recorded:
    """`POST /api/inventory/adjustments`."""
    rows: Sequence[Mapping[str, Any]] = body["lines"]
    names = _names_of(access, rows, [row["locationId"] for row in rows], body["reasonCode"])
    reason = names.reason(body["reasonCode"])
    lines: list[Line] = []
    refused: list[Refusal] = []
    for index, row in enumerate(rows):
        mode, quantity = (
            (Mode.TO, row["newQuantity"]) if "newQuantity" in row else (Mode.BY, row["quantityChange"])
        )
        try:
            where = _of_sku(names, row, index)
        except Refusal as refusal:
            refused.append(refusal)
        else:
            lines.append(
                Line(**where, mode=mode, quantity=quantity, reason=reason, index=index, **_words(body))
            )
    return post_adjustment(
        access=access, source=Source.BACKOFFICE, lines=lines, refused=refused, **_words(body)
    )


def record(*, access: Access, body: Mapping[str, Any]) -> tuple[Recorded, list[Stated]]:
    """`POST /api/inventory/adjustments/record-stock`."""
    rows: Sequence[Mapping[str, Any]] = body["lines"]
    code = body.get("reasonCode", _DEFAULT_REASON)
    names = _names_of(access, rows, [body["locationId"]], code)
    place = {"locationId": body["locationId"]}
    reason = names.reason(code)
    warehouse = names.location(body["locationId"])
    lines: list[Line] = []
    refused: list[Refusal] = []
    for index, row in enumerate(rows):
        try:
            where = {**_of_sku(names, {**row, **place}, index), "warehouse": warehouse}
        except Refusal as refusal:
            refused.append(refusal)
        else:
            lines.append(
                Line(
                    **where,
                    mode=Mode.TO,
                    quantity=row["quantity"],
                    reason=reason,
                    index=index,
                    **_words(body),
                )
            )
    return record_stock(access=access, source=Source.BACKOFFICE, lines=lines, refused=refused, **_words(body))


def correct(*, access: Access, body: Mapping[str, Any]) -> Recorded:
    """`POST /api/inventory/adjustments/lot-correction`."""
    names = Names(
        access,
        ADJUST,
        skus=[body["sku"]],
        locations=[body["locationId"]],
        bins=[body.get("binId")],
        lots=[body["fromLotId"], body.get("toLotId")],
    )
    sku, warehouse = names.sku(body["sku"]), names.location(body["locationId"])
    shelf = names.bin(body["binId"], warehouse) if "binId" in body else None
    from_lot = names.lot(body["fromLotId"], sku, field="from_lot") if body["fromLotId"] is not None else None
    new: Mapping[str, Any] = body.get("toLot", {})
    return correct_lot(
        access=access,
        source=Source.BACKOFFICE,
        sku=sku,
        warehouse=warehouse,
        bin=shelf,
        from_lot=from_lot,
        to_lot=names.lot(body["toLotId"], sku, field="to_lot")
        if "toLotId" in body
        else NewLot(new["code"], new.get("expiresOn")),
        quantity=body["quantity"],
        note=body.get("note", ""),
    )


def _names_of(
    access: Access, rows: Sequence[Mapping[str, Any]], locations: Sequence[str], reason: str
) -> Names:
    return Names(
        access,
        ADJUST,
        skus=[row["sku"] for row in rows],
        locations=locations,
        bins=[row.get("binId") for row in rows],
        lots=[row.get("lotId") for row in rows],
        reasons=[reason],
    )


def _of_sku(names: Names, row: Mapping[str, Any], index: int | None) -> dict[str, Any]:
    sku = names.sku(row["sku"], index)
    warehouse = names.location(row["locationId"], index)
    return {
        "sku": sku,
        "warehouse": warehouse,
        "bin": names.bin(row["binId"], warehouse, index) if "binId" in row else None,
        "lot": names.lot(row["lotId"], sku, index) if "lotId" in row else None,
    }


def _of_item(names: Names, body: Mapping[str, Any]) -> dict[str, Any]:
    item = names.item(body["stockItemId"])
    if "locationId" in body and decode(Warehouse.prefix, body["locationId"]) != item.warehouse_id:
        raise not_found("INVENTORY_NOT_FOUND", "The location has no such inventory item.", field="stock_item")
    # The bin is named too, so that nothing more is put on a shelf that is out of use.
    return {"sku": item.sku, "warehouse": item.warehouse, "bin": item.bin, "stock_item_id": item.pk}


def _words(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"note": body.get("note", ""), "reference": body.get("referenceId", "")}
