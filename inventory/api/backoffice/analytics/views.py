"""`GET /api/inventory/analytics`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.analytics import analyse
from inventory.api.backoffice.analytics import documentation
from inventory.api.backoffice.analytics.objects import analytics_object
from inventory.api.backoffice.base import BackofficeView
from inventory.api.backoffice.windows import window_of_query
from inventory.models import Category
from warehouses import replica
from warehouses.http.faults import RequestFault
from warehouses.identifiers import decode

__all__ = ["InventoryAnalytics"]


class InventoryAnalytics(BackofficeView):
    """How stock has moved, and what it is worth, at the locations that the caller may see."""

    permissions = {"GET": ("inventory.read",)}
    query_parameters = ("locationId", "fromDate", "toDate", "categoryId")

    @documentation.get_analytics
    def get(self, request: Request) -> HttpResponse:
        window = window_of_query(request, self.access.organization, start="fromDate", end="toDate")
        place, category = self.location(), self._category()
        report = replica.read(
            lambda: analyse(access=self.access, window=window, warehouse=place, category=category)
        )
        return Response(
            analytics_object(
                report, organization=self.access.organization, warehouse=place, category=category
            )
        )

    def _category(self) -> Category | None:
        """Raises 404 `CATEGORY_NOT_FOUND`: a report about nothing would look like one about something."""
        named = self.request.query_params.get("categoryId")
        if named is None:
            return None
        key = decode(Category.prefix, named)
        found = (
            Category.objects.filter(organization=self.access.organization, pk=key).first() if key else None
        )
        if found is None:
            detail = "There is no such category."
            fault = {"parameter": "categoryId", "code": "CATEGORY_NOT_FOUND", "detail": detail}
            raise RequestFault(404, "CATEGORY_NOT_FOUND", detail, errors=[fault])
        return found
