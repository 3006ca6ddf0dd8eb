"""The list of stock requests: what waits for whom, how much it is, how long it has waited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.contrib import admin
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.views import ChangeList

from inventory.admin.documents import DocumentAdmin
from inventory.admin.search import names_sku, number_typed
from inventory.admin.state_chips import ChipList, Switch
from stock_requests.admin.labels import overdue_label, priority_label, state_label
from stock_requests.models import RequestLine, RequestState, StockRequest
from stock_requests.totals import Totals, totals_of
from stock_requests.wording import destination_of, requester_of
from warehouses.http.organization import access_of

__all__ = [
    "OPEN",
    "RequestList",
    "RequestListAdmin",
    "age_of",
    "is_overdue",
]

#: In which a request still waits for something.
OPEN: Final = (
    RequestState.DRAFT,
    RequestState.SUBMITTED,
    RequestState.APPROVED,
    RequestState.PICKING,
)


class OwnFilter(DropdownFilter):
    """Those that concern the person who looks."""

    title = "mine"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Asked for by me")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(requested_by=request.user.pk) if self.value() == "yes" else queryset


class OverdueFilter(DropdownFilter):
    """Those that were needed before today and are not there."""

    title = "needed by"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("week", "Within seven days"), ("none", "No date")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        if self.value() == "overdue":
            return queryset.filter(_overdue())
        if self.value() == "week":
            return queryset.filter(needed_by__range=(today, today + timedelta(days=7)))
        return queryset.filter(needed_by__isnull=True) if self.value() == "none" else queryset


class RequestList(ChipList):
    states = RequestState
    chips_label = "Requests by state"

    def complete(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        totals = totals_of([row.pk for row in rows])
        for row in rows:
            row.totals = totals[row.pk]

    def switches(self, request: HttpRequest) -> Sequence[Switch]:
        return (
            Switch("Mine", "mine", "yes", Q(requested_by=request.user.pk)),
            Switch("Overdue", "due", "overdue", _overdue()),
        )


class RequestListAdmin(DocumentAdmin):
    """The half of the requests' admin that lists them."""

    list_display = (
        "number_shown", "state_shown", "way", "priority_shown", "due", "line_count", "quantity", "worth",
        "requester", "age",
    )  # fmt: skip
    list_filter = (
        "state", "priority", "from_warehouse", "to_warehouse", "department", "category", OwnFilter, OverdueFilter,
        "created_at",
    )  # fmt: skip
    list_select_related = ("from_warehouse", "to_warehouse", "to_room", "department", "requested_by")
    list_before_template = "inventory/admin/list_chips.html"
    search_fields = ("note__icontains", "requested_by__name__icontains", "actor_name__icontains")
    search_help_text = "Number, SKU code, requester, or scan a barcode"
    ordering = ("-created_at", "-pk")
    empty_hint = "Whoever needs goods asks for them here; they come once somebody has approved it."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RequestList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number finds its request; a barcode or the beginning of a code those that ask for the SKU."""
        term = search_term.strip()
        access = access_of(request)
        if not term or access is None:
            return super().get_search_results(request, queryset, search_term)
        number = number_typed(term, "SR-")
        if number is not None and (found := queryset.filter(number=number)).exists():
            return found, False
        lines = RequestLine.objects.filter(request=OuterRef("pk"))
        of_sku = lines.filter(names_sku(access.organization, term))
        if (found := queryset.filter(Exists(of_sku))).exists():
            return found, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="number", ordering="number")
    def number_shown(self, request: StockRequest) -> str:
        return request.name

    @admin.display(description="state", ordering="state")
    def state_shown(self, document: StockRequest) -> SafeString:
        return state_label(document.state)

    @admin.display(description="from → to", ordering="from_warehouse__name")
    def way(self, request: StockRequest) -> str:
        return f"{request.from_warehouse} → {destination_of(request)}"

    @admin.display(description="priority", ordering="priority")
    def priority_shown(self, request: StockRequest) -> SafeString:
        return priority_label(request.priority)

    @admin.display(description="needed by", ordering="needed_by")
    def due(self, request: StockRequest) -> str:
        if request.needed_by is None:
            return ""
        day = date_format(request.needed_by, "j M Y", use_l10n=False)
        return format_html("{} {}", day, overdue_label()) if is_overdue(request) else day

    @admin.display(description="lines")
    def line_count(self, request: Any) -> str:
        return f"{_totals(request).lines:,}"

    @admin.display(description="units")
    def quantity(self, request: Any) -> str:
        return f"{_totals(request).requested:,}"

    @admin.display(description="value")
    def worth(self, request: Any) -> str:
        return f"{_totals(request).value:,.2f}"

    @admin.display(description="requester", ordering="requested_by__name")
    def requester(self, request: StockRequest) -> str:
        return requester_of(request)

    @admin.display(
        description="age",
        # What waits is oldest where it was submitted first; what does not wait any more has no age.
        ordering=Case(When(state__in=OPEN, then=F("created_at")), default=Value(None)),
    )
    def age(self, request: StockRequest) -> str:
        if request.state not in OPEN:
            return ""
        return age_of(request)


def age_of(request: StockRequest) -> str:
    """For how long it has waited: such as `5 min`, `3 h`, `12 d`."""
    minutes = int((timezone.now() - (request.submitted_at or request.created_at)).total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def is_overdue(request: StockRequest) -> bool:
    return (
        request.needed_by is not None and request.state in OPEN and request.needed_by < timezone.localdate()
    )


def _overdue() -> Q:
    return Q(needed_by__lt=timezone.localdate(), state__in=OPEN)


def _totals(request: Any) -> Totals:
    found: Totals = request.totals
    return found
