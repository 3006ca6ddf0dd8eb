"""The six routes of the nexus contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.nexus import documentation
from inventory.api.nexus.bodies import BulkBody, SetBody
from inventory.api.nexus.filters import AdjustmentFilters, InventoryFilters, NexusPaging
from inventory.api.nexus.listing import counted_stock, listing
from inventory.api.nexus.places import warehouse_object
from inventory.api.nexus.records import grouped, grouped_after, record, version_of
from inventory.api.nexus.rows import adjustment_rows
from inventory.api.nexus.writes import set_levels, set_quickly
from inventory.api.stock_view import StockView
from inventory.api.tags import tag_of
from inventory.ledger.shortcut import Reading
from inventory.models import Movement, sku_key
from inventory.resolution import find_warehouse, inventory_not_found
from inventory.seen_stock import seen_levels
from warehouses.http.bodies import checked
from warehouses.http.etags import expected_tags, refuse_condition
from warehouses.http.paging import CursorPage
from warehouses.idempotency_records import Claim
from warehouses.models import Warehouse

__all__ = ["Adjustments", "BulkUpdate", "InventoryList", "InventoryOfSku", "Warehouses"]


class NexusView(StockView):
    contract = "nexus"
    #: A lot cannot be named here: the quantity asks for one.
    pointer_names: ClassVar[Mapping[str, str]] = {"warehouse": "warehouse_id", "lot": "quantity"}

    def warehouse(self) -> Warehouse | None:
        """The warehouse that the query names. Raises `WAREHOUSE_NOT_FOUND`."""
        named = self.request.query_params.get("warehouse_id")
        return None if named is None else find_warehouse(access=self.access, public_id=named)

    def paged(self, page: CursorPage[Any]) -> Response:
        meta = {"total": page.total, "limit": page.size, "nextCursor": page.next_cursor}
        return Response({"data": page.rows, "meta": meta})


class InventoryList(NexusView):
    """`GET /api/inventory`: SKUs with their stock, by SKU code."""

    permissions = {"GET": ("inventory.read",)}
    filterset_class = InventoryFilters
    paging_class = NexusPaging
    query_parameters = ("warehouse_id",)

    @documentation.list_inventory
    def get(self, request: Request) -> HttpResponse:
        place = self.warehouse()
        keys, records = listing(access=self.access, warehouse=place)
        asked = self.request.query_params
        found = self.filtered(keys)
        # One SKU is counted as soon as it is found.
        counted = (
            None
            if "sku" in asked
            else counted_stock(self.access, warehouse=place, status=asked.get("status"))
        )
        return self.paged(self.cursor_page(found, records, ordering=("sort_code",), counted=counted))


class InventoryOfSku(NexusView):
    """`GET` and `PUT /api/inventory/:sku`."""

    pointer_names = {**NexusView.pointer_names, "sku": ""}  # it is in the path
    permissions = {"GET": ("inventory.read",), "PUT": ("inventory.write",)}

    @documentation.get_inventory
    def get(self, request: Request, sku: str) -> HttpResponse:
        levels = seen_levels(access=self.access).filter(sort_code=sku_key(sku))
        return self._answer(grouped(levels), sku)

    @documentation.set_inventory
    def put(self, request: Request, sku: str) -> HttpResponse:
        values = checked(SetBody, request.data)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            (key,) = set_levels(access=self.access, rows=[{**values, "sku": sku}], expected=expected)
            return self._answer(grouped(seen_levels(access=self.access).filter(sku=key)), sku)

        def shortcut(claim: Claim | None) -> HttpResponse | None:
            if expected is not None:
                return None
            return set_quickly(
                access=self.access,
                rows=[{**values, "sku": sku}],
                claim=claim,
                shown=lambda after: self._answer(grouped_after(access=self.access, after=after), sku),
            )

        return self.write(work, shortcut=shortcut)

    def _answer(self, found: dict[UUID, Any], sku: str) -> HttpResponse:
        if not found:
            raise inventory_not_found(sku)
        (rows,) = found.values()
        shown = record(rows)
        return self.record(shown, tag_of(version_of(rows), shown))


class BulkUpdate(NexusView):
    """`POST /api/inventory/bulk`: set up to 500 stock levels, all or nothing."""

    permissions = {"POST": ("inventory.write",)}
    rows_field = "updates"

    @documentation.bulk_update
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        values = checked(BulkBody, request.data)

        def work() -> HttpResponse:
            keys = set_levels(access=self.access, rows=values["updates"])
            found = grouped(seen_levels(access=self.access).filter(sku__in=keys))
            # A SKU that is updated in two warehouses is one record.
            return Response({"data": [record(found[key]) for key in dict.fromkeys(keys)]})

        def shown(after: Sequence[Reading]) -> HttpResponse:
            found = grouped_after(access=self.access, after=after)
            return Response(
                {"data": [record(found[key]) for key in dict.fromkeys(reading.sku_id for reading in after)]}
            )

        return self.write(
            work,
            shortcut=lambda claim: set_quickly(
                access=self.access, rows=values["updates"], claim=claim, shown=shown
            ),
        )


class Warehouses(NexusView):
    """`GET /api/inventory/warehouses`: all warehouses that the caller sees, inactive ones too."""

    shows_stock = False
    permissions = {"GET": ("inventory.read",)}

    @documentation.list_warehouses
    def get(self, request: Request) -> HttpResponse:
        seen = self.access.narrow(Warehouse.objects.all(), "inventory.read", warehouse="pk")
        return Response({"data": [warehouse_object(found) for found in seen.order_by("created_at", "pk")]})


class Adjustments(NexusView):
    """`GET /api/inventory/:sku/adjustments`: every change of a SKU's stock, the newest first."""

    shows_stock = False
    permissions = {"GET": ("inventory.read",)}
    filterset_class = AdjustmentFilters
    paging_class = NexusPaging
    query_parameters = ("warehouse_id",)

    @documentation.list_adjustments
    def get(self, request: Request, sku: str) -> HttpResponse:
        level = seen_levels(access=self.access).filter(sort_code=sku_key(sku)).first()
        if level is None:
            raise inventory_not_found(sku)
        movements = self.access.narrow(Movement.objects.order_by(), "inventory.read").filter(sku=level.sku_id)
        warehouse = self.warehouse()
        if warehouse is not None:
            movements = movements.filter(warehouse=warehouse)
        page = self.cursor_page(self.filtered(movements), adjustment_rows, ordering=("-recorded_at", "-id"))
        return self.paged(page)
