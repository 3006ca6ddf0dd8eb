"""Each with and without a slash at the end. Literal paths before ids."""

from django.urls import re_path

from inventory.api.backoffice.replenishment.views import (
    ReplenishmentConfigList,
    ReplenishmentDetail,
    ReplenishmentList,
    SuggestionList,
)

urlpatterns = [
    re_path(r"^api/inventory/replenishment/?$", ReplenishmentList.as_view(), name="replenishment-list"),
    re_path(
        r"^api/inventory/replenishment/config/?$",
        ReplenishmentConfigList.as_view(),
        name="replenishment-config",
    ),
    re_path(
        r"^api/inventory/replenishment/suggestions/?$",
        SuggestionList.as_view(),
        name="replenishment-suggestions",
    ),
    re_path(
        r"^api/inventory/replenishment/(?P<id>[^/]+)/?$",
        ReplenishmentDetail.as_view(),
        name="replenishment-detail",
    ),
]
