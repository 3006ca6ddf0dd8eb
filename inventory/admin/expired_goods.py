"""Expired goods: the list, and what is done about a stock item: marked as expired, used up, brought to destruction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import path
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.admin.act_pages import ActForm, ActPages
from inventory.admin.expired_desk import ExpiredDesk
from inventory.admin.lots import LOT_LABELS, days_in_words
from inventory.admin.search import SkuSearch
from inventory.expiry.destruction import destroy, destruction_bins
from inventory.expiry.goods import MOST_DAYS_AHEAD, Totals, expired_goods, expires_within, totals_of
from inventory.expiry.lines import WantedUnits
from inventory.expiry.marking import mark_consumed, mark_expired
from inventory.lots.states import days_left
from inventory.models import Destruction, LotState, Source, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.list_exports import request_of
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.models import Bin, Warehouse
from warehouses.tables import Table

__all__ = ["ExpiredGoodsAdmin", "GoodsActions", "export_table"]

_WRITE: Final = "inventory.write"


class UnitsOfItemForm(ActForm):
    """How many units of a stock item, and why."""

    quantity = forms.IntegerField(
        label="How many units (empty: all of them)",
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric", "autofocus": True}),
    )
    note = forms.CharField(label="Why", max_length=300, required=False, widget=UnfoldAdminTextInputWidget)


class DestructionForm(UnitsOfItemForm):
    reason = forms.CharField(label="Why it is destroyed", max_length=200, widget=UnfoldAdminTextInputWidget)
    bin = forms.ModelChoiceField(
        Bin.objects.none(),
        label="Where to",
        required=False,
        empty_label="The first bin of the destruction room",
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("quantity", "reason", "bin", "note")

    def __init__(self, *args: Any, warehouse: Warehouse, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].label = "Note"
        field: Any = self.fields["bin"]
        field.queryset = Bin.objects.filter(pk__in=[shelf.pk for shelf in destruction_bins(warehouse)])


class GoodsActions(ActPages):
    """The three acts on a page of stock items, and the list of those that are expired."""

    def get_urls(self) -> list[Any]:
        goods = ExpiredGoodsAdmin(StockItem, self.admin_site)
        view = self.admin_site.admin_view(goods.changelist_view)
        own = [path("expired/", view, name="inventory_stockitem_expired"), *goods.desk_urls()]
        return [*own, *super().get_urls()]

    def has_goods_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, _WRITE, object_id)

    @action(description="Mark as expired…", permissions=["goods"], url_path="mark-expired", icon="event_busy")
    def mark_expired(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told: list[str] = []

        def act(access: Access, item: StockItem, values: dict[str, Any]) -> StockItem:
            wanted = [WantedUnits(item.public_id, values["quantity"])]
            (marked,), _ = mark_expired(access=access, source=Source.ADMIN, lines=wanted, note=values["note"])
            told[:] = [f"{marked.units:,} units of {item.sku.code} are expired, in lot {marked.lot.code}."]
            return item

        return self.act_on(
            request,
            object_id,
            form=lambda data, item: UnitsOfItemForm(data),
            verb="Mark as expired",
            explanation="Where this is all that there is of the lot, or its last day has passed, the lot itself"
            " expires. Otherwise just these units go into an expired lot of their own.",
            figures=_figures,
            act=act,
            done=lambda item: told[0],
        )

    @action(
        description="Mark as consumed…", permissions=["goods"], url_path="mark-consumed", icon="restaurant"
    )
    def mark_consumed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        told: list[str] = []

        def act(access: Access, item: StockItem, values: dict[str, Any]) -> StockItem:
            wanted = [WantedUnits(item.public_id, values["quantity"])]
            (consumed,), adjustment = mark_consumed(
                access=access, source=Source.ADMIN, lines=wanted, note=values["note"]
            )
            told[:] = [f"{consumed.units:,} units of {item.sku.code} have left ({adjustment.public_id})."]
            return item

        return self.act_on(
            request,
            object_id,
            form=lambda data, item: UnitsOfItemForm(data),
            verb="Mark as consumed",
            explanation="Expired units that were used up leave the stock.",
            figures=_figures,
            act=act,
            done=lambda item: told[0],
        )

    @action(
        description="Bring to destruction…",
        permissions=["goods"],
        url_path="destroy",
        icon="delete_forever",
        variant=ActionVariant.WARNING,
    )
    def destroy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def act(access: Access, item: StockItem, values: dict[str, Any]) -> Destruction:
            return destroy(
                access=access,
                lines=[WantedUnits(item.public_id, values["quantity"])],
                reason=values["reason"],
                note=values["note"],
                bin_id=values["bin"].public_id if values["bin"] else None,
            )

        return self.act_on(
            request,
            object_id,
            form=lambda data, item: DestructionForm(data, warehouse=item.warehouse),
            verb="Bring to destruction",
            explanation="The units are brought to the destruction room, and a record says what, how much, who and why.",
            figures=_figures,
            act=act,
            done=lambda destruction: f"The record is {destruction.public_id}.",
        )


def _figures(item: StockItem) -> dict[str, Any]:
    lot = item.lot
    found: dict[str, Any] = {"Bin": item.bin.code, "On hand": f"{item.on_hand:,}", "Held": f"{item.held:,}"}
    if lot is not None:
        found |= {"Lot": lot.code, "Last day": lot.expires_on or "None"}
    return found


class DaysAheadFilter(DropdownFilter):
    """Without a choice, as far ahead as the organization wants to be warned."""

    title = "expiry"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", "Expired"), *((str(days), f"Within {days} days") for days in (7, 30, 90, 365))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        access = access_of(request)
        if access is None:
            return queryset.none()
        organization = access.organization
        chosen = self.value()
        days = int(chosen) if chosen and chosen.isdecimal() else organization.expiry_warning_days
        return queryset.filter(expires_within(min(days, MOST_DAYS_AHEAD), today=organization.today()))


class GoodsList(ChangeList):
    """The list's page, with the sums over all of its pages: one query."""

    totals: Totals
    currency: str

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if getattr(self, "is_whole", False):
            return  # a file has the rows alone
        self.totals = totals_of(self.queryset)
        access = access_of(request)
        self.currency = access.organization.currency if access is not None else ""


class ExpiredGoodsAdmin(ExpiredDesk, ReadOnlyScopedAdmin, SkuSearch):
    """Stock items again, in a list of their own: those whose lot is expired or soon will be."""

    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    icon = "event_busy"
    export_page = "inventory_stockitem_expired"
    list_before_template = "inventory/admin/expired_totals.html"
    list_display = (
        "sku", "title", "warehouse", "bin", "lot", "condition", "last_day", "days", "on_hand", "held", "worth",
    )  # fmt: skip
    list_filter = (
        DaysAheadFilter,
        "warehouse",
        "bin__room__room_type",
        ("sku__product__category", AutocompleteFilter),
    )
    list_select_related = ("sku", "warehouse", "bin", "lot", "organization")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    search_help_text = "SKU code or title, or scan a barcode"
    ordering = ("last_day", "pk")
    actions_row = ("mark_expired", "mark_consumed", "destroy")
    actions = ("expire_selected", "consume_selected", "destroy_selected")
    empty_hint: ClassVar[str] = "Nothing is expired, and nothing soon will be."

    # The pages behind these are those of the stock items: the theme links to them by name.
    mark_expired = GoodsActions.mark_expired
    mark_consumed = GoodsActions.mark_consumed
    destroy = GoodsActions.destroy
    has_goods_permission = GoodsActions.has_goods_permission

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        return super().changelist_view(request, {"title": "Expired goods", **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return GoodsList

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        access = access_of(request)
        if access is None:
            return StockItem.objects.none()
        return expired_goods(access=access, days_ahead=MOST_DAYS_AHEAD)

    @admin.display(description="title", ordering="sku__title")
    def title(self, item: StockItem) -> str:
        return item.sku.title

    @display(description="state", label=LOT_LABELS)
    def condition(self, item: Any) -> str:
        return str(LotState(item.lot_condition).label)

    @admin.display(description="last day", ordering="last_day")
    def last_day(self, item: Any) -> date | None:
        return item.lot.expires_on if item.lot else None

    @admin.display(description="days left", ordering="last_day")
    def days(self, item: Any) -> str:
        return days_in_words(days_left(item.lot.expires_on, item.organization.today()))

    @admin.display(description="value", ordering="value")
    def worth(self, item: Any) -> Decimal | None:
        value: Decimal | None = item.value
        return None if value is None else value.quantize(Decimal("0.01"))


def export_table(access: Access, query: QueryDict) -> Table:
    """The list as a file. The setting EXPORT_PAGES names this: stock items are a list already, under their own name."""
    return ExpiredGoodsAdmin(StockItem, admin.site).table(request_of(access, query), all_columns=False)
