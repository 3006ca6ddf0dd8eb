"""Each with and without a slash at the end. They come before the routes of one request, whose id could be anything."""

from django.urls import re_path

from stock_requests.api.reads.views import (
    PendingApprovals,
    RequestDashboard,
    RequestFilterOptions,
    RequestProducts,
    RequestsByCategory,
    StocklistStock,
)

_REQUESTS = r"^api/stock-requests"

urlpatterns = [
    re_path(rf"{_REQUESTS}/dashboard/?$", RequestDashboard.as_view(), name="stock-request-dashboard"),
    re_path(rf"{_REQUESTS}/by-category/?$", RequestsByCategory.as_view(), name="stock-request-by-category"),
    re_path(rf"{_REQUESTS}/filters/?$", RequestFilterOptions.as_view(), name="stock-request-filters"),
    re_path(
        rf"{_REQUESTS}/pending-approvals/?$",
        PendingApprovals.as_view(),
        name="stock-request-pending-approvals",
    ),
    re_path(
        rf"{_REQUESTS}/products/search/?$", RequestProducts.as_view(), name="stock-request-product-search"
    ),
    re_path(
        rf"{_REQUESTS}/products/stocklist/?$", StocklistStock.as_view(), name="stock-request-stocklist-stock"
    ),
]
