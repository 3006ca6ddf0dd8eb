"""The routes of lots and of lot control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.lots import documentation
from inventory.api.backoffice.lots.bodies import LotBody, LotChangeBody, LotControlBody
from inventory.api.backoffice.lots.filters import LotControlFilters, LotFilters
from inventory.api.backoffice.lots.objects import lot_objects, lot_record, verdict_object, version_of
from inventory.api.tags import require_tag, tag_of
from inventory.lots import records
from inventory.lots.control import AskedLine, check_lots
from inventory.lots.records import LotChange
from inventory.lots.states import last_day_expression, state_expression
from inventory.models import Lot, LotState, StockItem
from inventory.reservations import expire_due
from warehouses.http.etags import expected_tags
from warehouses.http.faults import RequestFault, invalid_parameters
from warehouses.refusals import NotFound

__all__ = ["LotControl", "LotDetail", "LotList"]


class LotView(BackofficeView):
    shows_stock = False  # what is on hand of a lot, not what is promised of it

    def shown(self, lot: Lot, *, status: int = 200) -> HttpResponse:
        shown = lot_record(self.access, lot)
        headers = {"Location": f"/{self.contract}/api/lots/{lot.public_id}"} if status == 201 else {}
        return self.record(shown, tag_of(version_of(lot), shown), status=status, headers=headers)


class LotList(LotView):
    """`GET` and `POST /api/lots`."""

    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "GET": ("inventory.read",),
        "POST": ("inventory.write",),
    }
    filterset_class = LotFilters
    paging_class = BackofficePaging

    @documentation.list_lots
    def get(self, request: Request) -> HttpResponse:
        today = self.access.organization.today()
        rows = records.visible_lots(self.access)
        rows = rows.annotate(condition=state_expression(today), last_day=last_day_expression())
        rows = rows.order_by("sku__code_key", "last_day", "code", "pk")
        return self.paged(self.page(self.filtered(rows), lambda keys: lot_objects(self.access, keys)))

    @documentation.create_lot
    def post(self, request: Request) -> HttpResponse:
        body = LotBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data

        def work() -> HttpResponse:
            lot = records.create_lot(
                access=self.access,
                sku=records.find_sku(access=self.access, code=values["sku"]),
                code=values["code"],
                expires_on=values.get("expiresOn"),
                state=LotState(values.get("state", LotState.ACTIVE.value)),
                note=values.get("note", ""),
            )
            return self.shown(lot, status=201)

        return self.write(work)


class LotDetail(LotView):
    """`GET`, `PATCH` and `DELETE /api/lots/[id]`."""

    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "GET": ("inventory.read",),
        "PATCH": ("inventory.write",),
        "DELETE": ("inventory.write",),
    }

    @documentation.get_lot
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(records.find_lot(access=self.access, public_id=id))

    @documentation.change_lot
    def patch(self, request: Request, id: str) -> HttpResponse:
        body = LotChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)
        change = LotChange(
            code=values.get("code"),
            state=LotState(values["state"]) if "state" in values else None,
            expires_on=values.get("expiresOn"),
            sets_expiry="expiresOn" in values,
            note=values.get("note", ""),
        )

        def work() -> HttpResponse:
            lot = self._locked(id)
            require_tag(expected, version_of(lot))
            return self.shown(records.change_lot(access=self.access, lot=lot, change=change))

        return self.write(work)

    @documentation.remove_lot
    def delete(self, request: Request, id: str) -> HttpResponse:
        expected = expected_tags(request._request)

        def work() -> HttpResponse:
            lot = self._locked(id)
            require_tag(expected, version_of(lot))
            records.delete_lot(access=self.access, lot=lot)
            return Response(status=204)

        return self.write(work, body={})

    def _locked(self, public_id: str) -> Lot:
        return records.lock_lot(
            access=self.access, lot=records.find_lot(access=self.access, public_id=public_id)
        )


class LotControl(BackofficeView):
    """`GET` and `POST /api/inventory/lot-control/validate`: one line in the query, or many in the body."""

    permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "GET": ("inventory.read",),
        "POST": ("inventory.read",),
    }
    filterset_class = LotControlFilters

    @documentation.get_lot_control
    def get(self, request: Request) -> HttpResponse:
        self.filtered(StockItem.objects.none())
        query = request.query_params
        if "lotCode" in query and "lotId" in query:
            detail = "Name the lot by its code or by its id, not by both."
            raise invalid_parameters([("lotId", "INVALID", detail)])
        line = AskedLine(
            sku=query["sku"],
            location=query["locationId"],
            quantity=int(query["quantity"]),
            lot_code=query.get("lotCode"),
            lot_id=query.get("lotId"),
        )
        try:
            (verdict,) = check_lots(access=self.access, lines=[line])
        except NotFound as refusal:
            raise self._of_the_query(refusal) from refusal
        return Response(verdict_object(verdict))

    @documentation.validate_lots
    def post(self, request: Request) -> HttpResponse:
        body = LotControlBody(data=request.data)
        body.is_valid(raise_exception=True)
        lines = [
            AskedLine(
                sku=line["sku"],
                location=line["locationId"],
                quantity=line["quantity"],
                lot_code=line.get("lotCode"),
                lot_id=line.get("lotId"),
                index=index,
            )
            for index, line in enumerate(body.validated_data["lines"])
        ]

        expire_due(self.access.organization)  # as every reading does: this one has a body

        def work() -> HttpResponse:
            verdicts = check_lots(access=self.access, lines=lines)
            return Response(
                {
                    "valid": all(not verdict.problems for verdict in verdicts),
                    "data": [verdict_object(verdict) for verdict in verdicts],
                }
            )

        return self.write(work)

    def _of_the_query(self, refusal: NotFound) -> RequestFault:
        """The refusal with the parameter that is to blame: a pointer would be one into a body."""
        errors: list[dict[str, Any]] = [
            {
                "parameter": self.pointer_names.get(problem.field or "", problem.field or ""),
                "code": problem.code,
                "detail": problem.detail,
            }
            for problem in refusal.problems
        ]
        return RequestFault(404, refusal.code, refusal.detail, errors=errors)
