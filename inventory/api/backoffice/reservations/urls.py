"""Each with and without a slash at the end."""

from django.urls import re_path

from inventory.api.backoffice.reservations.views import ReservationDetail, ReservationList

urlpatterns = [
    re_path(r"^api/inventory/reservations/?$", ReservationList.as_view(), name="reservation-list"),
    re_path(
        r"^api/inventory/reservations/(?P<id>[^/]+)/?$",
        ReservationDetail.as_view(),
        name="reservation-detail",
    ),
]
