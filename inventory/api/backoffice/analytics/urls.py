"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.analytics.views import InventoryAnalytics

urlpatterns = [
    re_path(r"^api/inventory/analytics/?$", InventoryAnalytics.as_view(), name="inventory-analytics"),
]
