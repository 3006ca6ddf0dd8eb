"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.put_away.views import PutAwayDetail, PutAwayList

urlpatterns = [
    re_path(r"^api/inventory/put-away/?$", PutAwayList.as_view(), name="put-away-list"),
    re_path(r"^api/inventory/put-away/(?P<id>[^/]+)/?$", PutAwayDetail.as_view(), name="put-away-detail"),
]
