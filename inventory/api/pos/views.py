"""The items of the pos contract: list, read, change."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.pos import documentation
from inventory.api.pos.base import PosView
from inventory.api.pos.bodies import BulkBody, ChangeBody
from inventory.api.pos.filters import InventoryFilters, PosPaging
from inventory.api.pos.items import item_object, item_objects, read_items, version_of
from inventory.api.pos.listing import visible_items
from inventory.api.pos.writes import change_items
from inventory.api.tags import tag_of
from inventory.item_resolution import item_not_found
from inventory.models import StockItem, TallyKind
from inventory.tallies import tally_of
from warehouses.http.etags import expected_tags, refuse_condition
from warehouses.http.filters import is_true
from warehouses.http.paging import Counted
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["BulkUpdate", "InventoryItem", "InventoryList"]


class InventoryList(PosView):
    """`GET /inventory`: stock items, the oldest first."""

    permissions = {"GET": ("inventory.read",)}
    filterset_class = InventoryFilters
    paging_class = PosPaging
    query_parameters = ("location_id",)

    @documentation.list_inventory
    def get(self, request: Request) -> HttpResponse:
        place = self.location()
        items = self.filtered(visible_items(access=self.access, warehouse=place))
        page = self.page(
            items, lambda keys: item_objects(keys, today=self.today()), counted=self._counted(place)
        )
        return self.paged(page)

    def _counted(self, place: Warehouse | None) -> Counted | None:
        """How many items the query asks for; None where only counting them tells: those of rooms or categories."""
        asked = self.request.query_params
        if "room_type" in asked or "category" in asked:
            return None
        return tally_of(
            TallyKind.ITEM,
            access=self.access,
            warehouse_id=place.pk if place is not None else None,
            # All of them, where low_stock is false.
            is_low=True if is_true(asked.get("low_stock", "")) else None,
        )


class InventoryItem(PosView):
    """`GET` and `PATCH /inventory/{id}`."""

    permissions = {"GET": ("inventory.read",), "PATCH": ("inventory.adjust",)}
    pointer_names = {name: "" if told == "id" else told for name, told in PosView.pointer_names.items()}

    @documentation.get_inventory
    def get(self, request: Request, id: str) -> HttpResponse:
        key = decode(StockItem.prefix, id)
        if key is None:
            raise item_not_found()
        return self._answer(visible_items(access=self.access, warehouse=None).filter(pk=key))

    @documentation.update_inventory
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = ChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            rows = [{**body.validated_data, "id": id}]
            keys = change_items(access=self.access, rows=rows, expected=expected)
            return self._answer(StockItem.objects.filter(pk__in=keys))

        return self.write(work)

    def _answer(self, items: QuerySet[StockItem]) -> HttpResponse:
        found = read_items(items, today=self.today())
        if not found:
            raise item_not_found()
        (row,) = found.values()
        shown = item_object(row)
        return self.record(shown, tag_of(version_of(row), shown))


class BulkUpdate(PosView):
    """`POST /inventory/bulk-update`: up to 500 changes, all or nothing."""

    permissions = {"POST": ("inventory.adjust",)}
    rows_field = "updates"

    @documentation.bulk_update
    def post(self, request: Request) -> HttpResponse:
        refuse_condition(request._request)
        body = BulkBody(data=request.data)
        body.is_valid(raise_exception=True)

        def work() -> HttpResponse:
            keys = change_items(access=self.access, rows=body.validated_data["updates"])
            # An item that several rows change is one row of the answer.
            return Response({"data": item_objects(list(dict.fromkeys(keys)), today=self.today())})

        return self.write(work)
