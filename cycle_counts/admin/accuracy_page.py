"""How right the books were, week by week and by class: whether counting makes it better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from unfold.widgets import UnfoldAdminSelectWidget

from cycle_counts.reports import AccuracyRow, accuracy
from cycle_counts.rights import COUNT, may_see_book
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Warehouse

__all__ = ["ACCURACY_URL", "AccuracyPage", "may_see_accuracy"]

ACCURACY_URL: Final = "admin:cycle_counts_accuracy"
_SPANS: Final = [(12, "12 weeks"), (26, "26 weeks"), (52, "A year")]
#: The chart in its own units.
_WIDTH: Final = 720
_HEIGHT: Final = 240
_LEFT: Final = 44
_TOP: Final = 12
_BOTTOM: Final = 26
_LINES: Final[Mapping[str, tuple[str, str]]] = {
    "": ("All", "all"),
    "A": ("Class A", "a"),
    "B": ("Class B", "b"),
    "C": ("Class C", "c"),
}


def may_see_accuracy(request: HttpRequest) -> bool:
    access = access_of(request)
    return (
        access is not None
        and access.may(COUNT)
        and (access.may("inventory.read") or access.may("inventory.countreview"))
    )


class ChoiceForm(forms.Form):
    location = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, empty_label="All locations", widget=UnfoldAdminSelectWidget
    )
    weeks = forms.TypedChoiceField(
        label="Over", choices=_SPANS, coerce=int, required=False, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = access.narrow(Warehouse.objects.order_by("name", "pk"), COUNT, warehouse="pk")
        known = [place.pk for place in rows if may_see_book(access, place.pk)]
        places: Any = self.fields["location"]
        places.queryset = Warehouse.objects.filter(Q(pk__in=known)).order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Series:
    """One line of the chart: its pieces, each of weeks that follow each other, and a dot for each week."""

    words: str
    kind: str
    pieces: list[str]
    dots: list[tuple[str, str, str]]


class AccuracyPage(ScopedModelAdmin):
    """Mixed into the admin of counts, under whose address the page is."""

    def get_urls(self) -> list[URLPattern]:
        page = path("accuracy/", self.admin_site.admin_view(self.accuracy_page), name="cycle_counts_accuracy")
        return [page, *super().get_urls()]

    def accuracy_page(self, request: HttpRequest) -> HttpResponse:
        if not may_see_accuracy(request):
            raise PermissionDenied
        access = self.require_access(request)
        form = ChoiceForm(request.GET, access=access)
        values = form.cleaned_data if form.is_valid() else {}
        weeks = values.get("weeks") or 12
        rows = accuracy(access=access, warehouse=values.get("location"), weeks=weeks)
        today = access.organization.today()
        monday = today - timedelta(days=today.weekday())
        mondays = [monday - timedelta(weeks=number) for number in reversed(range(weeks))]
        least = _least(rows)
        series = _series(rows, mondays, least)
        whole = [row for row in rows if not row.abc_class]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Count accuracy",
            "form": form,
            "errors": form.errors,
            "figures": _figures(whole, access.organization.currency),
            "series": series,
            "grid": _grid(least),
            "ends": (_day(mondays[0]), _day(mondays[-1])),
            "chart": {"width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "bottom": _HEIGHT - _BOTTOM},
            "described": _described(whole),
            "rows": [
                (row, _LINES[row.abc_class][0] if row.abc_class in _LINES else row.abc_class)
                for row in reversed(rows)
            ],
            "currency": access.organization.currency,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "cycle_counts/admin/accuracy.html", context, status=status)


def _figures(rows: Sequence[AccuracyRow], currency: str) -> list[tuple[str, str]]:
    """What the weeks come to together."""
    lines, hits = sum(row.lines for row in rows), sum(row.hits for row in rows)
    expected, off = sum(row.units_expected for row in rows), sum(row.units_off for row in rows)
    worth = sum((row.value_expected for row in rows), Decimal(0))
    value = sum((row.value_off for row in rows), Decimal(0))
    return [
        ("Lines counted", f"{lines:,}"),
        ("Exact", f"{100 * hits / lines:.1f}%" if lines else "–"),
        ("Units off", f"{off:,} of {expected:,}"),
        ("Value off", f"{value:,.2f} of {worth:,.2f} {currency}"),
    ]


def _least(rows: Sequence[AccuracyRow]) -> int:
    """Where the chart begins: ten percent lines below the worst week, so that the good ones are told apart."""
    worst = min((row.hit_rate for row in rows if row.hit_rate is not None), default=Decimal(90))
    return max(0, min(90, int(worst // 10) * 10))


def _series(rows: Sequence[AccuracyRow], mondays: Sequence[date], least: int) -> list[Series]:
    by_class: dict[str, dict[date, AccuracyRow]] = {letter: {} for letter in _LINES}
    for row in rows:
        if row.abc_class in by_class:
            by_class[row.abc_class][row.week] = row
    found = []
    # All together is drawn last: it lies above the others.
    for letter in ("A", "B", "C", ""):
        words, kind = _LINES[letter]
        pieces: list[list[str]] = [[]]
        dots = []
        for place, week in enumerate(mondays):
            weekly = by_class[letter].get(week)
            if weekly is None or weekly.hit_rate is None:
                pieces.append([])
                continue
            x, y = _x(place, len(mondays)), _y(weekly.hit_rate, least)
            pieces[-1].append(f"{x:.1f},{y:.1f}")
            dots.append((f"{x:.1f}", f"{y:.1f}", f"{words}, week of {_day(week)}: {weekly.hit_rate:.1f}%"))
        if dots:
            found.append(Series(words, kind, [" ".join(piece) for piece in pieces if len(piece) > 1], dots))
    return found


def _grid(least: int) -> list[tuple[str, str]]:
    """Where the lines of the percentages are, and what they are called."""
    step = 5 if least >= 80 else 10 if least >= 50 else 20
    return [(f"{_y(Decimal(share), least):.1f}", f"{share}%") for share in range(100, least - 1, -step)]


def _x(place: int, number: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - 10) * (place / max(number - 1, 1))


def _y(share: Decimal, least: int) -> float:
    room = _HEIGHT - _TOP - _BOTTOM
    return _TOP + room * (1 - float((share - least) / (100 - least)))


def _day(day: date) -> str:
    return date_format(day, "j M Y", use_l10n=False)


def _described(rows: Sequence[AccuracyRow]) -> str:
    """The chart in a sentence."""
    known = [row for row in rows if row.hit_rate is not None]
    if not known:
        return "Nothing was counted in these weeks."
    first, last = known[0], known[-1]
    return (
        f"Lines that were exact: {first.hit_rate:.1f}% in the week of {_day(first.week)}, "
        f"{last.hit_rate:.1f}% in the week of {_day(last.week)}."
    )
