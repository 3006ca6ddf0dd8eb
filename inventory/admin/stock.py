"""Stock levels, stock items and movements: read-only, but for the form that corrects a quantity."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

from inventory.admin.act_pages import HoldItemForm
from inventory.admin.analytics import AnalyticsPage
from inventory.admin.correct import CorrectPage, CorrectPages
from inventory.admin.correct_form import Place
from inventory.admin.expired_goods import GoodsActions
from inventory.admin.filters import BelowReorderPointFilter, StatusFilter
from inventory.admin.fresh_stock import FreshStock, freshen
from inventory.admin.integrations import link
from inventory.admin.labels import STATUS_LABELS
from inventory.admin.search import SkuSearch
from inventory.admin.tallied import Tallied
from inventory.formulas import StockStatus
from inventory.holds import WRITE, create_hold
from inventory.models import DocumentType, Movement, StockItem, StockLevel, TallyKind
from inventory.stock_documents import ADJUST
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.inlines import ReadOnlyScopedInline
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import encode

__all__ = ["MovementAdmin", "StockItemAdmin", "StockLevelAdmin"]


class StockList(ChangeList):
    """The list's page; each row knows whether the caller may correct it."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        access = access_of(request)
        found: list[Any] = list(self.result_list)
        for row in found:
            is_open = row.warehouse.is_active and not row.warehouse.is_readonly
            row.is_correctable = is_open and access is not None and access.covers(ADJUST, row.warehouse_id)
        self.result_list = found


class StockAdmin(Tallied, FreshStock, ReadOnlyScopedAdmin, CorrectPage, SkuSearch):
    """What a level and an item share: correcting how much there is."""

    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    actions_row: tuple[str, ...] = ()
    actions_detail: tuple[str, ...] = ("correct",)
    search_help_text = "SKU code or title, or scan a barcode"
    fixed_columns = frozenset({"correct_link"})

    def place_of(self, row: Any) -> Place:
        raise NotImplementedError

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StockList

    def has_correct_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if object_id is None:
            access = access_of(request)
            return access is not None and access.may(ADJUST)
        return self.allows(request, ADJUST, object_id)

    @action(
        description="Correct",
        permissions=["correct"],
        url_path="correct",
        icon="edit_square",
        attrs={"data-correct": ""},
    )
    def correct(self, request: HttpRequest, object_id: str) -> HttpResponse:
        freshen(request)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        here = reverse(self.url_name("correct"), args=(row.pk,), current_app=self.admin_site.name)
        return self.correction(request, self.place_of(row), here, self.page_of(row))

    @admin.display(description="correct")
    def correct_link(self, row: Any) -> SafeString | str:
        """The button of a row, for whoever may."""
        if not row.is_correctable:
            return ""
        here = reverse(self.url_name("correct"), args=(row.pk,), current_app=self.admin_site.name)
        return format_html(
            '<a href="{}" class="correct-button" data-correct aria-label="Correct {}">'
            '<span class="material-symbols-outlined" aria-hidden="true">edit</span>'
            '<span class="correct-word">Correct</span></a>',
            here,
            row.sku.code,
        )


class ItemInline(ReadOnlyScopedInline):
    """Where in the warehouse the stock lies."""

    model = StockItem
    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    fields = readonly_fields = ("bin", "room", "lot", "expires_on", "on_hand", "held")
    ordering = ("bin__pick_sequence", "bin__code", "pk")
    verbose_name_plural = "stock by bin and lot"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("bin__room", "lot", "sku")

    @admin.display(description="room")
    def room(self, item: StockItem) -> str:
        return item.bin.room.name

    @admin.display(description="expires")
    def expires_on(self, item: StockItem) -> Any:
        return item.lot.expires_on if item.lot else None


@admin.register(StockLevel)
class StockLevelAdmin(StockAdmin, CorrectPages, AnalyticsPage):
    code_path = "sort_code"
    icon = "inventory"
    list_display = (
        "sku", "title", "warehouse", "on_hand", "reserved", "held", "available",
        "reorder_point", "state", "correct_link",
    )  # fmt: skip
    list_filter = (
        "warehouse",
        StatusFilter,
        BelowReorderPointFilter,
        ("sku__product__category", AutocompleteFilter),
    )
    list_select_related = ("sku", "warehouse")
    search_fields = ("sort_code__startswith", "sku__title__icontains", "sku__barcodes__code")
    ordering = ("sort_code", "warehouse_id")
    tally_kind = TallyKind.LEVEL
    fields = (
        "sku", "title", "warehouse", "state", "on_hand", "reserved", "held", "available",
        "safety_stock", "reorder_point", "reorder_quantity", "updated_at",
    )  # fmt: skip
    inlines = (ItemInline,)

    def place_of(self, row: StockLevel) -> Place:
        return Place(sku=row.sku, warehouse=row.warehouse, level=row)

    @admin.display(description="title", ordering="sku__title")
    def title(self, level: StockLevel) -> str:
        return level.sku.title

    @display(description="status", ordering="status", label=STATUS_LABELS)
    def state(self, level: StockLevel) -> str:
        return str(StockStatus(level.status).label)


@admin.register(StockItem)
class StockItemAdmin(GoodsActions, StockAdmin):
    icon = "shelves"
    actions_row = ("hold", "mark_expired", "mark_consumed", "destroy")
    actions_detail = ("correct", "hold", "mark_expired", "mark_consumed", "destroy")
    list_display = (
        "sku", "title", "warehouse", "room", "bin", "lot", "expires_on", "on_hand", "held", "updated_at",
        "correct_link",
    )  # fmt: skip
    list_filter = ("warehouse", "bin__room__room_type", ("bin", AutocompleteFilter), "lot__state")
    list_select_related = ("sku", "warehouse", "bin__room", "lot", "level")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    ordering = ("created_at", "pk")
    tally_kind = TallyKind.ITEM
    fields = (
        "sku", "title", "warehouse", "room", "bin", "lot", "expires_on", "on_hand", "held", "updated_at",
    )  # fmt: skip

    def place_of(self, row: StockItem) -> Place:
        level = StockLevel.objects.select_related("sku", "warehouse").get(pk=row.level_id)
        return Place(sku=level.sku, warehouse=level.warehouse, level=level, item=row)

    @admin.display(description="title", ordering="sku__title")
    def title(self, item: StockItem) -> str:
        return item.sku.title

    @admin.display(description="room")
    def room(self, item: StockItem) -> str:
        return item.bin.room.name

    @admin.display(description="expires", ordering="lot__expires_on")
    def expires_on(self, item: StockItem) -> Any:
        return item.lot.expires_on if item.lot else None

    def has_hold_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, WRITE, object_id)

    @action(description="Hold…", permissions=["hold"], url_path="hold", icon="front_hand")
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        freshen(request)
        return self.act_on(
            request,
            object_id,
            form=lambda data, item: HoldItemForm(data),
            verb="Hold",
            explanation="The units may neither leave nor move until they are released.",
            figures=lambda item: {"On hand": item.on_hand, "Held": item.held},
            act=lambda access, item, values: create_hold(
                access=access, sku=item.sku, warehouse=item.warehouse, item=item, **values
            ),
            done=lambda made: f"{made.quantity} units of {made.sku.code} are held.",
        )


@admin.register(Movement)
class MovementAdmin(ReadOnlyScopedAdmin, SkuSearch):
    """The ledger. Pages forward and back without counting all of it."""

    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    icon = "receipt_long"
    paginator = InfinitePaginator
    list_display = (
        "recorded_at", "sku", "warehouse", "change", "before", "after",
        "reason", "reference", "by", "note",
    )  # fmt: skip
    list_filter = ("warehouse", "reason_code", "actor_type", "recorded_at")
    list_select_related = ("sku", "warehouse", "reason_code")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    search_help_text = "SKU code or title, or scan a barcode"
    ordering = ("-recorded_at", "-pk")
    fields = (
        "sku", "warehouse", "stock_item", "change", "before", "after", "item_after",
        "reason", "note", "reference", "by", "document", "recorded_at", "occurred_at",
    )  # fmt: skip

    export_also = ("title", "bin", "lot", "occurred_at")
    export_prefetch = ("stock_item__bin", "stock_item__lot")
    export_values = {
        "title": lambda movement: movement.sku.title,
        "bin": lambda movement: movement.stock_item.bin.code,
        "lot": lambda movement: movement.stock_item.lot.code if movement.stock_item.lot else None,
    }

    @admin.display(description="change", ordering="delta")
    def change(self, movement: Movement) -> str:
        return f"{movement.delta:+,d}"

    @admin.display(description="before", ordering="level_before")
    def before(self, movement: Movement) -> int:
        return movement.level_before

    @admin.display(description="after", ordering="level_after")
    def after(self, movement: Movement) -> int:
        return movement.level_after

    @admin.display(description="reason", ordering="reason_code__code_key")
    def reason(self, movement: Movement) -> str:
        return movement.reason_code.code

    @admin.display(description="by", ordering="actor_name")
    def by(self, movement: Movement) -> str:
        return movement.actor_name

    @admin.display(description="document")
    def document(self, movement: Movement) -> SafeString | str:
        """A link, where the document has a page."""
        kind = DocumentType(movement.document_type).model
        number = encode(kind.prefix, movement.document_id)
        if not self.admin_site.is_registered(kind):
            return number
        return link(kind(id=movement.document_id), number)
