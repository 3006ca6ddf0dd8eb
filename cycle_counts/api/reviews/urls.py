"""Each with and without a slash at the end."""

from django.urls import re_path

from cycle_counts.api.reviews.views import Decisions, Resolution, RootResolution

_ROOT = r"^api/inventory/cycle-count"

urlpatterns = [
    re_path(rf"{_ROOT}/resolve/?$", Resolution.as_view(), name="cycle-count-resolution"),
    re_path(rf"{_ROOT}/decide/?$", Decisions.as_view(), name="cycle-count-decisions"),
    re_path(r"^cycle-count/resolve/?$", RootResolution.as_view(), name="root-cycle-count-resolution"),
]
