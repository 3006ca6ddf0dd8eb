"""Each with and without a slash at the end."""

from django.urls import re_path

from cycle_counts.api.reports.views import Accuracy, Classes

_ROOT = r"^api/inventory/cycle-count"

urlpatterns = [
    re_path(rf"{_ROOT}/abc/?$", Classes.as_view(), name="cycle-count-abc"),
    re_path(rf"{_ROOT}/accuracy/?$", Accuracy.as_view(), name="cycle-count-accuracy"),
]
