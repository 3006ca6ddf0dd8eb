"""What the pos contract's views share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from rest_framework.response import Response

from inventory.api.stock_view import StockView
from inventory.resolution import find_warehouse
from warehouses.http.faults import RequestFault
from warehouses.http.paging import Page
from warehouses.models import Warehouse
from warehouses.refusals import NotFound

__all__ = ["PosView"]


class PosView(StockView):
    contract = "pos"
    #: A line of a request names its item, which says where it is.
    pointer_names: ClassVar[Mapping[str, str]] = {
        "quantity": "quantity_change",
        "reason": "reason_code",
        **dict.fromkeys(("stock_item", "sku", "warehouse", "bin", "lot"), "id"),
    }

    def location(self) -> Warehouse | None:
        """The location that the query names. Raises `WAREHOUSE_NOT_FOUND`."""
        named = self.request.query_params.get("location_id")
        if named is None:
            return None
        try:
            return find_warehouse(access=self.access, public_id=named)
        except NotFound as refusal:
            # A pointer would be one into a body.
            fault = {"parameter": "location_id", "code": refusal.code, "detail": refusal.detail}
            raise RequestFault(404, refusal.code, refusal.detail, errors=[fault]) from None

    def today(self) -> date:
        return self.access.organization.today()

    def paged(self, page: Page[Any], **besides: Any) -> Response:
        paging = {"page": page.page, "limit": page.size, "total": page.total}
        return Response({"data": page.rows, **besides, "pagination": paging})
