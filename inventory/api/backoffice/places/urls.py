"""Each with and without a slash at the end."""

from django.urls import URLPattern, re_path

from inventory.api.backoffice.places.views import (
    BinDetail,
    BinList,
    LocationDetail,
    LocationList,
    RoomDetail,
    RoomList,
)

urlpatterns: list[URLPattern] = [
    re_path(r"^api/locations/?$", LocationList.as_view(), name="place-list"),
    re_path(r"^api/locations/(?P<id>[^/]+)/?$", LocationDetail.as_view(), name="place-detail"),
    re_path(r"^api/locations/(?P<id>[^/]+)/rooms/?$", RoomList.as_view(), name="room-list"),
    re_path(
        r"^api/locations/(?P<id>[^/]+)/rooms/(?P<roomId>[^/]+)/?$", RoomDetail.as_view(), name="room-detail"
    ),
    re_path(r"^api/locations/(?P<id>[^/]+)/bins/?$", BinList.as_view(), name="bin-list"),
    re_path(r"^api/locations/(?P<id>[^/]+)/bins/(?P<binId>[^/]+)/?$", BinDetail.as_view(), name="bin-detail"),
]
