"""Stock requests in the back office: asked for, decided, picked, handed over, each by those who may."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import action

from inventory.admin.either_end import EitherEndAdmin
from inventory.labels.code128 import code128
from stock_requests.admin.approvals import ApprovalsPages
from stock_requests.admin.request_list import RequestListAdmin
from stock_requests.admin.request_page import RequestPage
from stock_requests.fulfilment.picking_plan import picking_plan
from stock_requests.models import StockRequest
from stock_requests.rights import READ, WRITE, visible_requests
from stock_requests.wording import destination_of, requester_of
from warehouses.http.organization import access_of

__all__ = ["StockRequestAdmin"]


@admin.register(StockRequest)
class StockRequestAdmin(EitherEndAdmin, ApprovalsPages, RequestPage, RequestListAdmin):
    """Seen by whoever may read requests at the source or where they go to."""

    read_permission = READ
    write_permission = WRITE
    icon = "assignment"

    # --- rows and rights

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        """The requests of which the caller has the permission at one end or both, without drafts thrown away."""
        access = access_of(request)
        if access is None or not access.may(permission):
            return rows.none()
        return visible_requests(access=access, permission=permission)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With all that its page names, looked up once for each page."""
        kept: dict[str, Any] = request.__dict__.setdefault("_stock_requests", {})
        if request.method != "GET" or object_id not in kept:
            kept[object_id] = self._look_up(request, object_id)
        return kept[object_id]

    def _look_up(self, request: HttpRequest, object_id: str) -> StockRequest | None:
        rows = self.get_queryset(request).select_related(
            "organization",
            "from_warehouse",
            "to_warehouse",
            "to_room__warehouse",
            "department",
            "category",
            "requested_by",
            "stocklist",
            "back_order_of",
            "transfer",
        )
        try:
            key = self.opts.pk.to_python(object_id)
        except ValidationError:
            return None
        return rows.filter(pk=key).first()

    def choice_label(self, obj: StockRequest) -> str:
        return f"{obj.name}: {obj.from_warehouse} → {destination_of(obj)}"

    # --- on paper

    @action(description="Picking list", permissions=["print_list"], url_path="picking-list", icon="print")
    def print_list(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Which bin to go to, one after the other, and what to take there; for a sheet of A4."""
        found = self.found(request, object_id)
        if (refused := self.too_late(request, found, "print_list")) is not None:
            return refused
        lines = list(found.lines.select_related("sku").order_by("position"))
        context = {
            "found": found,
            "organization": found.organization,
            "destination": destination_of(found),
            "requester": requester_of(found),
            # Bars of what is scanned on the way: the bin's label, and the SKU.
            "stops": [
                (stop, code128(stop.bin_label), code128(stop.line.sku.code))
                for stop in picking_plan(found, lines)
            ],
            "units": sum(line.approved or 0 for line in lines),
            "back": self.page_of(found),
        }
        return TemplateResponse(request, "stock_requests/admin/picking_list.html", context)
