"""The records of goods that were brought to destruction; each has a page to print."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from inventory.admin.documents import DocumentAdmin
from inventory.models import Destruction, DestructionLine

__all__ = ["DestructionAdmin"]


@admin.register(Destruction)
class DestructionAdmin(DocumentAdmin):
    read_permission = "inventory.read"
    warehouse_path = "warehouse_id"
    icon = "delete_forever"
    list_display = ("public_id", "created_at", "warehouse", "to_bin", "units", "reason", "note", "by")
    list_filter = ("warehouse", "created_at")
    list_select_related = ("warehouse", "to_bin")
    search_fields = (
        "reason__icontains",
        "note__icontains",
        "actor_name__icontains",
        "lines__sku__code_key__startswith",
        "lines__lot__code__istartswith",
    )
    search_help_text = "Number, reason, note, who, SKU code or lot"
    ordering = ("-created_at", "-pk")
    actions_detail = ("print_record",)
    fields = ("public_id", "warehouse", "to_bin", "reason", "note", "by", "created_at", "goods", "history")
    empty_hint = (
        "What is brought to destruction, from the list of expired goods or a stock item, is recorded here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Destruction]:
        lines = DestructionLine.objects.filter(destruction=OuterRef("pk")).order_by().values("destruction")
        units = Subquery(lines.annotate(units=Sum("quantity")).values("units"), output_field=IntegerField())
        return super().get_queryset(request).annotate(units_there=units)

    @admin.display(description="units", ordering="units_there")
    def units(self, destruction: Any) -> int:
        count: int = destruction.units_there
        return count

    @admin.display(description="what")
    def goods(self, destruction: Destruction) -> SafeString:
        cells = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (line.sku.code, line.sku.title, line.lot or "", line.from_bin.code, f"{line.quantity:,}")
                for line in _lines_of(destruction)
            ),
        )
        return format_html(
            '<div class="history"><table class="movement-table"><thead><tr><th>SKU</th><th>Title</th><th>Lot</th>'
            "<th>From bin</th><th>Units</th></tr></thead><tbody>{}</tbody></table></div>",
            cells,
        )

    def has_print_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, self.read_permission, object_id)

    @action(description="Print", permissions=["print"], url_path="print", icon="print")
    def print_record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The record alone on a page, with a line for whoever signs it."""
        destruction = self.get_object(request, object_id)
        if destruction is None:
            raise Http404
        context = {
            "destruction": destruction,
            "organization": self.require_access(request).organization,
            "lines": _lines_of(destruction),
            "units": destruction.units_there,
            "back": self.page_of(destruction),
        }
        return TemplateResponse(request, "inventory/admin/destruction_print.html", context)


def _lines_of(destruction: Destruction) -> list[DestructionLine]:
    return list(destruction.lines.select_related("sku", "lot", "from_bin").order_by("position"))
