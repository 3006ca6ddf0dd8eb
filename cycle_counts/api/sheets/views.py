"""`/api/inventory/cycle-count/blind-form` and `/[batchId]/sheet`: counting on paper or in a spreadsheet."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from cycle_counts import sheets
from cycle_counts.api.base import READS, WRITES, CountView
from cycle_counts.api.sheets import documentation
from cycle_counts.api.sheets.bodies import SheetBody
from cycle_counts.api.sheets.objects import form_object
from warehouses.http.faults import invalid_parameters
from warehouses.http.negotiation import CSV, JsonOrCsv
from warehouses.http.rendering import csv_text
from warehouses.refusals import Problem

__all__ = ["BlindFormView", "SheetView"]

_REQUIRED: Final = ("batchId", "REQUIRED", "Say with batchId which count it is.")


class BlindFormView(CountView):
    """`GET /api/inventory/cycle-count/blind-form`: JSON, or with `Accept: text/csv` the sheet."""

    permissions = READS
    query_parameters = ("batchId",)
    content_negotiation_class = JsonOrCsv

    @documentation.get_blind_form
    def get(self, request: Request) -> HttpResponse:
        named = request.query_params.get("batchId")
        if named is None:
            raise invalid_parameters([_REQUIRED])
        form = sheets.form_of(access=self.access, batch=self.found(named))
        if request.accepted_media_type != CSV:
            return Response(form_object(form))
        name = f"count-{form.batch.label}.csv"
        return HttpResponse(
            csv_text(sheets.csv_rows(form)),
            content_type=f"{CSV}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


class SheetView(CountView):
    """`POST /api/inventory/cycle-count/[batchId]/sheet`: the sheet that comes back, as text/csv or inside JSON."""

    permissions = WRITES
    csv_field = "csv"

    def pointer_of(self, problem: Problem) -> str:
        """The row under the heading, from 0, and the column: as if the sheet were a list of rows."""
        if problem.index is None:
            return "/csv"
        column = f"/{problem.field}" if problem.field else ""
        return f"/csv/{problem.index}{column}"

    @documentation.upload_sheet
    def post(self, request: Request, batchId: str) -> HttpResponse:
        text = self.values_of(SheetBody)["csv"]
        condition = self.condition()

        def work() -> HttpResponse:
            done = sheets.upload_sheet(
                access=self.access, batch=self.found(batchId), text=text, condition=condition
            )
            return self.shown(done.batch, lines=[line.pk for line in done.lines])

        return self.write(work)
