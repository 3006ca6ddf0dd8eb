"""The page that says what should be ordered for a location, with the numbers behind it, and orders it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from inventory.admin.fresh_stock import freshen
from inventory.models import Category, ReplenishmentSource, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.replenishment.orders import Order, place_orders
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
_ROWS: Final = 50


def may_see_suggestions(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(READ)


class WhichForm(forms.Form):
    """Which location's suggestions, and of which category."""

    location = forms.ModelChoiceField(
        Warehouse.objects.none(), empty_label="Choose a location", widget=UnfoldAdminSelectWidget
    )
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
    """`?location=`, `?category=` and `?page=` say what is shown. Ordering comes back to it."""

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
        places = access.narrow(Warehouse.objects.all(), READ, warehouse="pk").filter(is_active=True)
        form = WhichForm(
            request.GET if "location" in request.GET else None,
            locations=places.order_by("name"),
            categories=Category.objects.filter(organization=access.organization).order_by("name"),
        )
        if not form.is_valid():
            return self._suggestions(request, form, {}, status=422 if form.is_bound else 200)
        warehouse: Warehouse = form.cleaned_data["location"]
        typed: Mapping[str, str] = {}
        faults: list[str] = []
        if request.method == "POST":
            typed = request.POST.dict()
            orders, faults = _orders(access, warehouse, request)
            if not faults:
                faults = self._order(access, orders)
            if not faults:
                self.message_user(
                    request, f"{len(orders)} SKUs ordered for {warehouse.name}.", messages.SUCCESS
                )
                return HttpResponseRedirect(f"{reverse(SUGGESTIONS_URL)}?{request.GET.urlencode()}")
        shown = self._found(access, warehouse, form, request, typed) | {"faults": faults}
        return self._suggestions(request, form, shown, status=422 if faults else 200)

    def _order(self, access: Access, orders: Sequence[Order]) -> list[str]:
        """Order them; what is wrong, in words."""
        if not orders:
            return ["Choose what to order first."]
        try:
            transactions.run(lambda: place_orders(access=access, orders=orders))
        except Refusal as refusal:
            return [problem.detail for problem in refusal.problems] or [refusal.detail]
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
        }

    def _suggestions(
        self, request: HttpRequest, form: WhichForm, shown: dict[str, Any], status: int
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "What to order",
            "opts": self.opts,
            "form": form,
            **shown,
        }
        return TemplateResponse(request, "inventory/admin/suggestions.html", context, status=status)


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
    }


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
