"""Days and instants as query parameters: a day is one of the organization's time zone, taken in as a whole."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django_filters import filters

from warehouses.http.filters import StrictFilterSet
from warehouses.http.organization import require_access

__all__ = [
    "MOMENT_SCHEMA",
    "EndFilter",
    "MomentField",
    "MomentFilter",
    "MomentFilterSet",
    "StartFilter",
    "beginning_of",
    "parse_moment",
]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

Moment = date | datetime

#: What `parse_moment` reads, for the document.
MOMENT_SCHEMA: Final = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


def parse_moment(text: str) -> Moment | None:
    """A day (`2026-03-12`) or an instant with its offset (`2026-03-12T14:00:00Z`), in UTC; None for anything else."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        moment = parse_datetime(text.replace(" ", "+"))  # a bare + in a query is read as a blank
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not _DAY.match(text):
        return None
    return _in_utc(moment)


def beginning_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day there."""
    return _in_utc(datetime.combine(day, time.min, tzinfo=zone))


class MomentField(forms.Field):
    """What `parse_moment` reads."""

    def to_python(self, value: Any) -> Moment | None:
        if value in self.empty_values:
            return None
        moment = parse_moment(str(value))
        if moment is None:
            raise ValidationError(
                "Give a day, as in 2026-03-12, or an instant with its offset, as in 2026-03-12T14:00:00Z.",
                code="invalid",
            )
        return moment


class MomentFilter(filters.Filter):
    field_class = MomentField


class StartFilter(MomentFilter):
    """`startDate` of a MomentFilterSet; `what` was done with the rows then."""

    def __init__(self, what: str = "Made") -> None:
        words = f"{what} on or after: a day in the organization's time zone, or an instant."
        super().__init__(method="from_start", help_text=words)


class EndFilter(MomentFilter):
    """`endDate` of a MomentFilterSet; `what` was done with the rows until then."""

    def __init__(self, what: str = "Made") -> None:
        super().__init__(method="to_end", help_text=f"{what} on or before; a day is taken in as a whole.")


class MomentFilterSet(StrictFilterSet):
    """Filters by a span of time: declare a StartFilter and an EndFilter, or MomentFilters with their `method`s."""

    moment_column: ClassVar[str]

    def from_start(self, rows: QuerySet[Any], name: str, value: Moment) -> QuerySet[Any]:
        start = value if isinstance(value, datetime) else beginning_of(value, self._zone())
        return rows.filter(**{f"{self.moment_column}__gte": start})

    def to_end(self, rows: QuerySet[Any], name: str, value: Moment) -> QuerySet[Any]:
        if isinstance(value, datetime):
            return rows.filter(**{f"{self.moment_column}__lte": value})
        if value == date.max:
            return rows
        return rows.filter(
            **{f"{self.moment_column}__lt": beginning_of(value + timedelta(days=1), self._zone())}
        )

    def _zone(self) -> ZoneInfo:
        return require_access(self.request).organization.zone


def _in_utc(moment: datetime) -> datetime:
    """`moment` in UTC; one that UTC's calendar has no day for is as early or as late as there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _EARLIEST if moment.year == 1 else _LATEST
