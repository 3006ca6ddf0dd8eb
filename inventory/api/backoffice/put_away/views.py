"""The put-away routes: `/api/inventory/put-away` and a task under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from inventory import put_away
from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.backoffice.put_away import documentation
from inventory.api.backoffice.put_away.bodies import PutAwayActionBody, PutAwayBody
from inventory.api.backoffice.put_away.filters import PutAwayFilters
from inventory.api.backoffice.put_away.objects import task_object, task_rows, version_of
from inventory.api.tags import require_tag, tag_of
from inventory.models import PutAway, PutAwayLine
from inventory.names import Names
from warehouses.http.etags import Expected, expected_tags
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Refusal, gather

__all__ = ["PutAwayDetail", "PutAwayList"]


class PutAwayView(BackofficeView):
    shows_stock = False  # a task shows nothing of what is reserved
    permissions = {"GET": (put_away.READ,), "POST": (put_away.WRITE,)}
    pointer_names: ClassVar[Mapping[str, str]] = {**BackofficeView.pointer_names, "line": "lineId"}

    def shown(self, task: PutAway, *, status: int = 200) -> HttpResponse:
        shown = task_object(self.access, task)
        tag = tag_of(version_of(task), shown)
        here = f"/{self.contract}/api/inventory/put-away/{task.public_id}"
        return self.record(shown, tag, status=status, headers={"Location": here} if status == 201 else {})


class PutAwayList(PutAwayView):
    """`GET` and `POST /api/inventory/put-away`."""

    filterset_class = PutAwayFilters
    paging_class = BackofficePaging

    @documentation.list_put_away
    def get(self, request: Request) -> HttpResponse:
        rows = put_away.visible_tasks(access=self.access).order_by("-created_at", "-pk")
        return self.paged(self.page(self.filtered(rows), task_rows))

    @documentation.create_put_away
    def post(self, request: Request) -> HttpResponse:
        body = PutAwayBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        return self.write(lambda: self._create(values))

    def _create(self, values: Mapping[str, Any]) -> HttpResponse:
        rows: Sequence[Mapping[str, Any]] = values["lines"]
        names = Names(
            self.access,
            put_away.WRITE,
            skus=(row["sku"] for row in rows),
            locations=(values["locationId"],),
            bins=(row.get(name) for row in rows for name in ("fromBinId", "toBinId")),
            lots=(row.get("lotId") for row in rows),
        )
        location = names.location(values["locationId"])
        goods: list[put_away.GoodsToPut] = []
        refused: list[Refusal] = []
        for index, row in enumerate(rows):
            try:
                goods.append(_goods(names, row, location, index))
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise gather(refused)
        task = put_away.create_put_away(
            access=self.access,
            warehouse=location,
            goods=goods,
            note=values.get("note", ""),
            reference=values.get("referenceId", ""),
        )
        return self.shown(task, status=201)


class PutAwayDetail(PutAwayView):
    """`GET` and `POST /api/inventory/put-away/[id]`."""

    @documentation.get_put_away
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(put_away.find_put_away(access=self.access, public_id=id))

    @documentation.act_on_put_away
    def post(self, request: Request, id: str) -> HttpResponse:
        body = PutAwayActionBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        expected = expected_tags(request._request)
        return self.write(lambda: self._act(id, values, expected))

    def _act(self, public_id: str, values: Mapping[str, Any], expected: Expected) -> HttpResponse:
        task = put_away.find_put_away(access=self.access, public_id=public_id, permission=put_away.WRITE)
        given: dict[str, Any] = {
            "access": self.access,
            "task": task,
            "note": values.get("note", ""),
            "condition": lambda locked: require_tag(expected, version_of(locked)),
        }
        if values["action"] == "cancel":
            return self.shown(put_away.cancel_put_away(**given))
        lines = self._lines(task, values.get("lines", ()))
        return self.shown(put_away.complete_put_away(**given, lines=lines))

    def _lines(self, task: PutAway, rows: Sequence[Mapping[str, Any]]) -> list[put_away.PutLine]:
        """What the rows name. Raises every bad row together."""
        names = Names(self.access, put_away.WRITE, bins=(row.get("toBinId") for row in rows))
        lines: list[put_away.PutLine] = []
        refused: list[Refusal] = []
        for index, row in enumerate(rows):
            try:
                shelf = (
                    names.bin(row["toBinId"], task.warehouse, index, field="to_bin")
                    if "toBinId" in row
                    else None
                )
            except Refusal as refusal:
                refused.append(refusal)
                continue
            key = decode(PutAwayLine.prefix, row["lineId"])
            lines.append(put_away.PutLine(key, row.get("quantity"), shelf, index))
        if refused:
            raise gather(refused)
        return lines


def _goods(names: Names, row: Mapping[str, Any], location: Warehouse, index: int) -> put_away.GoodsToPut:
    sku = names.sku(row["sku"], index)
    return put_away.GoodsToPut(
        sku=sku,
        quantity=row["quantity"],
        from_bin=names.bin(row["fromBinId"], location, index, field="from_bin"),
        lot=names.lot(row["lotId"], sku, index) if "lotId" in row else None,
        to_bin=names.bin(row["toBinId"], location, index, field="to_bin") if "toBinId" in row else None,
        index=index,
    )
