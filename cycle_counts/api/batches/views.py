"""The routes of cycle counts: `/api/inventory/cycle-count` and what is done with one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from cycle_counts import counting, planning
from cycle_counts.api.assignees import find_assignees
from cycle_counts.api.base import BOTH, WRITES, CountView
from cycle_counts.api.batches import documentation
from cycle_counts.api.batches.bodies import ActBody, PlanBody
from cycle_counts.api.batches.filters import BatchFilters
from cycle_counts.api.batches.named import NamedCounts, NamedPlan, tolerance_in
from cycle_counts.api.batches.objects import batch_object, batch_rows, line_objects, version_of
from cycle_counts.models import CountBatch, Origin
from cycle_counts.rights import visible_batches
from cycle_counts.states import Condition
from inventory.api.backoffice.base import BackofficePaging
from inventory.api.tags import tag_of
from warehouses.refusals import Problem

__all__ = ["BatchDetail", "BatchList", "BatchPreview", "PlanView", "RootBatchDetail", "RootBatchList"]

#: The lists of a plan whose entries can be at fault, by our word for them.
_LISTS = {
    "bins": "binIds",
    "bin": "binIds",
    "rooms": "roomIds",
    "room": "roomIds",
    "skus": "skus",
    "sku": "skus",
    "classes": "classes",
    "assignees": "assigneeIds",
}


class LinePaging(BackofficePaging):
    default_size = 200
    maximum_size = 1000


class PlanView(CountView):
    """A view whose body plans a count."""

    def pointer_of(self, problem: Problem) -> str:
        """An entry of a list is named by its place in it."""
        named = _LISTS.get(problem.field or "")
        if named is not None and problem.index is not None:
            return f"/{named}/{problem.index}"
        return super().pointer_of(problem)

    def create(self, values: Mapping[str, Any], origin: Origin = Origin.PLANNED) -> HttpResponse:
        """Make the count that the body plans."""
        named = NamedPlan(self.access, values)
        warehouse = named.warehouse()
        batch = planning.create_batch(
            access=self.access,
            warehouse=warehouse,
            scope=named.scope(warehouse),
            name=values.get("name", ""),
            is_blind=values.get("blind"),
            tolerance=tolerance_in(values) if "tolerance" in values else None,
            assignees=find_assignees(self.access, values.get("assigneeIds", ())),
            due_on=values.get("dueOn"),
            note=values.get("note", ""),
            origin=origin,
        )
        return self.shown(batch, status=201)


class BatchList(PlanView):
    """`GET` and `POST /api/inventory/cycle-count`."""

    permissions = BOTH
    filterset_class = BatchFilters
    paging_class = BackofficePaging

    @documentation.list_counts
    def get(self, request: Request) -> HttpResponse:
        rows = visible_batches(access=self.access).order_by("-created_at", "-pk")
        return self.paged(self.page(self.filtered(rows), batch_rows(self.access)))

    @documentation.create_count
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(PlanBody)
        return self.write(lambda: self.create(values))


class BatchPreview(PlanView):
    """`POST /api/inventory/cycle-count/preview`: it changes nothing."""

    permissions = WRITES

    @documentation.preview_count
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(PlanBody)
        named = NamedPlan(self.access, values)
        warehouse = named.warehouse()
        assignees = find_assignees(self.access, values.get("assigneeIds", ()))
        planning.require_assignees(self.access, warehouse, assignees)
        found = planning.preview(access=self.access, warehouse=warehouse, scope=named.scope(warehouse))
        shown = {
            "lines": found.lines,
            "bins": found.bins,
            "skus": found.skus,
            "seconds": found.seconds,
            "reasons": list(found.reasons),
        }
        return Response(shown)


class BatchDetail(CountView):
    """`GET` and `POST /api/inventory/cycle-count/[batchId]`."""

    permissions = BOTH
    paging_class = LinePaging
    pointer_names: ClassVar[Mapping[str, str]] = {**CountView.pointer_names, "reason": "reason"}

    def pointer_of(self, problem: Problem) -> str:
        """A fault of a row is one of `counts`, unless it is of a bin that was visited or of an assignee."""
        if problem.index is None:
            return super().pointer_of(problem)
        if problem.field == "assignees":
            return f"/assigneeIds/{problem.index}"
        if problem.field == "visited":
            return f"/visited/{problem.index}/binId"
        return f"/counts/{problem.index}{super().pointer_of(problem)}"

    @documentation.get_count
    def get(self, request: Request, batchId: str) -> HttpResponse:
        batch = self.found(batchId)
        if not request.query_params.keys() & LinePaging.parameters():
            shown = batch_object(self.access, batch)
        else:
            lines = batch.lines.order_by("position")
            page = self.page(lines, lambda keys: line_objects(self.access, batch, keys))
            paging = {
                "page": page.page,
                "limit": page.size,
                "total": page.total,
                "totalPages": page.total_pages,
            }
            shown = batch_object(self.access, batch, lines=()) | {"lines": page.rows, "pagination": paging}
        return self.record(shown, tag_of(version_of(batch), shown))

    @documentation.act_on_count
    def post(self, request: Request, batchId: str) -> HttpResponse:
        values = self.values_of(ActBody)
        condition = self.condition(values.get("version"))

        def work() -> HttpResponse:
            batch = self.found(batchId)
            if values["action"] == "count":
                return self._count(batch, values, condition)
            return self.shown(self._act(batch, values, condition))

        return self.write(work)

    def _count(self, batch: CountBatch, values: Mapping[str, Any], condition: Condition) -> HttpResponse:
        named = NamedCounts(self.access, values, batch.warehouse)
        done = counting.count_lines(
            access=self.access,
            batch=batch,
            counts=named.counts(),
            visited=named.visited(),
            sent_at=values.get("sentAt"),
            condition=condition,
        )
        return self.shown(done.batch, lines=[line.pk for line in done.lines])

    def _act(self, batch: CountBatch, values: Mapping[str, Any], condition: Condition) -> CountBatch:
        if values["action"] == "start":
            return counting.start_batch(access=self.access, batch=batch, condition=condition)
        if values["action"] == "submit":
            return counting.submit_batch(access=self.access, batch=batch, condition=condition)
        if values["action"] == "cancel":
            return counting.cancel_batch(
                access=self.access, batch=batch, reason=values.get("reason", ""), condition=condition
            )
        return planning.update_batch(
            access=self.access, batch=batch, changes=self._changes(values), condition=condition
        )

    def _changes(self, values: Mapping[str, Any]) -> planning.BatchChanges:
        changes: planning.BatchChanges = {}
        if "name" in values:
            changes["name"] = values["name"] or ""
        if "dueOn" in values:
            changes["due_on"] = values["dueOn"]
        if "assigneeIds" in values:
            changes["assignees"] = find_assignees(self.access, values["assigneeIds"] or ())
        if "note" in values:
            changes["note"] = values["note"] or ""
        if "blind" in values:
            changes["is_blind"] = values["blind"]
        if "tolerance" in values:
            changes["tolerance"] = tolerance_in(values)
        return changes


class RootBatchList(BatchList):
    """`GET` and `POST /cycle-count`: the same, where the document names it without `/api/inventory`."""

    @documentation.list_counts_at_root
    def get(self, request: Request) -> HttpResponse:
        return super().get(request)

    @documentation.create_count_at_root
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)


class RootBatchDetail(BatchDetail):
    """`GET` and `POST /cycle-count/[batchId]`."""

    @documentation.get_count_at_root
    def get(self, request: Request, batchId: str) -> HttpResponse:
        return super().get(request, batchId)

    @documentation.act_on_count_at_root
    def post(self, request: Request, batchId: str) -> HttpResponse:
        return super().post(request, batchId)
