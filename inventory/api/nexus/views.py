"""The six routes of the nexus contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.nexus import documentation
from inventory.api.nexus.bodies import BulkBody, SetBody
from inventory.api.nexus.filters import AdjustmentFilters, InventoryFilters, NexusPaging
from inventory.api.nexus.listing import listing, seen_levels
from inventory.api.nexus.places import warehouse_object
from inventory.api.nexus.records import grouped, record, version_of
from inventory.api.nexus.rows import adjustment_rows
from inventory.api.nexus.writes import set_levels
from inventory.api.stock_view import StockView
from inventory.api.tags import tag_of
from inventory.models import Movement, sku_key
from inventory.resolution import find_warehouse, inventory_not_found
from warehouses.http.etags import expected_tags, refuse_condition
from warehouses.http.paging import CursorPage
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
        keys, records = listing(access=self.access, warehouse=self.warehouse())
        return self.paged(self.cursor_page(self.filtered(keys), records, ordering=("sort_code",)))


class InventoryOfSku(NexusView):
    """`GET` and `PUT /api/inventory/:sku`."""

    pointer_names = {**NexusView.pointer_names, "sku": ""}  # it is in the path
    permissions = {"GET": ("inventory.read",), "PUT": ("inventory.write",)}

    @documentation.get_inventory
    def get(self, request: Request, sku: str) -> HttpResponse:
        levels = seen_levels(access=self.access, warehouse=None).filter(sort_code=sku_key(sku))
        return self._answer(grouped(levels), sku)

    @documentation.set_inventory
    def put(self, request: Request, sku: str) -> HttpResponse:
        body = SetBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            (key,) = set_levels(
                access=self.access, rows=[{**body.validated_data, "sku": sku}], expected=expected
            )
            return self._answer(grouped(seen_levels(access=self.access, warehouse=None).filter(sku=key)), sku)

        return self.write(work)

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
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            keys = set_levels(access=self.access, rows=body.validated_data["updates"])
            found = grouped(seen_levels(access=self.access, warehouse=None).filter(sku__in=keys))
            # A SKU that is updated in two warehouses is one record.
            return Response({"data": [record(found[key]) for key in dict.fromkeys(keys)]})

        return self.write(work)


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
        level = seen_levels(access=self.access, warehouse=None).filter(sort_code=sku_key(sku)).first()
        if level is None:
            raise inventory_not_found(sku)
        movements = self.access.narrow(Movement.objects.order_by(), "inventory.read").filter(sku=level.sku_id)
        warehouse = self.warehouse()
        if warehouse is not None:
            movements = movements.filter(warehouse=warehouse)
        page = self.cursor_page(self.filtered(movements), adjustment_rows, ordering=("-recorded_at", "-id"))
        return self.paged(page)
