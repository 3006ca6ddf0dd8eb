"""Holds: made with a form, released, in part too."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from inventory.admin.act_pages import ActForm, ActPages, UnitsForm
from inventory.admin.documents import AskedDocumentAdmin
from inventory.admin.fresh_stock import FreshStock
from inventory.admin.integrations import link
from inventory.admin.search import SkuSearch
from inventory.holds import READ, RELEASE, WRITE, allowed, create_hold, release_hold
from inventory.models import Hold, HoldState
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.forms import PlaceForm

__all__ = ["HOLD_LABELS", "HoldAdmin"]

HOLD_LABELS: Final = {
    str(HoldState.ACTIVE.label): "warning",
    str(HoldState.RELEASED.label): "",
}


class HoldForm(PlaceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "bin": "Only what lies there. Empty: wherever it is in the location.",
            "lot": "Only what is of this lot. Empty: of any.",
            "reason": "Why the units may neither leave nor move.",
            "reference": "The number of an inspection or a complaint, say.",
        }
        for name, text in helps.items():
            if name in self.fields:
                self.fields[name].help_text = text
        if "quantity" in self.fields:
            self.fields["quantity"] = forms.IntegerField(
                min_value=1,
                max_value=MAXIMUM_QUANTITY,
                required=False,
                widget=self.fields["quantity"].widget,
                help_text="Empty: all that is free there.",
            )


@admin.register(Hold)
class HoldAdmin(FreshStock, ActPages, AskedDocumentAdmin, SkuSearch):
    state_labels = HOLD_LABELS
    read_permission = READ
    write_permission = WRITE
    warehouse_path = "warehouse_id"
    form = HoldForm
    icon = "front_hand"
    list_display = (
        "sku", "title", "warehouse", "scope", "open", "state_label", "reason", "created_at",
    )  # fmt: skip
    list_filter = (
        "state",
        "warehouse",
        ("sku", AutocompleteFilter),
        ("lot", AutocompleteFilter),
        ("bin", AutocompleteFilter),
        "created_at",
    )
    list_select_related = ("sku", "warehouse", "bin", "lot", "stock_item__bin", "stock_item__lot")
    search_fields = ("reference__istartswith", "reason__icontains")
    search_help_text = "Reason, reference, number, SKU code or title, or scan a barcode"
    ordering = ("-created_at", "-pk")
    autocomplete_fields = ("sku", "bin", "lot")
    actions_row = ("release",)
    actions_detail = ("release",)
    asked = ("sku", "warehouse", "bin", "lot", "quantity", "reason", "reference")
    told = (
        "public_id", "state_shown", "sku", "title", "warehouse", "scope", "reason", "reference", "quantity",
        "open", "parts", "by", "created_at", "history",
    )  # fmt: skip
    empty_hint = "What may neither leave nor move, until somebody has looked at it, stands here."

    # --- rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        for words in ({"reference__istartswith": term}, {"reason__icontains": term}):
            if term and (found := queryset.filter(**words)).exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def choice_label(self, obj: Hold) -> str:
        return f"{obj.sku.code} in {obj.warehouse.name}: {obj.reason}"

    # --- who may

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, WRITE)

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, WRITE, object_id)

    # --- columns and fields

    @admin.display(description="title", ordering="sku__title")
    def title(self, hold: Hold) -> str:
        return hold.sku.title

    @admin.display(description="bin, lot")
    def scope(self, hold: Hold) -> str:
        """What was named when it was made."""
        named = hold.stock_item if hold.stock_item is not None else hold
        words = [f"bin {named.bin}" if named.bin else "", f"lot {named.lot}" if named.lot else ""]
        return ", ".join(filter(None, words)) or "Anywhere"

    @display(description="state", ordering="state", label=HOLD_LABELS)
    def state_label(self, hold: Hold) -> str:
        return str(HoldState(hold.state).label)

    @admin.display(description="where it is")
    def parts(self, hold: Hold) -> SafeString:
        """The stock items in the order in which they are let go of."""
        rows = hold.parts.select_related("stock_item__bin", "stock_item__lot").order_by("id")
        cells = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    link(part.stock_item, part.stock_item.bin.code),
                    part.stock_item.lot or "",
                    f"{part.quantity:,}",
                )
                for part in rows
            ),
        )
        return format_html(
            '<table class="movement-table"><thead><tr><th>Bin</th><th>Lot</th><th>Still held</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            cells,
        )

    # --- forms

    def store(self, request: HttpRequest, access: Access, obj: Hold, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data.get(name) for name in self.asked}
        values["reference"] = values["reference"] or ""
        made = transactions.run(lambda: create_hold(access=access, **values))
        obj.__dict__.update(made.__dict__)

    # --- actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        hold = self.get_object(request, str(object_id))
        if hold is None or not allowed(hold):
            return []
        return list(super().get_actions_detail(request, object_id))

    @action(description="Release…", permissions=["write"], url_path=RELEASE, icon="lock_open")
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def form(data: Any, hold: Hold) -> ActForm:
            return UnitsForm(data, initial={"quantity": hold.open})

        return self.act_on(
            request,
            object_id,
            form=form,
            verb="Release",
            explanation="The units may leave and move again. What was held first is let go of first.",
            figures=lambda hold: {"Held at first": hold.quantity, "Still held": hold.open},
            act=lambda access, hold, values: release_hold(
                access=access, hold=hold, quantity=values["quantity"], note=values["note"]
            ),
            done=lambda found: f"{found.sku.code}: {found.open} of {found.quantity} units are still held.",
        )
