"""Imports: a file is brought, looked at row by row, imported as far as it is good, and undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.admin.import_columns import ColumnsForm
from inventory.admin.import_page import RUN_LOOKS, page_of_run
from inventory.admin.labels import symbol_label
from inventory.import_runs import engine
from inventory.import_runs.downloads import bad_rows
from inventory.import_runs.kinds import kinds_for
from inventory.import_runs.runs import (
    choose_columns,
    discard,
    start_import,
    undo_import,
    visible_runs,
    wake,
)
from inventory.import_runs.uploads import LARGEST_FILE, upload
from inventory.models import ImportKind, ImportRun, ImportState
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.models import User
from warehouses.refusals import Refusal

__all__ = ["ImportRunAdmin"]

#: What is small is done while the person waits: seconds, and rows.
_PATIENCE: Final = 4.0
_SMALL: Final = 1_000
_SMALL_FILE: Final = 300_000
#: Of what is packed, for it may be a thousand times as large.
_SMALL_ARCHIVE: Final = 60_000
_PACKED: Final = (b"PK", b"\x1f\x8b")


class UploadForm(forms.Form):
    """A file, and what it is about where its columns do not say."""

    file = forms.FileField(
        label="CSV or Excel file (.csv, .xlsx)",
        error_messages={"required": "Choose a file first.", "empty": "The file is empty: choose another."},
        widget=forms.FileInput(
            attrs={"accept": ".csv,.tsv,.txt,.xlsx,.gz", "class": "import-file", "data-import-file": ""}
        ),
    )
    kind = forms.ChoiceField(label="What it is about", required=False)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(kind.value, str(kind.label)) for kind in ImportKind if kind.value in kinds]
        field: Any = self.fields["kind"]
        field.choices = [("", "Found out by its columns"), *choices]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(f"The file is larger than {LARGEST_FILE // 1_000_000} MB: split it.")
        return file


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyScopedAdmin):
    """Seen by whoever may import such files; stock of some warehouses: what they have brought themselves."""

    read_permission = "products.read"  # who may see which is `visible_runs`' to say
    icon = "upload_file"
    list_display = (
        "file_shown", "state_label", "kind_shown", "row_count", "done_count", "wrong_count", "actor_name", "created_at",
    )  # fmt: skip
    list_filter = ("state", "kind", "created_at")
    search_fields = ("file_name__icontains", "actor_name__icontains")
    search_help_text = "File, who, or number (imp_…)"
    ordering = ("-created_at", "-pk")
    list_before_template = "inventory/admin/import_upload.html"
    empty_hint = (
        "Nothing has been imported yet. Bring a file above: nothing is changed before you have seen it."
    )

    # --- who may

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        access = access_of(request)
        if access is None or not kinds_for(access):
            return False
        # Which of them, the rows of `narrow` say: asked for each row, a list would take a query for each.
        return not isinstance(obj, ImportRun) or obj.organization_id == access.organization.pk

    def narrow(self, request: HttpRequest, rows: QuerySet[Any], permission: str) -> QuerySet[Any]:
        access = access_of(request)
        if access is None or not kinds_for(access):
            return rows.none()
        return rows.filter(pk__in=visible_runs(access).order_by().values("pk"))

    # --- the list

    @admin.display(description="file", ordering="file_name")
    def file_shown(self, run: ImportRun) -> str:
        return run.file_name

    @display(description="state", ordering="state")
    def state_label(self, run: ImportRun) -> SafeString:
        return symbol_label(run.get_state_display(), RUN_LOOKS[ImportState(run.state)])

    @admin.display(description="what", ordering="kind")
    def kind_shown(self, run: ImportRun) -> str:
        return run.get_kind_display() if run.kind else "–"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        access = access_of(request)
        kinds = kinds_for(access) if access is not None else []
        context = {
            "upload_form": UploadForm(kinds=kinds),
            "upload_url": reverse("admin:inventory_importrun_upload"),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    # --- pages

    def get_urls(self) -> list[Any]:
        def page(route: str, view: Callable[..., Any], name: str) -> Any:
            return path(route, self.admin_site.admin_view(view), name=f"inventory_importrun_{name}")

        return [
            page("upload/", self.upload, "upload"),
            page("<uuid:key>/columns/", self.columns, "columns"),
            page("<uuid:key>/import/", self.start, "start"),
            page("<uuid:key>/undo/", self.undo, "undo"),
            page("<uuid:key>/discard/", self.discard, "discard"),
            page("<uuid:key>/problems/", self.problems, "problems"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        access = self._may(request)
        form = UploadForm(
            request.POST if request.method == "POST" else None, request.FILES or None, kinds=kinds_for(access)
        )
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read()
            try:
                run = transactions.run(
                    lambda: upload(
                        access=access,
                        user=_person(request),
                        file_name=file.name,
                        content=content,
                        kind=form.cleaned_data["kind"],
                    )
                )
            except Refusal as refusal:
                form.add_error("file", refusal.detail)
            else:
                self._work(
                    run,
                    is_small=len(content) <= (_SMALL_ARCHIVE if content.startswith(_PACKED) else _SMALL_FILE),
                )
                return HttpResponseRedirect(self.page_of(run))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import",
            "opts": self.opts,
            "upload_form": form,
            "upload_url": request.path,
            "back": reverse(self.url_name("changelist")),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "inventory/admin/import_new.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self._found(request, object_id)
        return self._page(request, run)

    def columns(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Which column is which; all rows are checked again then."""
        run = self._found(request, key)
        access = self._may(request)
        if request.method != "POST":
            return HttpResponseRedirect(self.page_of(run))
        form = ColumnsForm(request.POST, run=run, access=access)
        if form.is_kind_only():
            # Another kind has other columns: they are offered, and nothing is lost by that.
            return self._page(request, run, form=form.for_kind())
        if form.is_valid():
            try:
                transactions.run(
                    lambda: choose_columns(access=access, user=_person(request), run=run, **form.chosen())
                )
            except Refusal as refusal:
                form.show(refusal)
            else:
                self._work(run, is_small=run.row_count <= _SMALL)
                return HttpResponseRedirect(self.page_of(run))
        return self._page(request, run, form=form, status=422)

    def start(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self._found(request, key)
        access = self._may(request)
        if request.method == "POST":
            is_strict = request.POST.get("strict") == "on"
            try:
                transactions.run(
                    lambda: start_import(access=access, user=_person(request), run=run, is_strict=is_strict)
                )
            except Refusal as refusal:
                return self._page(request, run, refusal=refusal, is_strict=is_strict, status=422)
            self.log_change(request, run, "Imported.")
            self._work(run, is_small=run.row_count <= _SMALL)
        return HttpResponseRedirect(self.page_of(run))

    def undo(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self._found(request, key)
        access = self._may(request)
        if request.method != "POST":
            left = run.done_count - run.undone_count
            return self.ask(
                request,
                run,
                question=f"Take back what the {left:,} imported rows have done? Stock is reversed by new adjustments; "
                "values of the catalogue come back where nobody has changed them since. What cannot be is said.",
                verb="Undo import",
                back=self.page_of(run),
                cancel="Keep it",
            )
        try:
            transactions.run(lambda: undo_import(access=access, user=_person(request), run=run))
        except Refusal as refusal:
            return self.answer(request, refusal, self.page_of(run))
        self.log_change(request, run, "Undone.")
        self._work(run, is_small=run.row_count <= _SMALL)
        return HttpResponseRedirect(self.page_of(run))

    def discard(self, request: HttpRequest, key: Any) -> HttpResponse:
        run = self._found(request, key)
        access = self._may(request)
        if request.method == "POST":
            try:
                transactions.run(lambda: discard(access=access, run=run))
            except Refusal as refusal:
                return self.answer(request, refusal, self.page_of(run))
            self.message_user(request, f"Nothing of {run.file_name} was imported.", messages.SUCCESS)
        return HttpResponseRedirect(reverse(self.url_name("changelist")))

    def problems(self, request: HttpRequest, key: Any) -> HttpResponseBase:
        run = self._found(request, key)
        file, kind, name = bad_rows(run)
        return FileResponse(file, as_attachment=True, filename=name, content_type=kind)

    # --- what they share

    def _may(self, request: HttpRequest) -> Access:
        if not self.has_view_permission(request):
            raise Http404
        return self.require_access(request)

    def _found(self, request: HttpRequest, key: Any) -> ImportRun:
        run: ImportRun | None = self.get_object(request, str(key))
        if run is None:
            raise Http404
        return run

    def _page(
        self,
        request: HttpRequest,
        run: ImportRun,
        *,
        form: ColumnsForm | None = None,
        refusal: Refusal | None = None,
        is_strict: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": run.file_name,
            "opts": self.opts,
            "original": run,
            "refusal": refusal.detail if refusal is not None else None,
            "is_strict": is_strict,
            **page_of_run(request, run, self.require_access(request), form),
        }
        return TemplateResponse(request, "inventory/admin/import_run.html", context, status=status)

    def _work(self, run: ImportRun, *, is_small: bool) -> None:
        """What is small is done at once, and the person sees what came of it; the rest is the workers'."""
        if is_small:
            engine.work_on(run, seconds=_PATIENCE)
        wake()


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
