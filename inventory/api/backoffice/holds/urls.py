"""Each with and without a slash at the end. No id is `release`: ids begin with `hold_`."""

from django.urls import re_path

from inventory.api.backoffice.holds.views import HoldDetail, HoldList, HoldRelease

urlpatterns = [
    re_path(r"^api/inventory/holds/?$", HoldList.as_view(), name="hold-list"),
    re_path(r"^api/inventory/holds/release/?$", HoldRelease.as_view(), name="hold-release"),
    re_path(r"^api/inventory/holds/(?P<id>[^/]+)/?$", HoldDetail.as_view(), name="hold-detail"),
]
