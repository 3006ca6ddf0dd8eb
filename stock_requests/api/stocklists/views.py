"""The stocklist routes: `/api/stocklists`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.tags import require_tag, tag_of
from stock_requests import stocklists
from stock_requests.api.requests.named import Named
from stock_requests.api.stocklists import documentation
from stock_requests.api.stocklists.bodies import StocklistBody, StocklistChangeBody
from stock_requests.api.stocklists.filters import StocklistFilters
from stock_requests.api.stocklists.objects import stocklist_object, stocklist_rows, version_of
from stock_requests.drafting import Destination
from stock_requests.models import Priority, Stocklist
from stock_requests.rights import READ, WRITE
from warehouses.http.etags import expected_tags

__all__ = ["StocklistDetail", "StocklistList"]


class StocklistView(BackofficeView):
    shows_stock = False
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "to_room": "toRoomId",
        "department": "toDepartmentId",
    }

    def shown(self, stocklist: Stocklist, *, status: int = 200) -> HttpResponse:
        shown = stocklist_object(stocklist)
        here = f"/{self.contract}/api/stocklists/{stocklist.public_id}"
        headers = {"Location": here} if status == 201 else {}
        return self.record(shown, tag_of(version_of(stocklist), shown), status=status, headers=headers)

    def named(self, values: Mapping[str, Any]) -> Named:
        return Named(self.access, values, skus=(row["sku"] for row in values.get("lines", ())))

    def condition(self) -> Callable[[Stocklist], None]:
        """What `If-Match` asks of the locked stocklist."""
        expected = expected_tags(self.request._request)
        return lambda locked: require_tag(expected, version_of(locked))


class StocklistList(StocklistView):
    """`GET` and `POST /api/stocklists`."""

    permissions = {"GET": (READ,), "POST": (WRITE,)}
    filterset_class = StocklistFilters
    paging_class = BackofficePaging

    @documentation.list_stocklists
    def get(self, request: Request) -> HttpResponse:
        rows = stocklists.visible_stocklists(access=self.access).order_by("name", "pk")
        return self.paged(self.page(self.filtered(rows), stocklist_rows))

    @documentation.create_stocklist
    def post(self, request: Request) -> HttpResponse:
        body = StocklistBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        return self.write(lambda: self._create(values))

    def _create(self, values: Mapping[str, Any]) -> HttpResponse:
        named = self.named(values)
        stocklist = stocklists.create_stocklist(
            access=self.access,
            name=values["name"],
            from_warehouse=named.location("fromLocationId", "from_warehouse"),
            to=named.destination(Destination()),
            category=named.category() if "categoryId" in values else None,
            priority=Priority.of(values.get("priority", Priority.NORMAL.word)),
            note=values.get("note", ""),
            lines=named.wanted(),
        )
        return self.shown(stocklist, status=201)


class StocklistDetail(StocklistView):
    """`GET`, `PATCH` and `DELETE /api/stocklists/[id]`."""

    permissions = {"GET": (READ,), "PATCH": (WRITE,), "DELETE": (WRITE,)}
    rows_field = "lines"

    @documentation.get_stocklist
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(stocklists.find_stocklist(access=self.access, public_id=id))

    @documentation.change_stocklist
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = StocklistChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        condition = self.condition()

        def work() -> HttpResponse:
            found = self._found(id)
            changes = self._changes(found, values)
            return self.shown(
                stocklists.update_stocklist(
                    access=self.access, stocklist=found, changes=changes, condition=condition
                )
            )

        return self.write(work)

    @documentation.delete_stocklist
    def delete(self, request: Request, id: str) -> HttpResponse:
        condition = self.condition()

        def work() -> HttpResponse:
            stocklists.delete_stocklist(access=self.access, stocklist=self._found(id), condition=condition)
            return Response(status=204)

        return self.write(work, body={})

    def _found(self, public_id: str) -> Stocklist:
        return stocklists.find_stocklist(access=self.access, public_id=public_id, permission=WRITE)

    def _changes(self, found: Stocklist, values: Mapping[str, Any]) -> stocklists.StocklistChanges:
        """What a body says of a stocklist, in the business code's words."""
        named = self.named(values)
        changes: stocklists.StocklistChanges = {}
        if "name" in values:
            changes["name"] = values["name"]
        if "fromLocationId" in values:
            changes["from_warehouse"] = named.location("fromLocationId", "from_warehouse")
        if named.names_destination():
            changes["to"] = named.destination(Destination.of(found))
        if "categoryId" in values:
            changes["category"] = named.category()
        if "priority" in values:
            changes["priority"] = Priority.of(values["priority"])
        if "note" in values:
            changes["note"] = values["note"] or ""
        if "isActive" in values:
            changes["is_active"] = values["isActive"]
        if "lines" in values:
            changes["lines"] = named.wanted()
        return changes
