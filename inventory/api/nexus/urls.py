"""Nexus's documented routes, each with and without a slash at the end. A SKU code may hold a slash."""

from django.urls import re_path

from inventory.api.nexus.views import Adjustments, BulkUpdate, InventoryList, InventoryOfSku, Warehouses

app_name = "nexus"

urlpatterns = [
    re_path(r"^api/inventory/?$", InventoryList.as_view(), name="inventory-list"),
    re_path(r"^api/inventory/bulk/?$", BulkUpdate.as_view(), name="inventory-bulk"),
    re_path(r"^api/inventory/warehouses/?$", Warehouses.as_view(), name="warehouse-list"),
    re_path(r"^api/inventory/(?P<sku>.+?)/adjustments/?$", Adjustments.as_view(), name="adjustment-list"),
    re_path(r"^api/inventory/(?P<sku>.+?)/?$", InventoryOfSku.as_view(), name="inventory-detail"),
]
