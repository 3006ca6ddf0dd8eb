"""The ABC classes: what most is consumed of, by value, and when each SKU is to be counted next."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from cycle_counts import tasks
from cycle_counts.abc import MOST_DUE, ClassSummary, Summary, class_page, class_rows, summary_of
from cycle_counts.admin.settings_page import may_manage
from cycle_counts.models import AbcClass
from cycle_counts.preferences import settings_of
from cycle_counts.rights import COUNT
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Warehouse

__all__ = ["CLASSES_URL", "ClassesPage", "may_see_classes"]

CLASSES_URL: Final = "admin:cycle_counts_classes"
_REFRESH_URL: Final = "admin:cycle_counts_classes_refresh"
_ROWS: Final = 50
#: The chart in its own units.
_WIDTH: Final = 640
_HEIGHT: Final = 220
_LEFT: Final = 40
_TOP: Final = 14
_BOTTOM: Final = 34


def may_see_classes(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(COUNT)


class ChoiceForm(forms.Form):
    """Which SKUs are listed. Nothing chosen: all of them."""

    location = forms.ModelChoiceField(
        Warehouse.objects.none(), required=False, empty_label="All locations", widget=UnfoldAdminSelectWidget
    )
    abc_class = forms.ChoiceField(
        label="Class",
        choices=[("", "All classes"), *AbcClass.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    search = forms.CharField(
        label="SKU or title", max_length=128, required=False, widget=UnfoldAdminTextInputWidget
    )
    due = forms.BooleanField(label="Only what is due", required=False)

    def __init__(self, *args: Any, access: Access, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places: Any = self.fields["location"]
        places.queryset = access.narrow(Warehouse.objects.order_by("name", "pk"), COUNT, warehouse="pk")


@dataclass(frozen=True, slots=True)
class Column:
    """One class in the chart: how many of the SKUs it holds, and how much of the value up to it."""

    letter: str
    x: float
    y: float
    height: float
    point_x: float
    point_y: float
    skus: str
    share: str
    cumulative: str


class ClassesPage(ScopedModelAdmin):
    """Mixed into the admin of counts, under whose address the page is."""

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("classes/", guarded(self.classes_page), name="cycle_counts_classes"),
            path(
                "classes/refresh/",
                guarded(require_POST(csrf_protect(self.classes_refresh))),
                name="cycle_counts_classes_refresh",
            ),
        ]
        return [*own, *super().get_urls()]

    def classes_page(self, request: HttpRequest) -> HttpResponse:
        access = access_of(request)
        if access is None or not access.may(COUNT):
            raise PermissionDenied
        form = ChoiceForm(request.GET, access=access)
        values = form.cleaned_data if form.is_valid() else {}
        place = values.get("location")
        found = class_page(
            access=access,
            warehouse=place,
            abc_class=values.get("abc_class", ""),
            due_only=values.get("due", False),
            search=values.get("search", ""),
        )
        number = _page_number(request.GET.get("page"))
        start = (number - 1) * _ROWS
        # One row more tells whether there is another page: of a million SKUs none is counted.
        some = list(found[start : start + _ROWS + 1])
        summary = summary_of(access=access, warehouse=place)
        settings = settings_of(access.organization)
        columns = _columns(summary)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "ABC classes",
            "form": form,
            "errors": form.errors,
            "summary": summary,
            "most_due": MOST_DUE,
            "columns": columns,
            # Where nothing was consumed there is no share of anything to be seen.
            "has_chart": any(each.share for each in summary.classes),
            "chart": {
                "width": _WIDTH,
                "height": _HEIGHT,
                "left": _LEFT,
                "bottom": _HEIGHT - _BOTTOM,
                "top": _TOP,
            },
            "described": _described(summary),
            "line": " ".join(f"{column.point_x:.1f},{column.point_y:.1f}" for column in columns),
            "rows": class_rows(some[:_ROWS], access=access, warehouse=place),
            "page": number,
            "earlier": _page_query(request, number - 1) if number > 1 else "",
            "later": _page_query(request, number + 1) if len(some) > _ROWS else "",
            "window_days": settings.window_days,
            "plan_url": reverse(self.url_name("add"), current_app=self.admin_site.name),
            "refresh_url": reverse(_REFRESH_URL) if may_manage(request) else "",
            "currency": access.organization.currency,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "cycle_counts/admin/classes.html", context, status=status)

    def classes_refresh(self, request: HttpRequest) -> HttpResponse:
        """Ask for the classes to be computed anew, which takes a while with many movements."""
        if not may_manage(request):
            raise PermissionDenied
        tasks.refresh_classes.delay(str(self.require_access(request).organization.pk))
        words = "The classes are being computed. Look again in a moment."
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse(CLASSES_URL))


def _columns(summary: Summary) -> list[Column]:
    """A column for each class by its part of the SKUs, and the line of the value up to each: the Pareto chart."""
    every = sum(each.skus for each in summary.classes)
    whole = sum((each.share for each in summary.classes), Decimal(0)) or Decimal(1)
    place = (_WIDTH - _LEFT) / max(len(summary.classes), 1)
    room = _HEIGHT - _TOP - _BOTTOM
    found, up_to = [], Decimal(0)
    for number, each in enumerate(summary.classes):
        up_to += each.share
        part = each.skus / every if every else 0.0
        left = _LEFT + number * place
        found.append(
            Column(
                letter=each.abc_class,
                x=round(left + place * 0.2, 1),
                y=round(_TOP + room * (1 - part), 1),
                height=round(room * part, 1),
                point_x=round(left + place * 0.5, 1),
                point_y=round(_TOP + room * (1 - float(up_to / whole)), 1),
                skus=f"{part:.0%}",
                share=f"{each.share:,.1f}%",
                cumulative=f"{100 * up_to / whole:,.0f}%",
            )
        )
    return found


def _described(summary: Summary) -> str:
    """The chart in a sentence."""
    every = sum(each.skus for each in summary.classes)
    if not every:
        return "Nothing is classified yet."
    return " ".join(_one(each, every) for each in summary.classes)


def _one(each: ClassSummary, every: int) -> str:
    return f"Class {each.abc_class}: {each.skus / every:.0%} of the SKUs, {each.share:,.0f}% of the value."


def _page_number(text: str | None) -> int:
    """The page of the address; beyond what anybody pages to it is the first."""
    typed = text or ""
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 6 and int(typed) else 1


def _page_query(request: HttpRequest, number: int) -> str:
    kept = {name: value for name, value in request.GET.items() if name != "page"}
    return f"?{urlencode(kept | {'page': str(number)})}"
