"""Each with and without a slash at the end."""

from django.urls import re_path

from stock_requests.api.stocklists.views import StocklistDetail, StocklistList

urlpatterns = [
    re_path(r"^api/stocklists/?$", StocklistList.as_view(), name="stocklist-list"),
    re_path(r"^api/stocklists/(?P<id>[^/]+)/?$", StocklistDetail.as_view(), name="stocklist-detail"),
]
