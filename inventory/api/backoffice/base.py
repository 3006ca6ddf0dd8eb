"""What the backoffice contract's views share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rest_framework.response import Response

from inventory.api.stock_view import StockView
from inventory.models import TallyKind
from inventory.tallies import tally_of
from warehouses.http.faults import RequestFault
from warehouses.http.paging import Counted, Page, PageNumberPaging
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["BackofficePaging", "BackofficeView"]


class BackofficePaging(PageNumberPaging):
    page_parameter = "page"
    size_parameter = "limit"
    default_size = 50
    maximum_size = 200


class BackofficeView(StockView):
    contract = "backoffice"
    pointer_names: ClassVar[Mapping[str, str]] = {
        "warehouse": "locationId",
        "from_warehouse": "fromLocationId",
        "to_warehouse": "toLocationId",
        "bin": "binId",
        "from_bin": "fromBinId",
        "to_bin": "toBinId",
        "lot": "lotId",
        "to_lot": "toLotId",
        "stock_item": "stockItemId",
        "channel": "channelId",
        "category": "categoryId",
        "product": "productId",
        "room": "roomId",
        "reason": "reasonCode",
        "expires_at": "expiresAt",
        "expires_on": "expiresOn",
    }
    rows_field = "lines"

    def location(self, name: str = "locationId", *, permission: str = "inventory.read") -> Warehouse | None:
        """The location that the query names, where the caller has the permission. Raises `WAREHOUSE_NOT_FOUND`."""
        named = self.request.query_params.get(name)
        if named is None:
            return None
        key = decode(Warehouse.prefix, named)
        seen = self.access.narrow(Warehouse.objects.all(), permission, warehouse="pk")
        found = seen.filter(pk=key).first() if key is not None else None
        if found is None:
            # A pointer would be one into a body.
            detail = "There is no such location."
            fault = {"parameter": name, "code": "WAREHOUSE_NOT_FOUND", "detail": detail}
            raise RequestFault(404, "WAREHOUSE_NOT_FOUND", detail, errors=[fault])
        return found

    def counted(
        self, kind: TallyKind, *, warehouse: Warehouse | None = None, permission: str = "inventory.read"
    ) -> Counted | None:
        """How many rows of a kind the list has, in one location or in all where the caller has the permission.

        None where the query filters them: only counting them tells.
        """
        asked = self.request.query_params.keys()
        filters = self.filterset_class.parameters() if self.filterset_class is not None else frozenset()
        if asked & filters - {"sort"}:
            return None
        return tally_of(
            kind,
            access=self.access,
            permission=permission,
            warehouse_id=warehouse.pk if warehouse is not None else None,
            is_ordered="sort" not in asked,
        )

    def paged(self, page: Page[Any]) -> Response:
        paging = {"page": page.page, "limit": page.size, "total": page.total, "totalPages": page.total_pages}
        return Response({"data": page.rows, "pagination": paging})
