"""Nexus's query parameters and paging."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import filters

from inventory.api.nexus.listing import with_seen_status
from inventory.formulas import StockStatus
from inventory.models import Movement, StockSummary, sku_key
from warehouses.http.filters import StrictCharFilter, StrictChoiceFilter, StrictFilterSet
from warehouses.http.organization import require_access
from warehouses.http.paging import CursorPaging

__all__ = ["AdjustmentFilters", "InventoryFilters", "NexusPaging"]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


class NexusPaging(CursorPaging):
    default_size = 50
    maximum_size = 200


class InventoryFilters(StrictFilterSet):
    """Over stock summaries or the stock levels of one warehouse; both have `status` and `sort_code`.

    A caller who sees several warehouses but not all is shown, and filters by, the status over those.
    """

    status: ClassVar[filters.Filter] = StrictChoiceFilter(method="with_status", choices=StockStatus.choices)
    sku: ClassVar[filters.Filter] = StrictCharFilter(method="of_sku", max_length=128)

    def with_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        access = require_access(self.request)
        if rows.model is StockSummary and not access.everywhere("inventory.read"):
            return with_seen_status(rows, access=access, status=StockStatus(value))
        return rows.filter(status=value)

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sort_code=sku_key(value))


class _MomentField(forms.Field):
    """A day (`2026-03-12`) or an instant with its offset."""

    def to_python(self, value: Any) -> date | datetime | None:
        if value in self.empty_values:
            return None
        text = str(value)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
            moment = parse_datetime(text.replace(" ", "+"))  # a bare + in a query is read as a blank
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not _DAY.match(text):
            raise ValidationError(
                "Give a day, as in 2026-03-12, or an instant with its offset, as in 2026-03-12T14:00:00Z.",
                code="invalid",
            )
        return _in_utc(moment)


class MomentFilter(filters.Filter):
    field_class = _MomentField


class AdjustmentFilters(StrictFilterSet):
    """`start_date` and `end_date` take in the days they name, in the organization's time zone."""

    start_date: ClassVar[filters.Filter] = MomentFilter(
        method="from_start", help_text="Recorded on or after."
    )
    end_date: ClassVar[filters.Filter] = MomentFilter(method="to_end", help_text="Recorded on or before.")
    reason: ClassVar[filters.Filter] = StrictCharFilter(
        method="for_reason", max_length=40, help_text="A reason code, without regard to case."
    )

    def from_start(self, rows: QuerySet[Movement], name: str, value: date | datetime) -> QuerySet[Movement]:
        start = value if isinstance(value, datetime) else self._midnight(value)
        return rows.filter(recorded_at__gte=start)

    def to_end(self, rows: QuerySet[Movement], name: str, value: date | datetime) -> QuerySet[Movement]:
        if isinstance(value, datetime):
            return rows.filter(recorded_at__lte=value)
        if value == date.max:
            return rows
        return rows.filter(recorded_at__lt=self._midnight(value + timedelta(days=1)))

    def for_reason(self, rows: QuerySet[Movement], name: str, value: str) -> QuerySet[Movement]:
        return rows.filter(reason_code__code_key=value.casefold())

    def _midnight(self, day: date) -> datetime:
        zone = require_access(self.request).organization.zone
        return _in_utc(datetime.combine(day, time.min, tzinfo=zone))


def _in_utc(moment: datetime) -> datetime:
    """`moment` in UTC; one that UTC's calendar has no day for is as early or as late as there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if moment.year == 1 else _LATEST
