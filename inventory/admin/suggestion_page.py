"""The page that says what should be ordered for a location, with the numbers behind it, and orders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from inventory.admin.fresh_stock import freshen
from inventory.models import Category, Replenishment, ReplenishmentSource, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.replenishment.orders import MOST_ORDERS, Order, place_orders, take_back
from inventory.replenishment.rules import READ, WRITE, Rule, find_rules
from inventory.replenishment.suggestions import Suggestion, suggest
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = ["SUGGESTIONS_URL", "SuggestionPages", "may_see_suggestions"]

SUGGESTIONS_URL: Final = "admin:inventory_replenishmentrule_suggestions"
_TAKE_BACK: Final = "inventory_replenishmentrule_take_back"
_ROWS: Final = 50
_CHIPS: Final = 24
#: In the session: which location was looked at last, and which orders were placed just now.
_LAST_LOCATION: Final = "suggestions_location"
_ORDERED: Final = "suggestions_ordered"


def may_see_suggestions(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(READ)


class WhichForm(forms.Form):
    """Which location's suggestions, and of which category."""

    location = forms.ModelChoiceField(Warehouse.objects.none(), widget=forms.HiddenInput)
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, empty_label="All", widget=UnfoldAdminSelectWidget
    )

    def __init__(
        self, *args: Any, locations: QuerySet[Warehouse], categories: QuerySet[Category], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]


class SuggestionPages(ScopedModelAdmin):
    """`?location=`, `?category=` and `?page=` say what is shown. Ordering comes back to it, with a way to undo it.

    Without a location it is the one that the person looked at last, else the organization's default.
    """

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.take_back)
        return [path("suggestions/take-back/", view, name=_TAKE_BACK), *super().get_urls()]

    def has_suggest_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may_see_suggestions(request)

    @action(
        description="Suggestions",
        permissions=["suggest"],
        url_path="suggestions",
        icon="shopping_cart_checkout",
    )
    def suggestions(self, request: HttpRequest) -> HttpResponse:
        freshen(request)
        access = self.require_access(request)
        places = _places(access)
        form = WhichForm(
            {**_usual(request, access, places), **request.GET.dict()},
            locations=access.narrow(Warehouse.objects.filter(is_active=True), READ, warehouse="pk"),
            categories=Category.objects.filter(organization=access.organization).order_by("name"),
        )
        if not form.is_valid():
            return self._suggestions(request, form, places, {}, status=422 if places else 200)
        warehouse: Warehouse = form.cleaned_data["location"]
        request.session[_LAST_LOCATION] = str(warehouse.pk)
        typed: Mapping[str, str] = {}
        faults: list[str] = []
        if request.method == "POST":
            typed = request.POST.dict()
            orders, faults = _orders(access, warehouse, request)
            made = [] if faults else self._order(access, orders, faults)
            if not faults:
                request.session[_ORDERED] = [str(record.pk) for record in made]
                return HttpResponseRedirect(f"{reverse(SUGGESTIONS_URL)}?{_kept(request, warehouse)}")
        shown = self._found(access, warehouse, form, request, typed) | {
            "faults": faults,
            "ordered": request.session.pop(_ORDERED, []) if request.method == "GET" else [],
        }
        return self._suggestions(request, form, places, shown, status=422 if faults else 200)

    def take_back(self, request: HttpRequest) -> HttpResponse:
        """Cancel what was ordered a moment ago. A POST, with `order` for each of the orders."""
        access = access_of(request)
        if access is None or not access.may(WRITE):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            keys = [UUID(key) for key in request.POST.getlist("order")[:MOST_ORDERS]]
        except ValueError:
            raise Http404 from None
        try:
            count = transactions.run(lambda: take_back(access=access, keys=keys, reason="Taken back"))
        except Refusal as refusal:
            self.message_user(request, refusal.detail, messages.ERROR)
        else:
            self.message_user(
                request, f"{_lines(count)} taken back: nothing of that is on order.", messages.SUCCESS
            )
        return HttpResponseRedirect(f"{reverse(SUGGESTIONS_URL)}?{request.GET.urlencode()}")

    def _order(self, access: Access, orders: Sequence[Order], faults: list[str]) -> list[Replenishment]:
        """Order them. What is wrong is put into `faults`, in words."""
        if not orders:
            faults.append("Choose what to order first.")
            return []
        try:
            return transactions.run(lambda: place_orders(access=access, orders=orders))
        except Refusal as refusal:
            faults += [problem.detail for problem in refusal.problems] or [refusal.detail]
            return []

    def _found(
        self,
        access: Access,
        warehouse: Warehouse,
        form: WhichForm,
        request: HttpRequest,
        typed: Mapping[str, str],
    ) -> dict[str, Any]:
        category: Category | None = form.cleaned_data["category"]
        number = request.GET.get("page", "")
        page = min(max(int(number), 1), 10**6) if number.isascii() and number.isdigit() else 1
        found = suggest(
            access=access,
            warehouse=warehouse,
            category_id=category.pk if category else None,
            offset=(page - 1) * _ROWS,
            limit=_ROWS,
        )
        pages = Paginator(range(found.total), _ROWS).num_pages
        return {
            "warehouse": warehouse,
            "rows": [_row(suggestion, typed) for suggestion in found.rows],
            "total": found.total,
            "page": page,
            "pages": pages,
            "earlier": _address(request, page - 1) if page > 1 else None,
            "later": _address(request, page + 1) if page < pages else None,
            "may_order": access.covers(WRITE, warehouse.pk) and not warehouse.is_readonly,
            "kept": _kept(request, warehouse),
        }

    def _suggestions(
        self,
        request: HttpRequest,
        form: WhichForm,
        places: Sequence[Warehouse],
        shown: dict[str, Any],
        status: int,
    ) -> HttpResponse:
        access = self.require_access(request)
        category = request.GET.get("category", "")
        context = {
            **self.admin_site.each_context(request),
            "title": "What to order",
            "opts": self.opts,
            "form": form,
            "places": [
                (
                    place,
                    "?" + urlencode({"location": place.pk} | ({"category": category} if category else {})),
                )
                for place in places
            ],
            "currency": access.organization.currency,
            "person": request.user.pk,
            "orders_url": reverse("admin:inventory_replenishment_changelist"),
            **shown,
        }
        return TemplateResponse(request, "inventory/admin/suggestions.html", context, status=status)


def _places(access: Access) -> list[Warehouse]:
    """The first locations, as links; any other is chosen by its address. One query."""
    rows = access.narrow(
        Warehouse.objects.filter(is_active=True).order_by("name", "pk"), READ, warehouse="pk"
    )
    return list(rows[:_CHIPS])


def _usual(request: HttpRequest, access: Access, places: Sequence[Warehouse]) -> dict[str, str]:
    """The location to show where the address names none: the last one, the default, the first that there is."""
    there = [str(place.pk) for place in places]
    for wished in (request.session.get(_LAST_LOCATION), str(access.organization.default_warehouse_id)):
        if wished in there:
            return {"location": wished}
    return {"location": there[0]} if there else {}


def _kept(request: HttpRequest, warehouse: Warehouse) -> str:
    """The address's query, with the location in it."""
    return urlencode({**request.GET.dict(), "location": str(warehouse.pk)})


def _lines(count: int) -> str:
    return f"{count} order" if count == 1 else f"{count} orders"


def _row(suggestion: Suggestion, typed: Mapping[str, str]) -> dict[str, Any]:
    key = str(suggestion.level.pk)
    source = suggestion.rule.source
    origin = source.from_warehouse.name if source.from_warehouse else source.name
    return {
        "key": key,
        "suggestion": suggestion,
        "basis": suggestion.need.basis.label,
        "source": origin,
        "is_chosen": f"order-{key}" in typed,
        "units": typed.get(f"units-{key}", suggestion.need.quantity),
        "cost": suggestion.level.sku.unit_cost,
        "days_left": _days_left(suggestion),
    }


def _days_left(suggestion: Suggestion) -> int | None:
    """For how many days what is available will last, at the demand of the window; None without any demand."""
    if not suggestion.demand:
        return None
    return max(suggestion.level.available, 0) * suggestion.rule.window_days // suggestion.demand


def _orders(access: Access, warehouse: Warehouse, request: HttpRequest) -> tuple[list[Order], list[str]]:
    """What was ticked, with the units that stand beside it, from where the rules say; and what is wrong with it."""
    chosen: dict[UUID, str] = {}
    for name in request.POST:
        if name.startswith("order-"):
            key = name.removeprefix("order-")
            try:
                chosen[UUID(key)] = request.POST.get(f"units-{key}", "")
            except ValueError:
                continue  # no row of ours
    levels = access.narrow(StockLevel.objects.filter(warehouse=warehouse, pk__in=chosen), READ)
    found = list(levels.select_related("sku", "warehouse").order_by("sort_code"))
    rules = find_rules(found)
    orders: list[Order] = []
    faults: list[str] = []
    for level in found:
        units = chosen[level.pk].strip()
        source = Rule.of(level, rules.get(level.pk)).source
        if not (units.isascii() and units.isdigit() and 0 < int(units) <= MAXIMUM_QUANTITY):
            faults.append(f"{level.sku.code}: give a whole number of units, from 1 on.")
        elif source.from_warehouse is None and (
            source.type is ReplenishmentSource.TRANSFER or not source.name
        ):
            faults.append(f"{level.sku.code}: its rule does not say where it comes from.")
        else:
            orders.append(Order(level.sku, level.warehouse, int(units), source, index=len(orders)))
    return orders, faults


def _address(request: HttpRequest, page: int) -> str:
    return "?" + urlencode({**request.GET.dict(), "page": page})
