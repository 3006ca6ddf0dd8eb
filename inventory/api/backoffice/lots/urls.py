"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.lots.expired_views import (
    DestructionDetail,
    DestructionList,
    ExpiredList,
    MarkConsumed,
    MarkExpired,
    TransferDestruction,
)
from inventory.api.backoffice.lots.views import LotControl, LotDetail, LotList

urlpatterns = [
    re_path(r"^api/lots/?$", LotList.as_view(), name="lot-list"),
    re_path(r"^api/lots/(?P<id>[^/]+)/?$", LotDetail.as_view(), name="lot-detail"),
    re_path(r"^api/inventory/lot-control/validate/?$", LotControl.as_view(), name="lot-control-validate"),
    re_path(r"^api/inventory/expired/?$", ExpiredList.as_view(), name="expired-list"),
    re_path(r"^api/inventory/expired/mark-expired/?$", MarkExpired.as_view(), name="expired-mark-expired"),
    re_path(r"^api/inventory/expired/mark-consumed/?$", MarkConsumed.as_view(), name="expired-mark-consumed"),
    re_path(
        r"^api/inventory/expired/transfer-destruction/?$",
        TransferDestruction.as_view(),
        name="expired-transfer-destruction",
    ),
    re_path(r"^api/inventory/destructions/?$", DestructionList.as_view(), name="destruction-list"),
    re_path(
        r"^api/inventory/destructions/(?P<id>[^/]+)/?$",
        DestructionDetail.as_view(),
        name="destruction-detail",
    ),
]
