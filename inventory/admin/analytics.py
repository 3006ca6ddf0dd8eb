"""The analytics page: what is there, how it moved, what sells and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from inventory.admin.fresh_stock import freshen
from inventory.analytics import DEFAULT_DAYS, Analytics, Point, Window, analyse, window_of
from inventory.models import Category
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Warehouse
from warehouses.refusals import InvalidInput

__all__ = ["AnalyticsPage"]

_READ: Final = "inventory.read"
_CENT: Final = Decimal("0.01")
#: The height of the chart in its own units.
_HEIGHT: Final = 100


class ChoiceForm(forms.Form):
    """What the report is about. Nothing chosen: everything that the caller sees, over the last 30 days."""

    location = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, empty_label="All locations", widget=UnfoldAdminSelectWidget
    )
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, empty_label="All categories", widget=UnfoldAdminSelectWidget
    )
    first = forms.DateField(label="From", required=False)
    last = forms.DateField(label="To", required=False)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access
        seen = access.narrow(Warehouse.objects.order_by("name"), _READ, warehouse="pk")
        self.fields["location"].queryset = seen  # type: ignore[attr-defined]
        categories = Category.objects.filter(organization=access.organization).order_by("name")
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput(
                attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"
            )

    def window(self) -> Window | None:
        """None where the days are none that there is a report of, which becomes an error of the form."""
        values = self.cleaned_data
        try:
            return window_of(
                organization=self.access.organization,
                start=values.get("first"),
                end=values.get("last"),
                now=timezone.now(),
            )
        except InvalidInput as refusal:
            for problem in refusal.problems:
                self.add_error("last" if problem.field == "end" else "first", problem.detail)
            return None


@dataclass(frozen=True, slots=True)
class Bar:
    """A column of the chart: its place and its height, from the top, and the point that it stands for."""

    x: int
    y: float
    height: float
    point: Point


class AnalyticsPage(ScopedModelAdmin):
    """Mixed into the admin of stock levels, under whose address the page is."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.analytics_page)
        return [path("analytics/", view, name="inventory_analytics"), *super().get_urls()]

    def analytics_page(self, request: HttpRequest) -> HttpResponse:
        access = access_of(request)
        if access is None or not access.may(_READ):
            raise PermissionDenied
        freshen(request)
        today = access.organization.today()
        usual = {"first": today - timedelta(days=DEFAULT_DAYS - 1), "last": today}
        form = ChoiceForm(request.GET or usual, access=access)
        window = form.window() if form.is_valid() else None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Analytics",
            "form": form,
            "currency": access.organization.currency,
        }
        if window is not None:
            values = form.cleaned_data
            report = analyse(
                access=access, window=window, warehouse=values["location"], category=values["category"]
            )
            context |= _shown(report)
        return TemplateResponse(
            request, "inventory/admin/analytics.html", context, status=422 if form.errors else 200
        )


def _shown(report: Analytics) -> dict[str, Any]:
    totals, turnover = report.totals, report.turnover
    return {
        "report": report,
        "figures": [
            ("Units on hand", f"{totals.on_hand:,}"),
            ("Reserved", f"{totals.reserved:,}"),
            ("Held", f"{totals.held:,}"),
            ("Available", f"{totals.available:,}"),
            ("Value", _money(totals.value)),
            ("SKUs in stock", f"{totals.in_stock:,}"),
            ("Low", f"{totals.low:,}"),
            ("Critical", f"{totals.critical:,}"),
            ("Out of stock", f"{totals.out_of_stock:,}"),
        ],
        "turnover": [
            ("Units consumed", f"{turnover.units:,}"),
            ("What they cost", _money(turnover.cost)),
            ("Average value of stock", _money(turnover.average_value)),
            ("Turned over", _times(turnover.ratio)),
            ("Stock lasts", f"{turnover.days_of_stock:,.0f} days" if turnover.days_of_stock else "–"),
        ],
        "bars": _bars(report.points),
        "chart_width": len(report.points),
        "chart_height": _HEIGHT,
        "points": [(point.day, f"{point.units:,}", _money(point.value)) for point in report.points],
        "reasons": [
            (row.name, row.code, f"{row.units_in:,}", f"{row.units_out:,}", f"{row.movements:,}")
            for row in report.reasons
        ],
        "movers": [
            (row.sku_id, row.code, row.title, f"{row.units:,}", _money(row.cost), f"{row.on_hand:,}")
            for row in report.movers
        ],
        "dead": [
            (row.sku_id, row.code, row.title, f"{row.on_hand:,}", _money(row.value), row.last_out_at)
            for row in report.dead
        ],
    }


def _bars(points: Sequence[Point]) -> list[Bar]:
    most = max((point.units for point in points), default=0)
    heights = [round(_HEIGHT * point.units / most, 2) if most else 0.0 for point in points]
    return [
        Bar(place, round(_HEIGHT - height, 2), height, point)
        for place, (point, height) in enumerate(zip(points, heights, strict=True))
    ]


def _money(amount: Decimal | None) -> str:
    return "–" if amount is None else f"{amount.quantize(_CENT, ROUND_HALF_UP):,}"


def _times(ratio: Decimal | None) -> str:
    return "–" if ratio is None else f"{ratio.quantize(_CENT, ROUND_HALF_UP)} times"
