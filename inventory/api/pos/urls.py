"""The pos contract's routes, each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.pos.snapshots import Snapshot
from inventory.api.pos.syncs import Sync, SyncRunDetail
from inventory.api.pos.views import BulkUpdate, InventoryItem, InventoryList

app_name = "pos"

urlpatterns = [
    re_path(r"^api/v1/inventory/?$", InventoryList.as_view(), name="inventory-list"),
    re_path(r"^api/v1/inventory/bulk-update/?$", BulkUpdate.as_view(), name="inventory-bulk"),
    re_path(r"^api/v1/inventory/sync/?$", Sync.as_view(), name="sync"),
    re_path(r"^api/v1/inventory/sync/(?P<id>.+?)/?$", SyncRunDetail.as_view(), name="sync-detail"),
    re_path(r"^api/v1/inventory/snapshot/?$", Snapshot.as_view(), name="snapshot"),
    # Whatever else stands there is an id that there is not.
    re_path(r"^api/v1/inventory/(?P<id>.+?)/?$", InventoryItem.as_view(), name="inventory-detail"),
]
