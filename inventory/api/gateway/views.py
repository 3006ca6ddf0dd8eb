"""The six routes of the gateway contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.gateway import documentation
from inventory.api.gateway.bodies import AdjustBody, BulkBody, SetBody
from inventory.api.gateway.filters import GatewayPaging, InventoryFilters, LowStockFilters
from inventory.api.gateway.objects import LevelRow, inventory_objects, level_rows, sku_object, version_of
from inventory.api.gateway.writes import adjust_quantity, adjust_quickly, set_quantities
from inventory.api.stock_view import StockView
from inventory.api.tags import tag_of
from inventory.models import StockLevel, TallyKind, sku_key
from inventory.resolution import find_warehouse, inventory_not_found
from inventory.tallies import tally_of
from warehouses.http.bodies import checked
from warehouses.http.etags import expected_tags, refuse_condition
from warehouses.http.faults import invalid_parameters
from warehouses.http.filters import is_true
from warehouses.http.paging import Counted
from warehouses.idempotency_records import Claim
from warehouses.models import Warehouse

__all__ = ["Adjust", "BulkUpdate", "InventoryList", "InventoryOfSku", "LowStock"]


class GatewayView(StockView):
    contract = "gateway"
    query_parameters = ("warehouse_id",)
    #: A lot cannot be named here: the quantity asks for one.
    pointer_names: ClassVar[Mapping[str, str]] = {"warehouse": "warehouseId", "lot": "quantity"}
    _place: tuple[Warehouse | None] | None = None

    def visible(self) -> QuerySet[StockLevel]:
        """The stock levels that the caller may read, in the warehouse of `warehouse_id` if the query names one."""
        levels = self.access.narrow(
            StockLevel.objects.order_by("sort_code", "warehouse_id"), "inventory.read"
        )
        place = self.place()
        return levels if place is None else levels.filter(warehouse=place)

    def place(self) -> Warehouse | None:
        """The warehouse of `warehouse_id`, if the query names one; looked up once. Raises `WAREHOUSE_NOT_FOUND`."""
        if self._place is None:
            named = self.request.query_params.get("warehouse_id")
            self._place = (None if named is None else find_warehouse(access=self.access, public_id=named),)
        return self._place[0]

    def warehouse_of(self, body: Mapping[str, Any]) -> str | None:
        """The warehouse that the query or the body names; both may, if they agree."""
        asked: str | None = self.request.query_params.get("warehouse_id")
        told: str | None = body.get("warehouseId")
        if asked is not None and told is not None and asked != told:
            raise invalid_parameters(
                [("warehouse_id", "CONTRADICTION", "The query and the body name different warehouses.")]
            )
        return told if told is not None else asked

    def written(self, keys: list[UUID]) -> HttpResponse:
        """The answer to a write of one SKU: its stock level as it is now."""
        rows = level_rows(StockLevel.objects.order_by().filter(pk__in=keys))
        return self.shown(rows)

    def shown(self, rows: Sequence[LevelRow]) -> HttpResponse:
        shown = sku_object(rows)
        return self.record(shown, tag_of(version_of(rows), shown))


class LevelList(GatewayView):
    permissions = {"GET": ("inventory.read",)}
    paging_class = GatewayPaging

    def listing(self, levels: QuerySet[StockLevel], *, is_low: bool | None = None) -> Response:
        keys = self.filtered(levels)
        page = self.page(keys, inventory_objects, counted=self.counted(is_low))
        paging = {
            "page": page.page,
            "perPage": page.size,
            "total": page.total,
            "totalPages": page.total_pages,
        }
        return Response({"data": page.rows, "pagination": paging})

    def counted(self, is_low: bool | None) -> Counted | None:
        """How many levels the query asks for; None where only counting them tells: those with a prefix."""
        asked = self.request.query_params
        if "sku_prefix" in asked:
            return None
        if is_low is None and "low_stock" in asked:
            is_low = is_true(asked["low_stock"])
        place = self.place()
        return tally_of(
            TallyKind.LEVEL,
            access=self.access,
            warehouse_id=place.pk if place is not None else None,
            is_low=is_low,
        )


class InventoryList(LevelList):
    """`GET /inventory`: every SKU in every warehouse, by SKU code."""

    filterset_class = InventoryFilters

    @documentation.list_inventory
    def get(self, request: Request) -> HttpResponse:
        return self.listing(self.visible())


class LowStock(LevelList):
    """`GET /inventory/low-stock`: what is below its reorder point."""

    filterset_class = LowStockFilters

    @documentation.low_stock
    def get(self, request: Request) -> HttpResponse:
        return self.listing(self.visible().filter(is_low=True), is_low=True)


class InventoryOfSku(GatewayView):
    """`GET` and `PUT /inventory/{sku}`."""

    pointer_names = {**GatewayView.pointer_names, "sku": ""}  # it is in the path
    permissions = {"GET": ("inventory.read",), "PUT": ("inventory.write",)}

    @documentation.get_inventory
    def get(self, request: Request, sku: str) -> HttpResponse:
        rows = level_rows(self.visible().filter(sort_code=sku_key(sku)).order_by("warehouse__name"))
        if not rows:
            raise inventory_not_found(sku)
        return self.shown(rows)

    @documentation.set_inventory
    def put(self, request: Request, sku: str) -> HttpResponse:
        values = checked(SetBody, request.data)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            keys = set_quantities(
                access=self.access,
                rows=[{**values, "sku": sku}],
                warehouse=self.warehouse_of(values),
                note=values.get("reason", ""),
                expected=expected,
            )
            return self.written(keys)

        return self.write(work)


class Adjust(GatewayView):
    """`POST /inventory/adjust`: add to or take from the stock of one SKU."""

    permissions = {"POST": ("inventory.adjust",)}
    pointer_names = {"warehouse": "warehouseId", "quantity": "adjustment", "lot": "adjustment"}

    @documentation.adjust
    def post(self, request: Request) -> HttpResponse:
        values = checked(AdjustBody, request.data)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            keys = adjust_quantity(
                access=self.access,
                sku=values["sku"],
                change=values["adjustment"],
                warehouse=self.warehouse_of(values),
                note=values.get("reason", ""),
                reference=values.get("referenceId", ""),
                expected=expected,
            )
            return self.written(keys)

        def shortcut(claim: Claim | None) -> HttpResponse | None:
            if expected is not None:
                return None
            return adjust_quickly(
                access=self.access,
                sku=values["sku"],
                change=values["adjustment"],
                warehouse=self.warehouse_of(values),
                note=values.get("reason", ""),
                reference=values.get("referenceId", ""),
                claim=claim,
                shown=self.shown,
            )

        return self.write(work, shortcut=shortcut)


class BulkUpdate(GatewayView):
    """`POST /inventory/bulk`: set up to 100 SKUs, all or nothing."""

    permissions = {"POST": ("inventory.write",)}
    rows_field = "updates"

    @documentation.bulk_update
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        values = checked(BulkBody, request.data)
        warehouse = self.warehouse_of(values)
        if warehouse is not None:
            # Every row may name another, but this one has to be right too.
            find_warehouse(access=self.access, public_id=warehouse)

        def work() -> HttpResponse:
            keys = set_quantities(
                access=self.access,
                rows=values["updates"],
                warehouse=warehouse,
                note=values.get("reason", ""),
            )
            return Response({"data": inventory_objects(keys)})

        return self.write(work)
