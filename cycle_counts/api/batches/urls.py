"""Each with and without a slash at the end. What is spelt out under `/api/inventory/cycle-count` comes before these."""

from django.urls import re_path

from cycle_counts.api.batches.views import (
    BatchDetail,
    BatchList,
    BatchPreview,
    RootBatchDetail,
    RootBatchList,
)

_ROOT = r"^api/inventory/cycle-count"

urlpatterns = [
    re_path(rf"{_ROOT}/?$", BatchList.as_view(), name="cycle-count-list"),
    re_path(rf"{_ROOT}/preview/?$", BatchPreview.as_view(), name="cycle-count-preview"),
    re_path(rf"{_ROOT}/(?P<batchId>[^/]+)/?$", BatchDetail.as_view(), name="cycle-count-detail"),
    re_path(r"^cycle-count/?$", RootBatchList.as_view(), name="root-cycle-count-list"),
    re_path(r"^cycle-count/(?P<batchId>[^/]+)/?$", RootBatchDetail.as_view(), name="root-cycle-count-detail"),
]
