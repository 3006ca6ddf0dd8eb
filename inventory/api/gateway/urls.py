"""The gateway's documented routes, each with and without a slash at the end. A SKU code may hold a slash."""

from django.urls import re_path

from inventory.api.gateway.views import Adjust, BulkUpdate, InventoryList, InventoryOfSku, LowStock

app_name = "gateway"

urlpatterns = [
    re_path(r"^api/v1/inventory/?$", InventoryList.as_view(), name="inventory-list"),
    re_path(r"^api/v1/inventory/bulk/?$", BulkUpdate.as_view(), name="inventory-bulk"),
    re_path(r"^api/v1/inventory/adjust/?$", Adjust.as_view(), name="inventory-adjust"),
    re_path(r"^api/v1/inventory/low-stock/?$", LowStock.as_view(), name="inventory-low-stock"),
    re_path(r"^api/v1/inventory/(?P<sku>.+?)/?$", InventoryOfSku.as_view(), name="inventory-detail"),
]
