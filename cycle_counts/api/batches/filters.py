"""What cycle counts can be filtered by."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import filters

from cycle_counts.models import BatchState, CountBatch, Origin
from cycle_counts.rights import places_with_book
from cycle_counts.states import OPEN
from warehouses.http.filters import (
    SortFilter,
    StrictBooleanFilter,
    StrictCharFilter,
    StrictChoiceFilter,
    StrictChoicesFilter,
    StrictDateFilter,
    TypeIdFilter,
)
from warehouses.http.moments import EndFilter, MomentFilterSet, StartFilter
from warehouses.http.organization import require_access
from warehouses.identifiers import decode
from warehouses.models import User, Warehouse

__all__ = ["BatchFilters"]


class BatchFilters(MomentFilterSet):
    moment_column = "created_at"

    locationId: ClassVar[filters.Filter] = TypeIdFilter(
        Warehouse.prefix, field_name="warehouse", help_text="Only counts of this location."
    )
    status: ClassVar[filters.Filter] = StrictChoicesFilter(
        field_name="state",
        choices=BatchState.values,
        help_text="Only counts in this status, or in one of several: `draft,counting`.",
    )
    origin: ClassVar[filters.Filter] = StrictChoiceFilter(
        method="of_origin", choices=Origin.choices, help_text="Only counts that came about like this."
    )
    assigneeId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_assignee", help_text="Only counts that this person is to count: a user id."
    )
    recountOfId: ClassVar[filters.Filter] = StrictCharFilter(
        method="of_recounted", help_text="Only recounts of this one."
    )
    blind: ClassVar[filters.Filter] = StrictBooleanFilter(
        field_name="is_blind", help_text="`true`: only blind counts; `false`: only the others."
    )
    late: ClassVar[filters.Filter] = StrictBooleanFilter(
        method="which_are_late",
        help_text="`true`: only open counts that were due before today; `false`: only the others.",
    )
    search: ClassVar[filters.Filter] = StrictCharFilter(
        method="with_words", max_length=100, help_text="Only counts whose number or name has this in it."
    )
    dueFrom: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="due_on", lookup_expr="gte", help_text="Only counts that are due on this day or later."
    )
    dueTo: ClassVar[filters.Filter] = StrictDateFilter(
        field_name="due_on", lookup_expr="lte", help_text="Only counts that are due on this day or sooner."
    )
    startDate: ClassVar[filters.Filter] = StartFilter()
    endDate: ClassVar[filters.Filter] = EndFilter()
    sort: ClassVar[filters.Filter] = SortFilter(
        orders={
            "createdAt": ("created_at",),
            "number": ("number",),
            "name": ("name",),
            "dueOn": ("due_on",),
            "status": ("state",),
            "startedAt": ("started_at",),
            "submittedAt": ("submitted_at",),
            "closedAt": ("closed_at",),
            "locationName": ("warehouse__name",),
        },
    )

    def of_origin(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == Origin.RECOUNT:
            return rows.filter(self._recounts_told())
        if value == Origin.PLANNED:
            told = self._recounts_told()
            return rows.filter(Q(origin=value) | (Q(origin=Origin.RECOUNT) & ~told))
        return rows.filter(origin=value)

    def of_recounted(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = decode(CountBatch.prefix, value)
        return rows.none() if key is None else rows.filter(self._recounts_told(), recount_of=key)

    def of_assignee(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        person = decode(User.prefix, value)
        if person is None:
            return rows.none()
        assigned = CountBatch.assignees.through.objects.filter(countbatch=OuterRef("pk"), user=person)
        return rows.filter(Exists(assigned))

    def which_are_late(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        today = require_access(self.request).organization.today()
        late = Q(due_on__lt=today, state__in=OPEN)
        return rows.filter(late) if value else rows.exclude(late)

    def with_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        found = Q(name__icontains=value) & (~Q(origin=Origin.RECOUNT) | self._recounts_told())
        number = value.strip().upper().removeprefix("CC-")
        if number.isascii() and number.isdigit() and int(number) < 2**31:
            found |= Q(number=int(number))
        return rows.filter(found)

    def _recounts_told(self) -> Q:
        """The recounts that the caller is told are some: those where they may know the books."""
        places = places_with_book(require_access(self.request))
        recounts = Q(origin=Origin.RECOUNT)
        return recounts if places is None else recounts & Q(warehouse__in=places)
