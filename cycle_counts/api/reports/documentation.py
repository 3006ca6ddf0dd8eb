"""How the routes of classes and accuracy are described."""

from __future__ import annotations

from cycle_counts.abc import MOST_DUE
from cycle_counts.api.batches.documentation import LOCATION, MAKING, RECORD, TAG
from cycle_counts.api.batches.schemas import BatchRecord
from cycle_counts.api.reports.bodies import ClassPlanBody
from cycle_counts.api.reports.schemas import AccuracyReport, ClassPage
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.problem_codes import WAREHOUSE_NOT_FOUND
from warehouses.http.operations import Operation, Parameter

__all__ = ["create_count_by_class", "get_accuracy", "list_classes"]

list_classes = Operation(
    id="listAbcClasses",
    tag=TAG,
    summary="Get the ABC classes",
    description="The SKUs by what was used of them, by value: with their class, when they were counted, and when "
    "they are due. A task finds the classes out every night; `classes` is what each comes to, with how many SKUs "
    f"are due, counted up to {MOST_DUE:,}. What was used is not told to those who only count.",
    parameters={"locationId": Parameter("Only what is to be counted in this location.")},
    problems=(WAREHOUSE_NOT_FOUND,),
    result=ClassPage,
    answer={
        "data": [
            {
                "sku": "SKU-001",
                "skuId": "sku_01hx000000e008000000000004",
                "title": "Blue Widget 500ml",
                "abcClass": "A",
                "rank": 1,
                "units": 2008,
                "value": 8232.8,
                "share": 31.4,
                "cumulativeShare": 31.4,
                "lastCountedAt": None,
                "nextDueOn": "2026-03-12",
                "isDue": True,
            }
        ],
        "pagination": PAGINATION,
        "classes": [
            {"abcClass": "A", "skus": 1, "value": 8232.8, "share": 31.4, "due": 1, "intervalDays": 30},
            {"abcClass": "B", "skus": 0, "value": 0, "share": 0, "due": 0, "intervalDays": 90},
            {"abcClass": "C", "skus": 0, "value": 0, "share": 0, "due": 0, "intervalDays": 365},
        ],
        "classifiedAt": "2026-03-12T01:00:00.000Z",
        "currency": "EUR",
    },
)

create_count_by_class = Operation(
    id="createCycleCountByClass",
    tag=TAG,
    summary="Plan a cycle count by ABC class",
    description="Plan a count of the SKUs of some classes in a location: all of them, or those that are due, or the "
    "most urgent ones.",
    problems=MAKING,
    body=ClassPlanBody,
    example={"locationId": LOCATION, "classes": ["A", "B", "C"], "dueOnly": True, "limit": 1},
    result=BatchRecord,
    answer={
        **RECORD,
        "origin": "abc",
        "name": None,
        "scopeText": "Classes A, B, C; due; the first 1 line",
        "scope": {"classes": ["A", "B", "C"], "dueOnly": True, "limit": 1},
    },
    status=201,
    is_tagged=True,
)

get_accuracy = Operation(
    id="getCountAccuracy",
    tag=TAG,
    summary="Get how exact the books were",
    description="By the week in which counts were resolved, for each class and for all together: how many lines were "
    "exact, and by how many units and how much value the books were off. For those who review counts or see the "
    "stock.",
    parameters={"locationId": Parameter("Only counts of this location.")},
    problems=(WAREHOUSE_NOT_FOUND,),
    result=AccuracyReport,
    answer={
        "data": [
            {
                "week": "2026-03-09",
                "abcClass": None,
                "lines": 40,
                "hits": 36,
                "hitRate": 90,
                "unitsExpected": 4120,
                "unitsOff": 19,
                "unitAccuracy": 99.54,
                "valueExpected": 18204.5,
                "valueOff": 92.4,
                "valueAccuracy": 99.49,
            }
        ],
        "currency": "EUR",
    },
)
