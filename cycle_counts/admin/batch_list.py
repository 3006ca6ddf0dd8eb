"""The list of cycle counts: what is planned, what is counted now, what waits for a review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.views import ChangeList

from cycle_counts.admin.labels import blind_label, late_label, state_label
from cycle_counts.models import BatchState, CountBatch, CountLine, Origin
from cycle_counts.rights import REVIEW, may_see_book, places_with_book
from cycle_counts.states import OPEN
from cycle_counts.totals import Totals, totals_of
from cycle_counts.wording import title_of
from inventory.admin.documents import DocumentAdmin
from inventory.admin.search import names_sku, number_typed
from inventory.admin.state_chips import ChipList, Switch
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.models import User

__all__ = [
    "BatchList",
    "BatchListAdmin",
    "assignees_of",
    "called",
    "is_late",
    "is_secret_recount",
]


class OwnFilter(DropdownFilter):
    """Those that concern the person who looks."""

    title = "mine"
    parameter_name = "mine"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Assigned to me"), ("nobody", "Assigned to nobody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "nobody":
            return queryset.filter(assignees__isnull=True)
        return _mine(queryset, request) if self.value() == "yes" else queryset


class DueFilter(DropdownFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Late"), ("today", "Today"), ("none", "No date")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        access = access_of(request)
        if access is None:
            return queryset.none()
        today = access.organization.today()
        if self.value() == "late":
            return queryset.filter(_late(today))
        if self.value() == "today":
            return queryset.filter(due_on=today)
        return queryset.filter(due_on__isnull=True) if self.value() == "none" else queryset


class BatchList(ChipList):
    states = BatchState
    chips_label = "Cycle counts by state"

    def complete(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        totals = totals_of([row.pk for row in rows])
        access = access_of(request)
        today = access.organization.today() if access is not None else None
        for row in rows:
            row.totals = totals[row.pk]
            row.today = today
            row.is_secret = access is None or is_secret_recount(access, row)

    def switches(self, request: HttpRequest) -> Sequence[Switch]:
        access = access_of(request)
        today = access.organization.today() if access is not None else None
        return (
            Switch("Mine", "mine", "yes", Q(_is_mine(request))),
            Switch("Late", "due", "late", _late(today)),
        )


class BatchListAdmin(DocumentAdmin):
    """The half of the counts' admin that lists them. Nothing in it depends on what the books say."""

    list_display = ("number_shown", "state_shown", "called", "warehouse", "due", "progress", "who")
    list_filter = ("state", "warehouse", "origin", OwnFilter, DueFilter, "created_at")
    list_select_related = ("warehouse",)
    list_before_template = "inventory/admin/list_chips.html"
    search_fields = ("name__icontains", "note__icontains", "actor_name__icontains")
    search_help_text = "Number, name, SKU code, bin, or scan a barcode"
    ordering = ("-created_at", "-pk")
    empty_hint: ClassVar[str] = (
        "Plan the first one: choose bins, a room, a class or some SKUs, and say whether it is blind."
    )

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["cycle_counts/admin.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BatchList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Without the origin for those who are not to find out which counts are recounts."""
        access = access_of(request)
        found = super().get_list_filter(request)
        if access is not None and (access.may("inventory.read") or access.may(REVIEW)):
            return found
        return [item for item in found if not (isinstance(item, tuple) and item[0] == "origin")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = Prefetch("assignees", User.objects.order_by("email"))
        return super().get_queryset(request).prefetch_related(people)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A number finds its count; a barcode, the beginning of a SKU's code or a bin those that lead there."""
        term = search_term.strip()
        access = access_of(request)
        if not term or access is None:
            return super().get_search_results(request, queryset, search_term)
        number = number_typed(term, "CC-")
        if number is not None and (found := queryset.filter(number=number)).exists():
            return found, False
        lines = CountLine.objects.order_by().filter(batch=OuterRef("pk"))
        named = names_sku(access.organization, term) | Q(bin__code__iexact=term) | Q(bin__barcode=term)
        if (found := queryset.filter(Exists(lines.filter(named)))).exists():
            return found, False
        # A recount's name says that it is one: only those who may know find it by that.
        known = places_with_book(access)
        if known is not None:
            queryset = queryset.filter(~Q(origin=Origin.RECOUNT) | Q(warehouse__in=known))
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="number", ordering="number")
    def number_shown(self, batch: CountBatch) -> str:
        return batch.label

    @admin.display(description="state", ordering="state")
    def state_shown(self, document: CountBatch) -> SafeString:
        if not document.is_blind or document.state not in OPEN:
            return state_label(document.state)
        return format_html("{} {}", state_label(document.state), blind_label())

    @admin.display(description="name", ordering="name")
    def called(self, batch: Any) -> str:
        return "" if batch.is_secret else batch.name

    @admin.display(description="due", ordering="due_on")
    def due(self, batch: Any) -> str:
        if batch.due_on is None:
            return ""
        day = date_format(batch.due_on, "j M Y", use_l10n=False)
        return format_html("{} {}", day, late_label()) if is_late(batch, batch.today) else day

    @admin.display(description="counted")
    def progress(self, batch: Any) -> str:
        totals: Totals = batch.totals
        share = 100 * totals.counted // totals.lines if totals.lines else 0
        return format_html(
            '<span class="count-progress"><progress value="{}" max="100" aria-hidden="true"></progress>'
            " {} of {}</span>",
            share,
            f"{totals.counted:,}",
            f"{totals.lines:,}",
        )

    @admin.display(description="counters")
    def who(self, batch: CountBatch) -> str:
        return assignees_of(batch)


def assignees_of(batch: CountBatch) -> str:
    """Who is to count it. A prefetch of the people saves the query."""
    return ", ".join(person.get_full_name() for person in batch.assignees.all()) or "Anyone"


def is_secret_recount(access: Access, batch: CountBatch) -> bool:
    """Whether the caller is not to know that this is counted for the second time: they may have to count it."""
    return batch.origin == Origin.RECOUNT and not may_see_book(access, batch.warehouse_id)


def called(access: Access, batch: CountBatch) -> str:
    """`CC-00012`, with the name that somebody gave it; a recount looks like any other count to those who count."""
    return batch.label if is_secret_recount(access, batch) else title_of(batch)


def is_late(batch: CountBatch, today: Any) -> bool:
    """Whether it was due before `today` and is still being counted or planned."""
    return batch.due_on is not None and batch.state in _DUE and batch.due_on < today


#: What is in review has been counted: nobody is late with it any more.
_DUE = tuple(state for state in OPEN if state != BatchState.REVIEW)


def _late(today: Any) -> Q:
    return Q(due_on__lt=today, state__in=_DUE)


def _is_mine(request: HttpRequest) -> Exists:
    through = CountBatch.assignees.through.objects
    return Exists(through.filter(countbatch=OuterRef("pk"), user=request.user.pk))


def _mine(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    return rows.filter(_is_mine(request))
