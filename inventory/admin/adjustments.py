"""Adjustments: the documents behind the movements, and their reversal."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from inventory.adjustments import reverse as reverse_adjustment
from inventory.adjustments import visible_adjustments, visible_movements
from inventory.admin.import_links import import_of
from inventory.admin.stock_pages import StockDocumentPages
from inventory.models import Adjustment, Source, StockItem
from warehouses import transactions
from warehouses.admin.model_admins import ReadOnlyScopedAdmin
from warehouses.http.organization import access_of

__all__ = ["AdjustmentAdmin"]

_SHOWN = 200
_STATES = {"Posted": "success", "Reversed": "warning", "Reversal": "info"}


@admin.register(Adjustment)
class AdjustmentAdmin(ReadOnlyScopedAdmin, StockDocumentPages):
    """Seen by whoever may read a warehouse that it touched, with the movements there, and by who made it."""

    read_permission = "inventory.read"
    icon = "published_with_changes"
    list_display = (
        "public_id", "created_at", "state", "reason_code", "note", "reference", "line_count", "source", "by",
    )  # fmt: skip
    list_filter = ("kind", "reason_code", "source", "created_at")
    list_select_related = ("reason_code", "reverses", "reversed_by")
    search_fields = ("reference__istartswith", "note__icontains", "actor_name__icontains")
    search_help_text = "Number, reference, note or who"
    ordering = ("-created_at", "-pk")
    actions_list = ("new_adjustment", "record_what_is_there", "correct_a_lot")
    actions_row = ("reverse",)
    actions_detail = ("reverse",)
    fields = (
        "public_id", "state", "kind", "reason_code", "note", "reference", "source", "imported_from", "by", "created_at",
        "counterpart", "movements",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adjustment]:
        rows = super().get_queryset(request)
        access = access_of(request)
        if access is None or access.everywhere(self.read_permission):
            return rows
        return rows.filter(
            pk__in=visible_adjustments(access=access, permission=self.read_permission).values("pk")
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            # The page shows of its movements those that the caller may see.
            found.seen_by = self.require_access(request)
        return found

    @admin.display(description="by", ordering="actor_name")
    def by(self, adjustment: Adjustment) -> str:
        return adjustment.actor_name

    @admin.display(description="number", ordering="id")
    def public_id(self, adjustment: Adjustment) -> str:
        return adjustment.public_id

    @display(description="state", label=_STATES)
    def state(self, adjustment: Adjustment) -> str:
        if hasattr(adjustment, "reversed_by"):
            return "Reversed"
        return "Reversal" if adjustment.reverses_id else "Posted"

    @admin.display(description="reversed by, or reversal of")
    def counterpart(self, adjustment: Adjustment) -> SafeString | None:
        other = getattr(adjustment, "reversed_by", None) or adjustment.reverses
        if other is None:
            return None
        link = self.page_of(other)
        return format_html('<a href="{}">{}</a>', link, other.public_id)

    @admin.display(description="import")
    def imported_from(self, adjustment: Any) -> SafeString | None:
        return import_of(adjustment, adjustment.seen_by)

    @admin.display(description="movements")
    def movements(self, adjustment: Any) -> SafeString:
        """The first movements as a table; the ledger's own list has them all."""
        rows = (
            visible_movements(access=adjustment.seen_by, permission=self.read_permission)
            .filter(document_id=adjustment.pk)
            .select_related("sku", "stock_item__warehouse", "stock_item__bin", "stock_item__lot")
            .order_by("id")[:_SHOWN]
        )
        cells = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    row.sku.code,
                    _where(row.stock_item),
                    row.item_after - row.delta,
                    f"{row.delta:+,d}",
                    row.item_after,
                )
                for row in rows
            ),
        )
        return format_html(
            '<table class="movement-table"><thead><tr><th>SKU</th><th>Where</th><th>Before</th><th>Change</th>'
            "<th>After</th></tr></thead><tbody>{}</tbody></table>",
            cells,
        )

    def has_reverse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        access = access_of(request)
        return access is not None and access.may("inventory.adjust")

    @action(
        description="Reverse",
        permissions=["reverse"],
        url_path="reverse",
        icon="undo",
        variant=ActionVariant.WARNING,
    )
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_then(
            request,
            object_id,
            question="Reverse this adjustment? A new one with the opposite movements is posted; both stay on record.",
            verb="Reverse adjustment",
            act=lambda access, adjustment: transactions.run(
                lambda: reverse_adjustment(access=access, source=Source.ADMIN, adjustment=adjustment)
            ),
            done="is reversed",
        )


def _where(item: StockItem) -> str:
    places = [item.warehouse.name, item.bin.code, *([f"lot {item.lot.code}"] if item.lot else [])]
    return ", ".join(places)
