"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.webhooks.views import (
    DeliveryDetail,
    DeliveryList,
    WebhookDetail,
    WebhookList,
)

urlpatterns = [
    re_path(r"^api/webhooks/?$", WebhookList.as_view(), name="webhook-list"),
    re_path(r"^api/webhooks/(?P<id>[^/]+)/?$", WebhookDetail.as_view(), name="webhook-detail"),
    re_path(r"^api/webhooks/(?P<id>[^/]+)/deliveries/?$", DeliveryList.as_view(), name="delivery-list"),
    re_path(
        r"^api/webhooks/(?P<id>[^/]+)/deliveries/(?P<deliveryId>[^/]+)/?$",
        DeliveryDetail.as_view(),
        name="delivery-detail",
    ),
]
