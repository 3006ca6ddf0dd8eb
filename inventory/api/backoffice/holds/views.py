"""The hold routes: `/api/inventory/holds` and what is under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.holds import documentation
from inventory.api.backoffice.holds.bodies import HoldBody, HoldReleaseBody
from inventory.api.backoffice.holds.filters import HoldFilters
from inventory.api.backoffice.holds.objects import hold_objects, hold_record, version_of
from inventory.api.tags import require_tag, tag_of
from inventory.holds import READ, WRITE, create_hold, find_hold, release_hold
from inventory.models import Hold
from inventory.names import Names, not_found
from warehouses.http.etags import expected_tags

__all__ = ["HoldDetail", "HoldList", "HoldRelease"]


class HoldView(BackofficeView):
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "reason": "reason",
        "reference": "referenceId",
    }
    rows_field = ""

    def shown(self, hold: Hold, *, status: int = 200) -> HttpResponse:
        shown = hold_record(hold)
        path = f"/{self.contract}/api/inventory/holds/{hold.public_id}"
        headers = {"Location": path} if status == 201 else {}
        return self.record(shown, tag_of(version_of(hold), shown), status=status, headers=headers)


class HoldList(HoldView):
    """`GET` and `POST /api/inventory/holds`."""

    permissions = {"GET": (READ,), "POST": (WRITE,)}
    filterset_class = HoldFilters
    paging_class = BackofficePaging

    @documentation.list_holds
    def get(self, request: Request) -> HttpResponse:
        self.location()  # one that there is not is refused
        rows = self.access.narrow(Hold.objects.all(), READ).order_by("-created_at", "-id")
        return self.paged(self.page(self.filtered(rows), hold_objects))

    @documentation.create_hold
    def post(self, request: Request) -> HttpResponse:
        body = HoldBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data

        def work() -> HttpResponse:
            hold = create_hold(
                access=self.access,
                quantity=values.get("quantity"),
                reason=values["reason"],
                reference=values.get("referenceId", ""),
                **self._scope(values),
            )
            return self.shown(hold, status=201)

        return self.write(work)

    def _scope(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What is to be held, as `create_hold` takes it."""
        code, place = values.get("sku"), values.get("locationId")
        bin_id, lot_id, item_id = (values.get(name) for name in ("binId", "lotId", "stockItemId"))
        names = Names(
            self.access,
            WRITE,
            skus=[code],
            locations=[place],
            bins=[bin_id],
            lots=[lot_id],
            items=[item_id],
        )
        if item_id is not None:
            item = names.item(item_id)
            if place is not None and names.location(place) != item.warehouse:
                raise not_found(
                    "INVENTORY_NOT_FOUND", "That location has no such inventory item.", field="stock_item"
                )
            return {"sku": item.sku, "warehouse": item.warehouse, "item": item}
        sku, warehouse = names.sku(values["sku"]), names.location(values["locationId"])
        return {
            "sku": sku,
            "warehouse": warehouse,
            "bin": names.bin(bin_id, warehouse) if bin_id is not None else None,
            "lot": names.lot(lot_id, sku) if lot_id is not None else None,
        }


class HoldDetail(HoldView):
    """`GET /api/inventory/holds/[id]`."""

    permissions = {"GET": (READ,)}

    @documentation.get_hold
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(find_hold(access=self.access, public_id=id))


class HoldRelease(HoldView):
    """`POST /api/inventory/holds/release`."""

    permissions = {"POST": (WRITE,)}
    pointer_names = {**HoldView.pointer_names, "warehouse": "holdId", "hold": "holdId"}

    @documentation.release_hold
    def post(self, request: Request) -> HttpResponse:
        body = HoldReleaseBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            hold = find_hold(access=self.access, public_id=values["holdId"], permission=WRITE)
            released = release_hold(
                access=self.access,
                hold=hold,
                quantity=values.get("quantity"),
                note=values.get("note", ""),
                precondition=lambda found: require_tag(expected, version_of(found)),
            )
            return self.shown(released)

        return self.write(work)
