"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.receipts.views import RecordStock

urlpatterns = [re_path(r"^api/inventory/record-stock/?$", RecordStock.as_view(), name="record-stock")]
