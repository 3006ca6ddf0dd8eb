"""Stock levels, stock items and movements: read-only, but for the Adjust form that posts to the ledger."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from inventory.adjustments import Recorded, adjust
from inventory.admin.act_pages import HoldItemForm
from inventory.admin.adjust_form import AdjustForm
from inventory.admin.analytics import AnalyticsPage
from inventory.admin.expired_goods import GoodsActions
from inventory.admin.filters import BelowReorderPointFilter, StatusFilter
from inventory.admin.fresh_stock import FreshStock, freshen
from inventory.admin.integrations import link
from inventory.admin.labels import STATUS_LABELS
from inventory.admin.search import SkuSearch
from inventory.formulas import StockStatus
from inventory.holds import WRITE, create_hold
from inventory.ledger import Line, Mode
from inventory.models import (
    Adjustment,
    Destruction,
    DocumentType,
    Hold,
    Movement,
    PutAway,
    Reservation,
    Source,
    StockItem,
    StockLevel,
    Transfer,
)
from inventory.versions import level_version, require_version
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.inlines import ReadOnlyScopedInline
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of
from warehouses.identifiers import encode
from warehouses.models.base import PublicModel
from warehouses.refusals import Refusal, Stale

__all__ = ["MovementAdmin", "StockItemAdmin", "StockLevelAdmin"]


class StockAdmin(FreshStock, ReadOnlyScopedAdmin, SkuSearch):
    """What a level and an item share: the Adjust action."""

    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    actions_row: tuple[str, ...] = ("adjust",)
    actions_detail: tuple[str, ...] = ("adjust",)
    search_help_text = "SKU code or title, or scan a barcode"

    def level_and_item(self, row: Any) -> tuple[StockLevel, StockItem | None]:
        raise NotImplementedError

    def has_adjust_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if object_id is None:
            access = access_of(request)
            return access is not None and access.may("inventory.adjust")
        return self.allows(request, "inventory.adjust", object_id)

    @action(description="Adjust", permissions=["adjust"], url_path="adjust", icon="edit_square")
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        freshen(request)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        access = self.require_access(request)
        level, item = self.level_and_item(row)
        if request.method != "POST":
            form = AdjustForm(level=level, item=item, initial={"seen": level.version})
            return self._page(request, level, item, form)
        form = AdjustForm(request.POST, level=level, item=item)
        if form.is_valid():
            try:
                recorded = transactions.run(lambda: _post(access, level, item, form.cleaned_data))
            except Stale:
                level, item = self.level_and_item(self.get_object(request, object_id))
                form = AdjustForm({**request.POST.dict(), "seen": level.version}, level=level, item=item)
                there = (item or level).on_hand
                form.add_error(
                    None,
                    f"Somebody was first: there are {there} units now. Send the form again if you mean it.",
                )
            except Refusal as refusal:
                form.show(refusal)
            else:
                self._tell(request, level, recorded)
                return HttpResponseRedirect(reverse(self.url_name("change"), args=(row.pk,)))
        return self._page(request, level, item, form, status=422)

    def _tell(self, request: HttpRequest, level: StockLevel, recorded: Recorded) -> None:
        if recorded.adjustment is None:
            self.message_user(request, "Nothing changed: that is what was there.", messages.INFO)
            return
        first, last = recorded.posting.changes[0], recorded.posting.changes[-1]
        self.message_user(
            request,
            f"{level.sku.code} in {level.warehouse.name}: {first.level_before} → {last.level_after}"
            f" ({recorded.adjustment.public_id}).",
            messages.SUCCESS,
        )

    def _page(
        self,
        request: HttpRequest,
        level: StockLevel,
        item: StockItem | None,
        form: AdjustForm,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Adjust {level.sku.code}",
            "opts": self.opts,
            "level": level,
            "item": item,
            "before": (item or level).on_hand,
            "form": form,
            "back": reverse(self.url_name("changelist")),
        }
        return TemplateResponse(request, "inventory/admin/adjust.html", context, status=status)


def _post(access: Access, level: StockLevel, item: StockItem | None, values: dict[str, Any]) -> Recorded:
    is_set = values["mode"] == AdjustForm.SET
    line = Line(
        sku=level.sku,
        warehouse=level.warehouse,
        quantity=values["quantity"],
        mode=Mode.TO if is_set else Mode.BY,
        reason=values["reason"],
        bin=values.get("bin"),
        lot=values.get("lot"),
        stock_item_id=item.pk if item else None,
        note=values["note"],
        reference=values["reference"],
    )
    # A change adds up with whatever others did; a quantity that is set would undo it unseen.
    seen = {level_version(level.pk, values["seen"])}
    precondition = (
        require_version(sku=level.sku, warehouse=level.warehouse, expected=seen) if is_set else None
    )
    return adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.ADMIN,
        lines=[line],
        note=values["note"],
        reference=values["reference"],
        precondition=precondition,
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
class StockLevelAdmin(StockAdmin, AnalyticsPage):
    code_path = "sort_code"
    icon = "inventory"
    list_display = (
        "sku", "title", "warehouse", "on_hand", "reserved", "held", "available",
        "reorder_point", "state",
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
    fields = (
        "sku", "title", "warehouse", "state", "on_hand", "reserved", "held", "available",
        "safety_stock", "reorder_point", "reorder_quantity", "updated_at",
    )  # fmt: skip
    inlines = (ItemInline,)

    def level_and_item(self, row: StockLevel) -> tuple[StockLevel, StockItem | None]:
        return row, None

    @admin.display(description="title", ordering="sku__title")
    def title(self, level: StockLevel) -> str:
        return level.sku.title

    @display(description="status", ordering="status", label=STATUS_LABELS)
    def state(self, level: StockLevel) -> str:
        return str(StockStatus(level.status).label)


@admin.register(StockItem)
class StockItemAdmin(GoodsActions, StockAdmin):
    icon = "shelves"
    actions_row = ("adjust", "hold", "mark_expired", "mark_consumed", "destroy")
    actions_detail = ("adjust", "hold", "mark_expired", "mark_consumed", "destroy")
    list_display = (
        "sku", "title", "warehouse", "room", "bin", "lot", "expires_on", "on_hand", "held", "updated_at",
    )  # fmt: skip
    list_filter = ("warehouse", "bin__room__room_type", ("bin", AutocompleteFilter), "lot__state")
    list_select_related = ("sku", "warehouse", "bin__room", "lot", "level")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    ordering = ("pk",)
    fields = (
        "sku", "title", "warehouse", "room", "bin", "lot", "expires_on", "on_hand", "held", "updated_at",
    )  # fmt: skip

    def level_and_item(self, row: StockItem) -> tuple[StockLevel, StockItem | None]:
        level = StockLevel.objects.select_related("sku", "warehouse").get(pk=row.level_id)
        return level, row

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
        kind = _DOCUMENTS[DocumentType(movement.document_type)]
        number = encode(kind.prefix, movement.document_id)
        if not self.admin_site.is_registered(kind):
            return number
        return link(kind(id=movement.document_id), number)


_DOCUMENTS: Final[dict[DocumentType, type[PublicModel]]] = {
    DocumentType.ADJUSTMENT: Adjustment,
    DocumentType.RESERVATION: Reservation,
    DocumentType.HOLD: Hold,
    DocumentType.TRANSFER: Transfer,
    DocumentType.PUT_AWAY: PutAway,
    DocumentType.DESTRUCTION: Destruction,
}
