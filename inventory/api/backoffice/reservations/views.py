"""The reservation routes: `/api/inventory/reservations` and what is under it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.reservations import documentation
from inventory.api.backoffice.reservations.bodies import ReservationActionBody, ReservationBody
from inventory.api.backoffice.reservations.filters import ReservationFilters
from inventory.api.backoffice.reservations.objects import (
    reservation_objects,
    reservation_record,
    version_of,
)
from inventory.api.tags import require_tag, tag_of
from inventory.models import Reservation
from inventory.names import Names
from inventory.reservations import (
    READ,
    WRITE,
    create_reservation,
    find_reservation,
    fulfil_reservation,
    release_reservation,
)
from warehouses.http.etags import Expected, expected_tags

__all__ = ["ReservationDetail", "ReservationList"]


class ReservationView(BackofficeView):
    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {"GET": (READ,), "POST": (WRITE,)}
    pointer_names = {**BackofficeView.pointer_names, "reference": "referenceId"}
    rows_field = ""

    def shown(self, reservation: Reservation, *, status: int = 200) -> HttpResponse:
        shown = reservation_record(reservation)
        path = f"/{self.contract}/api/inventory/reservations/{reservation.public_id}"
        headers = {"Location": path} if status == 201 else {}
        return self.record(shown, tag_of(version_of(reservation), shown), status=status, headers=headers)


class ReservationList(ReservationView):
    """`GET` and `POST /api/inventory/reservations`."""

    filterset_class = ReservationFilters
    paging_class = BackofficePaging

    @documentation.list_reservations
    def get(self, request: Request) -> HttpResponse:
        self.location()  # one that there is not is refused
        rows = self.access.narrow(Reservation.objects.all(), READ).order_by("-created_at", "-id")
        return self.paged(self.page(self.filtered(rows), reservation_objects))

    @documentation.create_reservation
    def post(self, request: Request) -> HttpResponse:
        body = ReservationBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data

        def work() -> HttpResponse:
            code, place, channel = values["sku"], values["locationId"], values.get("channelId")
            names = Names(self.access, WRITE, skus=[code], locations=[place], channels=[channel])
            reservation = create_reservation(
                access=self.access,
                sku=names.sku(code),
                warehouse=names.location(place),
                quantity=values["quantity"],
                reference=values["referenceId"],
                channel=names.channel(channel) if channel is not None else None,
                expires_at=values.get("expiresAt"),
                note=values.get("note", ""),
            )
            return self.shown(reservation, status=201)

        return self.write(work)


class ReservationDetail(ReservationView):
    """`GET` and `POST /api/inventory/reservations/[id]`."""

    pointer_names = {**ReservationView.pointer_names, "warehouse": ""}  # it is the reservation's own

    @documentation.get_reservation
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(find_reservation(access=self.access, public_id=id))

    @documentation.act_on_reservation
    def post(self, request: Request, id: str) -> HttpResponse:
        body = ReservationActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        expected = expected_tags(request._request)
        return self.write(lambda: self.shown(self._act(id, body.validated_data, expected)))

    def _act(self, public_id: str, values: Mapping[str, Any], expected: Expected) -> Reservation:
        reservation = find_reservation(access=self.access, public_id=public_id, permission=WRITE)
        act = partial(
            release_reservation,
            access=self.access,
            reservation=reservation,
            quantity=values.get("quantity"),
            note=values.get("note", ""),
            precondition=lambda found: require_tag(expected, version_of(found)),
        )
        if values["action"] == "release":
            return act()
        code = values.get("reasonCode")
        reason = Names(self.access, WRITE, reasons=[code]).reason(code) if code is not None else None
        return fulfil_reservation(**act.keywords, reason=reason)
