"""The stock-request routes: `/api/stock-requests` and what is done with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api.backoffice.base import BackofficePaging, BackofficeView
from inventory.api.tags import require_tag, tag_of
from inventory.names import Names
from stock_requests import drafting
from stock_requests.api.requests import documentation
from stock_requests.api.requests.bodies import (
    ApproveBody,
    CommentBody,
    LineBody,
    RejectBody,
    RequestBody,
    RequestChangeBody,
    RollbackBody,
    StatusBody,
    SubmitBody,
)
from stock_requests.api.requests.filters import LineFilters, RequestFilters
from stock_requests.api.requests.named import Named, line_key
from stock_requests.api.requests.objects import (
    comment_object,
    line_page,
    request_object,
    request_rows,
    status_object,
    version_of,
)
from stock_requests.comments import add_comment
from stock_requests.decisions.approving import LineDecision, Substitute, approve_request, reject_request
from stock_requests.decisions.rollbacks import rollback_request
from stock_requests.drafting import Destination
from stock_requests.models import Priority, Remainder, RequestState, StockRequest
from stock_requests.rights import APPROVE, READ, WRITE, editor, find_request, visible_requests
from stock_requests.states import Condition, require_version, seize
from stock_requests.status import LineQuantity, set_status
from warehouses.http.etags import Expected, expected_tags
from warehouses.refusals import NotFound, readdressed, within_rows

__all__ = [
    "RequestApproval",
    "RequestComments",
    "RequestDetail",
    "RequestLines",
    "RequestList",
    "RequestRejection",
    "RequestRollback",
    "RequestStatus",
    "RequestSubmission",
    "RequestView",
]

_WRITES: Final[Mapping[str, tuple[str, ...]]] = {"POST": (WRITE,)}
_DECIDES: Final[Mapping[str, tuple[str, ...]]] = {"POST": (APPROVE,)}
_BOTH: Final[Mapping[str, tuple[str, ...]]] = {"GET": (READ,), "POST": (WRITE,)}


class RequestView(BackofficeView):
    pointer_names: ClassVar[Mapping[str, str]] = {
        **BackofficeView.pointer_names,
        "to_room": "toRoomId",
        "department": "toDepartmentId",
        "stocklist": "stocklistId",
        "needed_by": "neededBy",
        "reason": "reason",
        "line": "lineId",
        "state": "status",
    }

    def found(self, public_id: str, permission: str = READ) -> StockRequest:
        return find_request(access=self.access, public_id=public_id, permission=permission)

    def shown(self, request: StockRequest, *, status: int = 200) -> HttpResponse:
        shown = request_object(self.access, request)
        here = f"/{self.contract}/api/stock-requests/{request.public_id}"
        headers = {"Location": here} if status == 201 else {}
        return self.record(shown, tag_of(version_of(request), shown), status=status, headers=headers)

    def values_of(self, body: type[serializers.Serializer[Any]]) -> Mapping[str, Any]:
        sent = body(data=self.request.data)
        sent.is_valid(raise_exception=True)
        values: Mapping[str, Any] = sent.validated_data
        return values

    def expected(self) -> Expected:
        return expected_tags(self.request._request)

    def condition(self, version: int | None = None) -> Condition:
        """What `If-Match` and the body's `version` ask of the locked request."""
        expected = self.expected()
        is_version = require_version(version)

        def check(locked: StockRequest) -> None:
            require_tag(expected, version_of(locked))
            is_version(locked)

        return check

    def act(
        self, public_id: str, permission: str, work: Callable[[StockRequest], StockRequest]
    ) -> HttpResponse:
        """Do it once, and show what has become of the request."""
        return self.write(lambda: self.shown(work(self.found(public_id, permission))))


class RequestList(RequestView):
    """`GET` and `POST /api/stock-requests`."""

    shows_stock = False
    permissions = _BOTH
    filterset_class = RequestFilters
    paging_class = BackofficePaging

    @documentation.list_requests
    def get(self, request: Request) -> HttpResponse:
        rows = visible_requests(access=self.access).order_by("-created_at", "-pk")
        return self.paged(self.page(self.filtered(rows), request_rows(self.access)))

    @documentation.create_request
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(RequestBody)
        return self.write(lambda: self._create(values))

    def _create(self, values: Mapping[str, Any]) -> HttpResponse:
        named = Named(self.access, values, skus=(row["sku"] for row in values.get("lines", ())))
        stocklist = named.stocklist()
        if stocklist is not None and "fromLocationId" not in values:
            source = stocklist.from_warehouse
        else:
            source = named.location("fromLocationId", "from_warehouse")
        present = Destination.of(stocklist) if stocklist is not None else Destination()
        category = stocklist.category if stocklist is not None else None
        note = stocklist.note if stocklist is not None else ""
        priority = Priority(stocklist.priority) if stocklist is not None else Priority.NORMAL
        created = drafting.create_request(
            access=self.access,
            from_warehouse=source,
            to=named.destination(present),
            category=named.category() if "categoryId" in values else category,
            priority=Priority.of(values["priority"]) if "priority" in values else priority,
            needed_by=values.get("neededBy"),
            note=values.get("note", note),
            lines=named.wanted(),
            stocklist=stocklist,
        )
        return self.shown(created, status=201)


class RequestDetail(RequestView):
    """`GET`, `PATCH` and `DELETE /api/stock-requests/[id]`."""

    permissions = {"GET": (READ,), "PATCH": (WRITE,), "DELETE": (WRITE,)}
    rows_field = "lines"

    @documentation.get_request
    def get(self, request: Request, id: str) -> HttpResponse:
        return self.shown(self.found(id))

    @documentation.change_request
    def patch(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(RequestChangeBody)
        if "version" not in values and self.expected() is None:
            # Two who change what they read at the same time: the second must not undo what the first has done.
            words = "Say which version you have read, here or with If-Match."
            raise serializers.ValidationError({"version": serializers.ErrorDetail(words, code="required")})
        condition = self.condition(values.get("version"))
        return self.act(id, WRITE, lambda found: self._change(found, values, condition))

    def _change(self, found: StockRequest, values: Mapping[str, Any], condition: Condition) -> StockRequest:
        named = Named(self.access, values, skus=(row.get("sku") for row in values.get("lines", ())))
        changes: drafting.RequestChanges = {}
        if "fromLocationId" in values:
            changes["from_warehouse"] = named.location("fromLocationId", "from_warehouse")
        if named.names_destination():
            changes["to"] = named.destination(Destination.of(found))
        if "categoryId" in values:
            changes["category"] = named.category()
        if "priority" in values:
            changes["priority"] = Priority.of(values["priority"])
        if "neededBy" in values:
            changes["needed_by"] = values["neededBy"]
        if "note" in values:
            changes["note"] = values["note"] or ""
        if "lines" in values:
            changes["lines"] = named.changed()
        return drafting.update_request(
            access=self.access, request=found, changes=changes, condition=condition
        )

    @documentation.delete_request
    def delete(self, request: Request, id: str) -> HttpResponse:
        condition = self.condition()

        def work() -> HttpResponse:
            drafting.delete_request(access=self.access, request=self.found(id, WRITE), condition=condition)
            return Response(status=204)

        return self.write(work, body={})


class RequestLines(RequestView):
    """`GET` and `POST /api/stock-requests/[id]/lines`."""

    permissions = _BOTH
    filterset_class = LineFilters
    paging_class = BackofficePaging

    @documentation.list_request_lines
    def get(self, request: Request, id: str) -> HttpResponse:
        found = self.found(id)
        rows = self.filtered(found.lines.order_by("position"))
        return self.paged(self.page(rows, line_page(self.access, found)))

    @documentation.add_request_line
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(LineBody)
        condition = self.condition()

        def work() -> HttpResponse:
            found = self.found(id, WRITE)
            sku = Names(self.access, WRITE, skus=[values["sku"]]).sku(values["sku"])
            line = drafting.add_line(
                access=self.access,
                request=found,
                line=drafting.WantedLine(sku, values["quantity"], values.get("note", "")),
                condition=condition,
            )
            found.refresh_from_db(fields=["version"])
            shown = request_object(self.access, found)
            (added,) = (row for row in shown["lines"] if row["id"] == line.public_id)
            answer = {**added, "requestId": found.public_id, "requestVersion": shown["version"]}
            here = f"/{self.contract}/api/stock-requests/{found.public_id}/lines?lineId={line.public_id}"
            tag = tag_of(version_of(found), shown)
            return self.record(answer, tag, status=201, headers={"Location": here})

        return self.write(work)


class RequestSubmission(RequestView):
    """`POST /api/stock-requests/[id]/submit`."""

    permissions = _WRITES

    @documentation.submit_request
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(SubmitBody)
        condition = self.condition(values.get("version"))
        return self.act(
            id,
            WRITE,
            lambda found: drafting.submit_request(
                access=self.access, request=found, note=values.get("note", ""), condition=condition
            ),
        )


class RequestApproval(RequestView):
    """`POST /api/stock-requests/[id]/approve`."""

    permissions = _DECIDES
    rows_field = "lines"

    @documentation.approve_request
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(ApproveBody)
        condition = self.condition()
        return self.act(id, APPROVE, lambda found: self._approve(found, values, condition))

    def _approve(self, found: StockRequest, values: Mapping[str, Any], condition: Condition) -> StockRequest:
        rows = values.get("lines", ())
        given = (each["sku"] for row in rows for each in row.get("substitutes", ()))
        names = Names(self.access, APPROVE, skus=given)

        def decision(row: Mapping[str, Any], index: int) -> LineDecision:
            return LineDecision(
                line_id=line_key(row),
                quantity=row["quantity"],
                reason=row.get("reason", ""),
                remainder=_remainder(row),
                substitutes=_substitutes(names, row, index),
                index=index,
            )

        return approve_request(
            access=self.access,
            request=found,
            lines=within_rows(rows, decision),
            note=values.get("note", ""),
            remainder=_remainder(values),
            reason=values.get("reason", ""),
            version=values.get("version"),
            condition=condition,
        )


class RequestRejection(RequestView):
    """`POST /api/stock-requests/[id]/reject`."""

    permissions = _DECIDES

    @documentation.reject_request
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(RejectBody)
        condition = self.condition()
        return self.act(
            id,
            APPROVE,
            lambda found: reject_request(
                access=self.access,
                request=found,
                reason=values["reason"],
                version=values.get("version"),
                condition=condition,
            ),
        )


class RequestRollback(RequestView):
    """`POST /api/stock-requests/[id]/rollback`."""

    permissions = _WRITES

    @documentation.rollback_request
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(RollbackBody)
        condition = self.condition(values.get("version"))
        return self.act(
            id,
            WRITE,
            lambda found: rollback_request(
                access=self.access, request=found, reason=values.get("reason", ""), condition=condition
            ),
        )


class RequestComments(RequestView):
    """`POST /api/stock-requests/[id]/comment`."""

    permissions = _WRITES

    @documentation.comment_on_request
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(CommentBody)
        is_conditional = self.expected() is not None
        condition = self.condition()

        def work() -> HttpResponse:
            found = self.found(id, WRITE)
            if is_conditional:
                seize(found, authorize=editor(self.access), states=RequestState.values, condition=condition)
            comment = add_comment(access=self.access, request=found, text=values["text"])
            here = f"/{self.contract}/api/stock-requests/{found.public_id}"
            return Response(comment_object(comment), status=201, headers={"Location": here})

        return self.write(work)


class RequestStatus(RequestView):
    """`GET` and `POST /api/stock-requests/[id]/status`."""

    shows_stock = False
    permissions = _BOTH
    rows_field = "lines"

    @documentation.get_request_status
    def get(self, request: Request, id: str) -> HttpResponse:
        found = self.found(id)
        shown = status_object(self.access, found)
        return self.record(shown, tag_of(version_of(found), shown))

    @documentation.set_request_status
    def post(self, request: Request, id: str) -> HttpResponse:
        values = self.values_of(StatusBody)
        condition = self.condition(values.get("version"))
        return self.act(id, WRITE, lambda found: self._set(found, values, condition))

    def _set(self, found: StockRequest, values: Mapping[str, Any], condition: Condition) -> StockRequest:
        return set_status(
            access=self.access,
            request=found,
            status=RequestState(values["status"]),
            reason=values.get("reason", ""),
            lines=[
                LineQuantity(
                    line_id=line_key(row),
                    quantity=row["quantity"],
                    remainder=_remainder(row),
                    reason=row.get("reason", ""),
                    index=index,
                )
                for index, row in enumerate(values.get("lines", ()))
            ],
            remainder=_remainder(values),
            condition=condition,
        )


def _substitutes(names: Names, row: Mapping[str, Any], index: int) -> list[Substitute]:
    """Raises NotFound `INVENTORY_NOT_FOUND` at the row's substitutes."""
    try:
        return [
            Substitute(names.sku(each["sku"], index), each["quantity"]) for each in row.get("substitutes", ())
        ]
    except NotFound as refusal:
        raise readdressed(refusal, range(index + 1), fields={"sku": "substitutes"}) from refusal


def _remainder(values: Mapping[str, Any]) -> Remainder | None:
    return Remainder(values["remainder"]) if "remainder" in values else None
