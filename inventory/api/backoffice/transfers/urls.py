"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.transfers.views import TransferBinList, TransferDetail, TransferList

urlpatterns = [
    re_path(r"^api/inventory/transfers/?$", TransferList.as_view(), name="transfer-list"),
    re_path(r"^api/inventory/transfers/bins/?$", TransferBinList.as_view(), name="transfer-bin-list"),
    re_path(r"^api/inventory/transfers/(?P<id>[^/]+)/?$", TransferDetail.as_view(), name="transfer-detail"),
]
