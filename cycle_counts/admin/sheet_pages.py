"""Counting on paper: a sheet to print or to fill in elsewhere, and what was written on it, keyed in or uploaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget

from cycle_counts import counting, sheets
from cycle_counts.admin.batch_acts import BatchActs
from cycle_counts.admin.batch_list import called
from cycle_counts.models import CountBatch, CountLine
from inventory.admin.act_pages import ActForm
from inventory.labels.code128 import code128
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.rendering import csv_text
from warehouses.identifiers import decode
from warehouses.refusals import Conflict, Refusal

__all__ = ["SheetPages", "SheetRow", "pages_of"]

#: What an A4 sheet holds under its head: a bin's heading takes a row too.
ROWS_PER_SHEET: Final = 13
_KEYED_PER_PAGE: Final = 200
_LARGEST_FILE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the printed sheet: the heading of a bin, or one line in it."""

    place: sheets.FormBin
    line: sheets.FormLine | None = None
    is_continued: bool = False

    @property
    def bars(self) -> str:
        if self.line is not None:
            return code128(self.line.sku_code)
        return code128(self.place.bin.barcode or self.place.bin.code)


@dataclass(slots=True)
class KeyedLine:
    """A line of the grid, with what was typed and what is wrong with it."""

    place: sheets.FormBin
    line: sheets.FormLine
    typed: str = ""
    fault: str = ""

    @property
    def name(self) -> str:
        return f"count-{self.line.line_id}"


class UploadForm(ActForm):
    file = forms.FileField(
        label="Filled-in sheet (CSV)",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv,.tsv,.txt"}),
    )
    text = forms.CharField(
        label="Or paste its rows, with the header",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def sheet(self) -> str | None:
        """What was sent, or None, which becomes an error of the form."""
        upload, text = self.cleaned_data["file"], self.cleaned_data["text"]
        if upload is None:
            if not text.strip():
                self.add_error("file", "Choose a file, or paste its rows.")
                return None
            return str(text)
        if upload.size > _LARGEST_FILE:
            self.add_error("file", "The file is larger than 2 MB.")
            return None
        try:
            return str(upload.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", "Save the file as “CSV UTF-8”: some of its letters cannot be read.")
            return None


class SheetPages(BatchActs):
    """The half of the counts' admin for those who count on paper. No quantity of the books is on any of it."""

    @action(description="Print sheet", permissions=["act"], url_path="print-sheet", icon="print")
    def print_sheet(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For sheets of A4: where to go, what to scan, and boxes for what is there."""
        try:
            access, found = self.prepared(request, object_id, "print_sheet")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        form = sheets.form_of(access=access, batch=found)
        pages = pages_of(form)
        context = {
            "found": found,
            "name": called(access, found),
            "organization": access.organization,
            "bars": code128(found.label),
            "pages": pages,
            "page_count": len(pages),
            "line_count": sum(len(place.lines) for place in form.bins),
            "bin_count": len(form.bins),
            "printed_at": timezone.now(),
            "back": self.page_of(found),
        }
        return TemplateResponse(request, "cycle_counts/admin/sheet.html", context)

    @action(description="Download sheet", permissions=["act"], url_path="sheet.csv", icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        try:
            access, found = self.prepared(request, object_id, "download")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        text = csv_text(sheets.csv_rows(sheets.form_of(access=access, batch=found)))
        # The mark tells spreadsheets that it is UTF-8.
        return HttpResponse(
            f"\ufeff{text}",
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{found.label}.csv"'},
        )

    @action(description="Upload sheet…", permissions=["act"], url_path="upload", icon="upload_file")
    def upload(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All rows or none; what is wrong is told by row and column."""
        try:
            access, found = self.prepared(request, object_id, "upload")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        faults: list[tuple[str, str]] = []
        if request.method == "POST" and form.is_valid() and (text := form.sheet()) is not None:
            try:
                done = transactions.run(lambda: sheets.upload_sheet(access=access, batch=found, text=text))
            except Refusal as refusal:
                if refusal.code == "INVALID_TRANSITION":
                    return self.answer(request, refusal, self.page_of(found))
                faults = _by_row(refusal)
            else:
                self.log_change(request, found, "Sheet uploaded.")
                self.message_user(request, _uploaded(done), messages.SUCCESS)
                return HttpResponseRedirect(self.page_of(found))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Upload the sheet of {found.label}",
            "opts": self.opts,
            "found": found,
            "form": form,
            "faults": faults[:200],
            "more_faults": max(len(faults) - 200, 0),
            "errors": form.errors or faults,
            "download": self.address("download", found),
            "back": self.page_of(found),
        }
        status = 422 if form.errors or faults else 200
        return TemplateResponse(request, "cycle_counts/admin/upload.html", context, status=status)

    @action(description="Key in", permissions=["act"], url_path="key-in", icon="keyboard")
    def key_in(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The lines in the order of the sheet, each with a field for what was written on it."""
        try:
            access, found = self.prepared(request, object_id, "key_in")
        except Conflict as refusal:
            return self.answer(request, refusal, self.page_of(self.found(request, object_id)))
        form = sheets.form_of(access=access, batch=found)
        every = [KeyedLine(place, line) for place in form.bins for line in place.lines]
        pages = max(1, -(-len(every) // _KEYED_PER_PAGE))
        text = request.GET.get("page", "")
        number = (
            min(int(text), pages)
            if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text)
            else 1
        )
        lines = every[(number - 1) * _KEYED_PER_PAGE : number * _KEYED_PER_PAGE]
        general: list[str] = []
        if request.method == "POST":
            try:
                done = self._keyed(access, found, lines, request.POST)
            except Refusal as refusal:
                if refusal.code == "INVALID_TRANSITION":
                    return self.answer(request, refusal, self.page_of(found))
                general = _show(refusal, [each for each in lines if each.typed])
            else:
                if done:
                    words = f"{done:,} line{'s' * (done != 1)} counted."
                    self.message_user(request, words, messages.SUCCESS)
                    following = f"?page={number + 1}" if number < pages else ""
                    target = self.address("key_in", found) + following if following else self.page_of(found)
                    return HttpResponseRedirect(target)
                if not any(each.fault for each in lines):
                    general = ["Type how many there are, at least on one line."]
        is_wrong = bool(general) or any(each.fault for each in lines)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Key in {found.label}",
            "opts": self.opts,
            "found": found,
            "lines": lines,
            "general": general,
            "errors": is_wrong,
            "number": number,
            "pages": pages,
            "earlier": number - 1 if number > 1 else None,
            "later": number + 1 if number < pages else None,
            "first": (number - 1) * _KEYED_PER_PAGE,
            "back": self.page_of(found),
        }
        return TemplateResponse(
            request, "cycle_counts/admin/key_in.html", context, status=422 if is_wrong else 200
        )

    def _keyed(self, access: Access, found: CountBatch, lines: Sequence[KeyedLine], post: Any) -> int:
        """Count what is typed; 0 where nothing is, or something is no number, which its line then says."""
        counts: list[counting.Counted] = []
        for each in lines:
            each.typed = post.get(each.name, "").replace("\x00", "").strip()
            if not each.typed:
                continue
            digits = each.typed
            if not (
                digits.isascii()
                and digits.isdigit()
                and int(digits[:12]) <= MAXIMUM_QUANTITY
                and len(digits) < 12
            ):
                each.fault = "Enter a whole number, 0 or more."
                continue
            counts.append(
                counting.Counted(quantity=int(digits), line_id=_key_of(each.line.line_id), index=len(counts))
            )
        if not counts or any(each.fault for each in lines):
            return 0
        transactions.run(lambda: counting.count_lines(access=access, batch=found, counts=counts))
        return len(counts)


def pages_of(form: sheets.Form) -> list[list[SheetRow]]:
    """The rows of each sheet: a bin that goes on on the next one is named there again, and none is named last."""
    pages: list[list[SheetRow]] = [[]]

    def put(row: SheetRow, room: int) -> None:
        if len(pages[-1]) + room > ROWS_PER_SHEET:
            pages.append([])
            if row.line is not None:
                pages[-1].append(SheetRow(row.place, is_continued=True))
        pages[-1].append(row)

    for place in form.bins:
        put(SheetRow(place), 2 if place.lines else 1)
        for line in place.lines:
            put(SheetRow(place, line), 1)
    return [page for page in pages if page] or [[]]


def _key_of(public_id: str) -> UUID | None:
    return decode(CountLine.prefix, public_id)


def _uploaded(done: counting.Counts) -> str:
    number = len(done.lines)
    words = f"{number:,} line{'s' * (number != 1)} counted"
    return f"{words}, of which {done.replayed:,} were known already." if done.replayed else f"{words}."


def _by_row(refusal: Refusal) -> list[tuple[str, str]]:
    """Where in the sheet, as a spreadsheet numbers its rows, and what is wrong there."""
    if not refusal.problems:
        return [("", refusal.detail)]
    return [(_place(problem.index, problem.field), problem.detail) for problem in refusal.problems]


def _place(index: int | None, field: str | None) -> str:
    if index is None:
        return ""
    return f"Row {index + 2}, {field}" if field else f"Row {index + 2}"


def _show(refusal: Refusal, lines: Sequence[KeyedLine]) -> list[str]:
    """Put each problem at its line; what belongs to none is returned."""
    rest = []
    for problem in refusal.problems:
        if problem.index is not None and problem.index < len(lines):
            lines[problem.index].fault = problem.detail
        else:
            rest.append(problem.detail)
    return rest if refusal.problems else [refusal.detail]
