"""`/api/inventory/cycle-count/abc` and `/accuracy`: what is due, and how exact the books were."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from cycle_counts import abc, reports
from cycle_counts.api.base import BOTH, READS
from cycle_counts.api.batches.views import PlanView
from cycle_counts.api.reports import documentation
from cycle_counts.api.reports.bodies import ClassPlanBody
from cycle_counts.api.reports.filters import AccuracyFilters, ClassFilters
from cycle_counts.api.reports.objects import accuracy_object, class_object, summary_object
from cycle_counts.models import Classification, CountLine, Origin
from cycle_counts.rights import COUNT
from inventory.api.backoffice.base import BackofficePaging
from warehouses import replica
from warehouses.http.instants import instant_or_none
from warehouses.http.paging import in_order

__all__ = ["Accuracy", "Classes"]


class Classes(PlanView):
    """`GET` and `POST /api/inventory/cycle-count/abc`."""

    permissions = BOTH
    filterset_class = ClassFilters
    paging_class = BackofficePaging
    reading_parameters = ("locationId",)

    @documentation.list_classes
    def get(self, request: Request) -> HttpResponse:
        place = self.location(permission=COUNT)
        given = ClassFilters.values(
            Classification.objects.none(), request._request, besides=self.known_parameters()
        )
        rows = abc.class_page(
            access=self.access,
            warehouse=place,
            abc_class=given["abcClass"] or "",
            due_only=bool(given["dueOnly"]),
            search=given["search"] or "",
        )

        def shown(keys: list[Any]) -> list[dict[str, Any]]:
            found = in_order(keys, Classification.objects.filter(pk__in=keys).select_related("sku"))
            return [class_object(row) for row in abc.class_rows(found, access=self.access, warehouse=place)]

        answer = self.paged(self.page(rows, shown))
        summary = abc.summary_of(access=self.access, warehouse=place)
        answer.data |= {
            "classes": [summary_object(row) for row in summary.classes],
            "classifiedAt": instant_or_none(summary.classified_at),
            "currency": self.access.organization.currency,
        }
        return answer

    @documentation.create_count_by_class
    def post(self, request: Request) -> HttpResponse:
        values = self.values_of(ClassPlanBody)
        return self.write(lambda: self.create(values, Origin.ABC))


class Accuracy(PlanView):
    """`GET /api/inventory/cycle-count/accuracy`."""

    permissions = READS
    filterset_class = AccuracyFilters
    query_parameters = ("locationId",)

    @documentation.get_accuracy
    def get(self, request: Request) -> HttpResponse:
        place = self.location(permission=COUNT)
        given = AccuracyFilters.values(
            CountLine.objects.none(), request._request, besides=self.known_parameters()
        )
        rows = replica.read(
            lambda: reports.accuracy(
                access=self.access, warehouse=place, weeks=given["weeks"] or 12, until=given["until"]
            )
        )
        shown = [accuracy_object(row) for row in rows]
        return Response({"data": shown, "currency": self.access.organization.currency})
