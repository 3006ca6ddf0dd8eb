"""Sync runs: how far one is, what it changed, and the rows that it refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from inventory.admin.integrations import IntegrationAdmin, clock_time, duration, label
from inventory.models import SyncRun, SyncState, SyncType
from inventory.sync.runs import retry_problems, start_run
from warehouses import transactions
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["RUN_LABELS", "SyncRunAdmin"]

RUN_LABELS: Final = {
    str(SyncState.QUEUED.label): "",
    str(SyncState.RUNNING.label): "info",
    str(SyncState.COMPLETED.label): "success",
    str(SyncState.FAILED.label): "danger",
}
_OPEN: Final = (SyncState.QUEUED, SyncState.RUNNING)
_PROBLEMS_SHOWN: Final = 200
_START: Final = "inventory.write"


class StartForm(forms.Form):
    """Which location to sync, and whether all of it."""

    location = forms.ModelChoiceField(
        Warehouse.objects.none(), empty_label="Choose a location", widget=UnfoldAdminSelectWidget
    )
    sync_type = forms.ChoiceField(
        label="What to read",
        choices=(
            (SyncType.INCREMENTAL.value, "What has changed since the last time"),
            (SyncType.FULL.value, "Everything: stock is set to what the point of sale says there is"),
        ),
        initial=SyncType.INCREMENTAL.value,
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, *args: Any, locations: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]


@admin.register(SyncRun)
class SyncRunAdmin(IntegrationAdmin, ReadOnlyScopedAdmin):
    """Seen by whoever may see the stock of the location."""

    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    icon = "sync"
    change_form_template = "inventory/admin/sync_run.html"
    list_display = (
        "created",
        "warehouse",
        "sync_type",
        "state_label",
        "rows_read",
        "rows_changed",
        "rows_refused",
        "by",
    )
    list_filter = ("warehouse", "state", "sync_type", "created_at")
    list_select_related = ("warehouse",)
    search_fields = ("pk",)
    search_help_text = "Number of a run (sync_…)"
    ordering = ("-created_at", "-pk")
    actions_list = ("start",)
    actions_detail = ("retry",)
    empty_hint = "A run stands here once the stock of a location is synced with its point-of-sale system."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        found = decode(SyncRun.prefix, term)
        return (queryset.filter(pk=found) if found is not None else queryset.none()), False

    def choice_label(self, obj: SyncRun) -> str:
        return f"{obj.get_sync_type_display()} sync of {obj.warehouse}"

    # --- columns and fields

    @admin.display(description="asked for", ordering="created_at")
    def created(self, run: SyncRun) -> str:
        return clock_time(run.created_at)

    @admin.display(description="number")
    def public_id(self, run: SyncRun) -> str:
        return run.public_id

    @admin.display(description="location")
    def location(self, run: SyncRun) -> str:
        return run.warehouse.name

    @display(description="state", ordering="state", label=RUN_LABELS)
    def state_label(self, run: SyncRun) -> str:
        return str(SyncState(run.state).label)

    @admin.display(description="state")
    def state_shown(self, run: SyncRun) -> SafeString:
        return label(self.state_label(run), RUN_LABELS)

    @admin.display(description="error")
    def error_text(self, run: SyncRun) -> str:
        return run.error

    @admin.display(description="by", ordering="actor_name")
    def by(self, run: SyncRun) -> str:
        return run.actor_name

    @admin.display(description="started")
    def started(self, run: SyncRun) -> str | None:
        return clock_time(run.started_at) if run.started_at else None

    @admin.display(description="took")
    def took(self, run: SyncRun) -> str | None:
        if run.started_at is None:
            return None
        return duration((run.finished_at or timezone.now()) - run.started_at)

    @admin.display(description="takes up the refused rows of")
    def of_run(self, run: SyncRun) -> SafeString | None:
        if run.retries_id is None:
            return None
        earlier = SyncRun(pk=run.retries_id)
        return format_html('<a href="{}" class="text-link">{}</a>', self.page_of(earlier), earlier.public_id)

    @admin.display(description="posted")
    def posted(self, run: SyncRun) -> SafeString | str:
        if not run.rows_changed:
            return "Nothing"
        adjustments = reverse("admin:inventory_adjustment_changelist", current_app=self.admin_site.name)
        return format_html(
            '<a href="{}?{}" class="text-link">Its adjustments</a>',
            adjustments,
            urlencode({"q": run.public_id}),
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = (
            "location", "sync_type", "adapter", "state_shown", "error_text", "by", "created", "started", "took",
            "of_run", "posted", "public_id",
        )  # fmt: skip
        empty = {"error_text": not getattr(obj, "error", ""), "of_run": not getattr(obj, "retries_id", None)}
        return tuple(name for name in fields if not empty.get(name))

    # --- one run

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        run: SyncRun = context["original"]
        context |= {
            "figures": [(words, f"{count:,}") for words, count in _counts(run)],
            "waits": _waits(run, timezone.now()),
            "state": self.state_label(run),
            "problems": run.problems.all()[:_PROBLEMS_SHOWN],
            "problem_count": f"{run.rows_refused:,}",
            "is_cut": run.rows_refused > _PROBLEMS_SHOWN,
            "refresh": 2 if run.state in _OPEN else None,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def has_start_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may(_START)

    @action(description="Sync now", permissions=["start"], url_path="start", icon="sync")
    def start(self, request: HttpRequest) -> HttpResponse:
        """For those who keep the stock of a location and need not know how it is connected."""
        access = self.require_access(request)
        connected = Warehouse.objects.filter(pos_connection__is_active=True, is_active=True)
        form = StartForm(
            request.POST or None, locations=access.narrow(connected, _START, warehouse="pk").order_by("name")
        )
        if form.is_valid():
            values = form.cleaned_data
            try:
                run = transactions.run(
                    lambda: start_run(
                        access=access, warehouse=values["location"], sync_type=SyncType(values["sync_type"])
                    )
                )
            except Refusal as refusal:
                form.add_error(None, refusal.detail)
            else:
                self.log_addition(request, run, "Started.")
                return self.go_to(run)
        context = {
            **self.admin_site.each_context(request),
            "title": "Sync now",
            "opts": self.opts,
            "form": form,
            "back": reverse(self.url_name("changelist"), current_app=self.admin_site.name),
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "inventory/admin/start_sync.html", context, status=status)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        run: SyncRun | None = self.get_object(request, str(object_id))
        if run is None or run.state in _OPEN or not run.rows_refused:
            return []
        return super().get_actions_detail(request, object_id)

    @action(description="Try refused rows again", permissions=["start"], url_path="retry", icon="restart_alt")
    def retry(self, request: HttpRequest, object_id: str) -> HttpResponse:
        run: SyncRun = self.found(request, object_id)

        def then(again: SyncRun) -> HttpResponse:
            self.message_user(request, "The refused rows are queued again.", messages.SUCCESS)
            return self.go_to(again)

        return self.ask_then(
            request,
            run,
            question="Try the rows that this run refused again? This makes sense once you have mended what they were "
            "refused for, such as a SKU that was missing.",
            verb="Try refused rows again",
            act=lambda access: retry_problems(access=access, run=run),
            then=then,
        )


def _counts(run: SyncRun) -> list[tuple[str, int]]:
    return [
        ("Rows read", run.rows_read),
        ("Changed stock", run.rows_changed),
        ("Said what was known", run.rows_unchanged),
        ("Counted before", run.rows_repeated),
        ("Refused", run.rows_refused),
    ]


def _waits(run: SyncRun, now: datetime) -> str | None:
    """What an open run waits for, in words."""
    if run.state == SyncState.QUEUED:
        return "It waits for its turn."
    if run.state == SyncState.RUNNING and run.lease is None and run.next_attempt_at:
        left = run.next_attempt_at - now
        return "It goes on in a moment." if left.total_seconds() <= 0 else f"It goes on in {duration(left)}."
    return None
