"""Each with and without a slash at the end."""

from django.urls import re_path

from cycle_counts.api.sheets.views import BlindFormView, SheetView

_ROOT = r"^api/inventory/cycle-count"

urlpatterns = [
    re_path(rf"{_ROOT}/blind-form/?$", BlindFormView.as_view(), name="cycle-count-blind-form"),
    re_path(rf"{_ROOT}/(?P<batchId>[^/]+)/sheet/?$", SheetView.as_view(), name="cycle-count-sheet"),
]
