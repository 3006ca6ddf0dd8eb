"""Each with and without a slash at the end."""

from django.urls import URLPattern, re_path

from inventory.api.backoffice.channels.availability import (
    AvailabilityCheck,
    AvailabilityDetail,
    AvailabilityList,
)
from inventory.api.backoffice.channels.matrix import ChannelLocation, ChannelLocationDrilldown, ChannelSummary
from inventory.api.backoffice.channels.views import ChannelDetail, ChannelList

urlpatterns: list[URLPattern] = [
    re_path(r"^api/channels/?$", ChannelList.as_view(), name="channel-list"),
    re_path(r"^api/channels/(?P<id>[^/]+)/?$", ChannelDetail.as_view(), name="channel-detail"),
    re_path(r"^api/inventory/availability/?$", AvailabilityList.as_view(), name="availability-list"),
    re_path(r"^api/inventory/availability/check/?$", AvailabilityCheck.as_view(), name="availability-check"),
    re_path(
        r"^api/inventory/availability/(?P<id>[^/]+)/?$",
        AvailabilityDetail.as_view(),
        name="availability-detail",
    ),
    re_path(r"^api/inventory/channel-location/?$", ChannelLocation.as_view(), name="channel-location"),
    re_path(
        r"^api/inventory/channel-location/drilldown/?$",
        ChannelLocationDrilldown.as_view(),
        name="channel-location-drilldown",
    ),
    re_path(r"^api/inventory/channel/summary/?$", ChannelSummary.as_view(), name="channel-summary"),
]
