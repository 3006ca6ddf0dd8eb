"""The routes that read about many requests, and about what can be asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.windows import window_of_query
from stock_requests.api.reads import documentation
from stock_requests.api.reads.filters import (
    CATEGORY_SORTS,
    CategoryFilters,
    PendingFilters,
    ProductFilters,
    StocklistStockFilters,
)
from stock_requests.api.reads.objects import (
    category_object,
    dashboard_object,
    option_objects,
    pending_rows,
    product_object,
    stocked_object,
)
from stock_requests.approvals.pending import pending_for
from stock_requests.reports.by_category import CategorySums, sums_by_category
from stock_requests.reports.dashboard import dashboard
from stock_requests.reports.filter_options import filter_options
from stock_requests.reports.product_search import found_products, products_of
from stock_requests.reports.stocklist_stock import stocked_lines, visible_lines
from stock_requests.rights import APPROVE, READ, visible_requests
from warehouses.http.faults import invalid_parameters

__all__ = [
    "PendingApprovals",
    "RequestDashboard",
    "RequestFilterOptions",
    "RequestProducts",
    "RequestsByCategory",
    "StocklistStock",
]


class RequestDashboard(BackofficeView):
    """`GET /api/stock-requests/dashboard`."""

    shows_stock = False
    permissions = {"GET": (READ,)}
    query_parameters = ("locationId", "startDate", "endDate")

    @documentation.get_request_dashboard
    def get(self, request: Request) -> HttpResponse:
        window = window_of_query(request, self.access.organization, start="startDate", end="endDate")
        place = self.location(permission=READ)
        found = dashboard(access=self.access, window=window, warehouse=place)
        return Response(dashboard_object(found, access=self.access, window=window, warehouse=place))


class RequestsByCategory(BackofficeView):
    """`GET /api/stock-requests/by-category`."""

    shows_stock = False
    permissions = {"GET": (READ,)}
    filterset_class = CategoryFilters
    paging_class = BackofficePaging

    @documentation.list_requests_by_category
    def get(self, request: Request) -> HttpResponse:
        found = sums_by_category(self.filtered(visible_requests(access=self.access)))
        rows = [category_object(sums) for sums in _sorted(found, request.query_params.get("sort", "name"))]
        return self.paged(BackofficePaging().page_of(request._request, rows))


class RequestFilterOptions(BackofficeView):
    """`GET /api/stock-requests/filters`."""

    shows_stock = False
    permissions = {"GET": (READ,)}

    @documentation.list_request_filters
    def get(self, request: Request) -> HttpResponse:
        return Response(option_objects(filter_options(visible_requests(access=self.access))))


class PendingApprovals(BackofficeView):
    """`GET /api/stock-requests/pending-approvals`."""

    permissions = {"GET": (APPROVE,)}
    filterset_class = PendingFilters
    paging_class = BackofficePaging

    @documentation.list_pending_approvals
    def get(self, request: Request) -> HttpResponse:
        rows = self.filtered(pending_for(self.access).order_by("-priority", "submitted_at", "pk"))
        return self.paged(self.page(rows, pending_rows(self.access, timezone.now())))


class RequestProducts(BackofficeView):
    """`GET /api/stock-requests/products/search`."""

    permissions = {"GET": (READ, "products.read")}
    filterset_class = ProductFilters
    paging_class = BackofficePaging
    query_parameters = ("locationId", "toLocationId")

    @documentation.search_request_products
    def get(self, request: Request) -> HttpResponse:
        source = self.location(permission=READ)
        if source is None:
            raise invalid_parameters([("locationId", "REQUIRED", "Name the location to ask goods of.")])
        destination = self.location("toLocationId", permission=READ)

        def shown(keys: list[UUID]) -> list[dict[str, Any]]:
            found = found_products(
                keys, organization=self.access.organization, source=source, destination=destination
            )
            return [product_object(product) for product in found]

        return self.paged(self.page(self.filtered(products_of(self.access.organization)), shown))


class StocklistStock(BackofficeView):
    """`GET /api/stock-requests/products/stocklist`."""

    permissions = {"GET": (READ,)}
    filterset_class = StocklistStockFilters
    paging_class = BackofficePaging

    @documentation.list_stocklist_stock
    def get(self, request: Request) -> HttpResponse:
        def shown(keys: list[UUID]) -> list[dict[str, Any]]:
            return [stocked_object(line) for line in stocked_lines(keys, access=self.access)]

        return self.paged(self.page(self.filtered(visible_lines(self.access)), shown))


def _sorted(found: Sequence[CategorySums], sort: str) -> list[CategorySums]:
    """By the figure, then by name; the requests without a category come last of equals."""
    column, is_turned = CATEGORY_SORTS[sort.removeprefix("-")], sort.startswith("-")
    by_name = sorted(found, key=_name_of, reverse=is_turned and column == "name")
    if column == "name":
        return by_name
    return sorted(by_name, key=lambda sums: getattr(sums, column), reverse=is_turned)


def _name_of(sums: CategorySums) -> tuple[bool, str, str]:
    return sums.name is None, (sums.name or "").casefold(), sums.public_id or ""
