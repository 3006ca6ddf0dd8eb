"""The log of API requests: what was asked, what was answered, how long it took, and what it changed."""

from __future__ import annotations

import http
import json
from datetime import timedelta
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.paginator import InfinitePaginator

from inventory.admin.integrations import OrganizationWide, clock_time
from inventory.admin.labels import PLAIN, Look, symbol_label
from inventory.request_changes import changes_of
from warehouses.actors import ActorType
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import decode
from warehouses.models import ApiKey, RequestRecord
from warehouses.models.base import PublicModel
from warehouses.request_log import first_id_of

__all__ = ["RequestRecordAdmin", "answer_label"]

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SPANS: Final = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": timedelta(days=1)}
_MOST_KEYS: Final = 200


def answer_label(status: int) -> SafeString:
    """Such as `422 Unprocessable Entity`: what went well is plain, what was refused amber, what broke red."""
    try:
        words = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        words = str(status)
    if status >= 500:
        return symbol_label(words, Look("error", variant="danger"))
    if status >= 400:
        return symbol_label(words, Look("block", variant="warning"))
    return symbol_label(words, Look("check", extra=PLAIN))


class AnswerFilter(DropdownFilter):
    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("bad", "Refused or failed"),
            ("refused", "Refused (4xx)"),
            ("failed", "Failed (5xx)"),
            ("good", "Answered (2xx, 3xx)"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "bad":
                return queryset.filter(status__gte=400)
            case "refused":
                return queryset.filter(status__gte=400, status__lt=500)
            case "failed":
                return queryset.filter(status__gte=500)
            case "good":
                return queryset.filter(status__lt=400)
        return queryset


class CallerFilter(DropdownFilter):
    """By API key, or all that people did with their session."""

    title = "caller"
    parameter_name = "caller"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        access = access_of(request)
        keys = ApiKey.objects.for_organization(access.organization if access else None).order_by("name", "pk")
        return [
            ("people", "People"),
            *((key.public_id, str(key)) for key in keys.only("name", "visible_prefix")[:_MOST_KEYS]),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if value == "people":
            return queryset.filter(actor_type=ActorType.USER)
        key = decode(
            ApiKey.prefix, value
        )  # the rows are the organization's: another one's key has none among them
        return queryset.filter(actor_id=key) if key else queryset.none()


class MethodFilter(DropdownFilter):
    title = "method"
    parameter_name = "method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in _METHODS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(method=self.value()) if self.value() else queryset


class SinceFilter(DropdownFilter):
    title = "time"
    parameter_name = "since"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("15m", "Last 15 minutes"), ("1h", "Last hour"), ("24h", "Last 24 hours")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        span = _SPANS.get(self.value() or "")
        # By key, which is in the order of time: no index of its own is needed.
        return queryset.filter(pk__gte=first_id_of(timezone.now() - span)) if span else queryset


@admin.register(RequestRecord)
class RequestRecordAdmin(OrganizationWide, ReadOnlyScopedAdmin):
    """Seen by whoever manages all of the organization's integrations."""

    icon = "receipt_long"
    paginator = InfinitePaginator
    change_form_template = "inventory/admin/request_record.html"
    list_display = ("when", "asked", "answered", "took", "by", "contract", "identified")
    list_filter = (AnswerFilter, CallerFilter, MethodFilter, SinceFilter)
    search_fields = ("request_id",)
    search_help_text = "Request id or problem code"
    ordering = ("-pk",)
    fields = ("asked", "when", "status_shown", "took", "caller", "contract_shown", "identified")
    empty_hint = "Each request that a key or a signed-in person sends to the API stands here, seconds after its answer."

    class Media:
        css = {"all": ("inventory/developers.css",)}

    # --- rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isupper() and term.replace("_", "").isalpha():
            return queryset.filter(code=term, status__gte=400), False
        return queryset.filter(request_id=term), False

    def choice_label(self, obj: RequestRecord) -> str:
        return f"{obj.method} {obj.path}"

    # --- columns and fields

    @admin.display(description="when", ordering="pk")
    def when(self, record: RequestRecord) -> SafeString:
        return format_html('<span class="call-fixed">{}</span>', clock_time(record.started_at))

    @admin.display(description="request")
    def asked(self, record: RequestRecord) -> SafeString:
        return format_html(
            '<span class="call"><b>{}</b> {}{}</span>',
            record.method,
            record.path,
            f"?{record.query}" if record.query else "",
        )

    @admin.display(description="answer")
    def answered(self, record: RequestRecord) -> SafeString:
        """The status, and the problem's code with what it means behind it."""
        status = answer_label(record.status)
        if not record.code:
            return status
        meaning = reverse("developers:error", args=(record.code,))
        return format_html('{}<br><a href="{}" class="text-link mono">{}</a>', status, meaning, record.code)

    @admin.display(description="answer")
    def status_shown(self, record: RequestRecord) -> SafeString:
        return answer_label(record.status)

    @admin.display(description="took")
    def took(self, record: RequestRecord) -> SafeString:
        words = f"{record.milliseconds:,} ms" if record.milliseconds else "< 1 ms"
        return format_html('<span class="call-fixed">{}</span>', words)

    @admin.display(description="by")
    def by(self, record: RequestRecord) -> str:
        return record.actor_name

    @admin.display(description="caller")
    def caller(self, record: RequestRecord) -> SafeString | str:
        if record.actor_type != ActorType.KEY or record.actor_id is None:
            return f"{record.actor_name}, signed in"
        key = ApiKey.objects.filter(pk=record.actor_id, organization=record.organization_id).first()
        if key is None:
            return record.actor_name
        target = reverse("admin:warehouses_apikey_change", args=(key.pk,), current_app=self.admin_site.name)
        return format_html('<a href="{}" class="text-link">{}</a>', target, key)

    @admin.display(description="contract")
    def contract_shown(self, record: RequestRecord) -> SafeString:
        return format_html('<a href="/{0}/docs/" class="text-link">{0}</a>', record.contract)

    @admin.display(description="request id")
    def identified(self, record: RequestRecord) -> SafeString:
        return format_html('<span class="mono">{}</span>', record.request_id)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    # --- one request

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record: RequestRecord = context["original"]
        access = self.require_access(request)
        changes = changes_of(access=access, record=record)
        context |= {
            "problem": _indented(record.problem),
            "is_write": record.method not in {"GET", "HEAD", "OPTIONS"},
            "is_good": record.status < 400,
            "changes": [
                {
                    "what": change.what,
                    "at": change.at,
                    "public_id": change.public_id,
                    "kind": _kind(change.prefix),
                    "url": self._page_of(request, change.prefix, change.key),
                }
                for change in changes.rows
            ],
            "is_shared": changes.is_shared,
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def _page_of(self, request: HttpRequest, prefix: str, key: Any) -> str:
        """The page of a record in the back office, or "" where the caller sees none."""
        model = _models().get(prefix)
        page = self.admin_site._registry.get(model) if model else None
        if model is None or page is None or not page.has_view_permission(request):
            return ""
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        return reverse(name, args=(key,), current_app=self.admin_site.name)


def _models() -> dict[str, Any]:
    return {
        model.prefix: model
        for model in apps.get_models()
        if issubclass(model, PublicModel) and hasattr(model, "prefix")
    }


def _kind(prefix: str) -> str:
    model = _models().get(prefix)
    return str(model._meta.verbose_name).capitalize() if model else "Record"


def _indented(problem: str) -> str:
    """The answer's text, easier to read; as it is where only its beginning was kept."""
    try:
        return json.dumps(json.loads(problem), ensure_ascii=False, indent=2)
    except ValueError:
        return problem
