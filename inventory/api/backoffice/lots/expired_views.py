"""The routes of expired goods and of destructions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.lots import documentation
from inventory.api.backoffice.lots.bodies import DestructionBody, MarkConsumedBody, MarkExpiredBody
from inventory.api.backoffice.lots.filters import DestructionFilters, ExpiredFilters
from inventory.api.backoffice.lots.objects import (
    consumed_object,
    destruction_objects,
    destruction_record,
    expired_objects,
    marked_object,
    totals_object,
    version_of,
)
from inventory.api.tags import tag_of
from inventory.expiry.destruction import destroy, find_destruction, visible_destructions
from inventory.expiry.goods import MOST_DAYS_AHEAD, expired_goods, totals_of
from inventory.expiry.lines import WantedUnits
from inventory.expiry.marking import mark_consumed, mark_expired
from inventory.models import Destruction, Source

__all__ = [
    "DestructionDetail",
    "DestructionList",
    "ExpiredList",
    "MarkConsumed",
    "MarkExpired",
    "TransferDestruction",
]

_READ: Mapping[str, tuple[str, ...]] = {"GET": ("inventory.read",)}
_WRITE: Mapping[str, tuple[str, ...]] = {"POST": ("inventory.write",)}


class ExpiredList(BackofficeView):
    """`GET /api/inventory/expired`: the first to expire first."""

    permissions = _READ
    filterset_class = ExpiredFilters
    paging_class = BackofficePaging
    shows_stock = False  # what is on hand, not what is promised

    @documentation.list_expired
    def get(self, request: Request) -> HttpResponse:
        self.location()
        rows: QuerySet[Any] = expired_goods(access=self.access, days_ahead=self._days_ahead())
        rows = rows.annotate(worth=Coalesce("value", Value(Decimal(0))))
        rows = self.filtered(rows.order_by("last_day", "sku__code_key", "pk"))
        today = self.access.organization.today()
        shown = self.paged(self.page(rows, lambda keys: expired_objects(keys, today)))
        shown.data["totals"] = totals_object(totals_of(rows))
        return shown

    def _days_ahead(self) -> int:
        """0 for what the filters are going to refuse."""
        text = self.request.query_params.get("daysAhead", "0")
        return min(int(text), MOST_DAYS_AHEAD) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class ExpiredWrite(BackofficeView):
    permissions = _WRITE
    body_class: ClassVar[type[BaseSerializer[Any]]]

    def values(self, request: Request) -> tuple[dict[str, Any], list[WantedUnits]]:
        body = self.body_class(data=request.data)
        body.is_valid(raise_exception=True)
        lines = [
            WantedUnits(line["stockItemId"], line.get("quantity"), index)
            for index, line in enumerate(body.validated_data["lines"])
        ]
        return body.validated_data, lines


class MarkExpired(ExpiredWrite):
    """`POST /api/inventory/expired/mark-expired`."""

    body_class = MarkExpiredBody

    @documentation.mark_expired
    def post(self, request: Request) -> HttpResponse:
        values, lines = self.values(request)

        def work() -> HttpResponse:
            marked, adjustment = mark_expired(
                access=self.access, source=Source.BACKOFFICE, lines=lines, note=values.get("note", "")
            )
            return Response(marked_object(marked, adjustment))

        return self.write(work)


class MarkConsumed(ExpiredWrite):
    """`POST /api/inventory/expired/mark-consumed`."""

    body_class = MarkConsumedBody

    @documentation.mark_consumed
    def post(self, request: Request) -> HttpResponse:
        values, lines = self.values(request)

        def work() -> HttpResponse:
            consumed, adjustment = mark_consumed(
                access=self.access, source=Source.BACKOFFICE, lines=lines, note=values.get("note", "")
            )
            return Response(consumed_object(consumed, adjustment))

        return self.write(work)


class DestructionView(BackofficeView):
    shows_stock = False

    def shown(self, destruction: Destruction, *, status: int = 200) -> HttpResponse:
        shown = destruction_record(destruction)
        address = f"/{self.contract}/api/inventory/destructions/{destruction.public_id}"
        headers = {"Location": address} if status == 201 else {}
        return self.record(shown, tag_of(version_of(destruction), shown), status=status, headers=headers)


class TransferDestruction(DestructionView, ExpiredWrite):
    """`POST /api/inventory/expired/transfer-destruction`."""

    body_class = DestructionBody

    @documentation.transfer_destruction
    def post(self, request: Request) -> HttpResponse:
        values, lines = self.values(request)

        def work() -> HttpResponse:
            destruction = destroy(
                access=self.access,
                lines=lines,
                reason=values["reason"],
                note=values.get("note", ""),
                bin_id=values.get("binId"),
            )
            return self.shown(destruction, status=201)

        return self.write(work)


class DestructionList(DestructionView):
    """`GET /api/inventory/destructions`: the newest first."""

    permissions = _READ
    filterset_class = DestructionFilters
    paging_class = BackofficePaging

    @documentation.list_destructions
    def get(self, request: Request) -> HttpResponse:
        self.location()
        rows = visible_destructions(self.access).order_by("-created_at", "-pk")
        return self.paged(self.page(self.filtered(rows), lambda keys: destruction_objects(self.access, keys)))


class DestructionDetail(DestructionView):
    """`GET /api/inventory/destructions/[id]`."""

    permissions = _READ

    @documentation.get_destruction
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(find_destruction(access=self.access, public_id=id))
