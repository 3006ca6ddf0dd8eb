"""`/api/inventory/cycle-count/resolve` and `/decide`: what becomes of the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from cycle_counts import review
from cycle_counts.api.assignees import find_assignees
from cycle_counts.api.base import WRITES, CountView
from cycle_counts.api.reviews import documentation
from cycle_counts.api.reviews.bodies import DecideBody, ResolveBody
from cycle_counts.models import CountLine
from cycle_counts.review import LineResolution
from cycle_counts.rights import COUNT
from inventory.names import Names
from warehouses.identifiers import decode
from warehouses.refusals import NotFound, Problem, within_rows

__all__ = ["Decisions", "Resolution", "RootResolution"]


class ReviewView(CountView):
    rows_field = "lines"
    pointer_names: ClassVar[Mapping[str, str]] = {**CountView.pointer_names, "batch": "batchId"}

    def pointer_of(self, problem: Problem) -> str:
        if problem.field in {"assignees", "recount_assignees"}:
            place = "" if problem.index is None else f"/{problem.index}"
            return f"/recountAssigneeIds{place}"
        return super().pointer_of(problem)

    def resolutions(self, rows: Sequence[Mapping[str, Any]]) -> list[LineResolution]:
        """Raises `COUNT_LINE_NOT_FOUND`, `INVENTORY_NOT_FOUND`, for all bad rows."""
        names = Names(self.access, COUNT, skus=(row.get("sku") for row in rows))

        def resolution(row: Mapping[str, Any], index: int) -> LineResolution:
            line_id = decode(CountLine.prefix, row["lineId"])
            if line_id is None:
                detail = "The count has no such line."
                problem = Problem("COUNT_LINE_NOT_FOUND", detail, index, "line")
                raise NotFound("COUNT_LINE_NOT_FOUND", detail, problems=[problem])
            return LineResolution(
                line_id=line_id,
                resolution=row["resolution"],
                root_cause=row.get("rootCause"),
                note=row.get("note"),
                sku=names.sku(row["sku"], index) if "sku" in row else None,
                index=index,
            )

        return within_rows(rows, resolution)


class Resolution(ReviewView):
    """`POST /api/inventory/cycle-count/resolve`."""

    permissions = WRITES

    @documentation.resolve_count
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(ResolveBody)
        condition = self.condition()

        def work() -> HttpResponse:
            batch = self.found(values["batchId"])
            again = None
            if "recountAssigneeIds" in values:
                again = find_assignees(self.access, values["recountAssigneeIds"])
            done = review.resolve_batch(
                access=self.access,
                batch=batch,
                resolutions=self.resolutions(values.get("lines", ())),
                accepts_rest="lines" not in values,
                recount_assignees=again,
                note=values.get("note", ""),
                version=values.get("version"),
                condition=condition,
            )
            return self.shown(done.batch)

        return self.write(work)


class Decisions(ReviewView):
    """`POST /api/inventory/cycle-count/decide`: nothing is posted by it."""

    permissions = WRITES

    @documentation.decide_lines
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(DecideBody)
        condition = self.condition()

        def work() -> HttpResponse:
            batch = review.decide_lines(
                access=self.access,
                batch=self.found(values["batchId"]),
                resolutions=self.resolutions(values["lines"]),
                version=values.get("version"),
                condition=condition,
            )
            return self.shown(batch)

        return self.write(work)


class RootResolution(Resolution):
    """`POST /cycle-count/resolve`: the same, where the document names it without `/api/inventory`."""

    @documentation.resolve_count_at_root
    def post(self, request: Request) -> HttpResponse:
        return super().post(request)
