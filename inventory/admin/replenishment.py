"""Replenishment in the back office: rules, what should be ordered, and what is on order."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from inventory.admin.documents import AskedDocumentAdmin
from inventory.admin.integrations import link
from inventory.admin.receipts import RECEIVE_URL, ReceivingPages
from inventory.admin.replenishment_forms import (
    CONDITIONAL,
    LEVEL_FIELDS,
    OrderForm,
    RuleForm,
    source_of,
)
from inventory.admin.search import SkuSearch
from inventory.admin.suggestion_page import SuggestionPages
from inventory.inbound import outstanding
from inventory.models import Replenishment, ReplenishmentRule, ReplenishmentSource, ReplenishmentState
from inventory.receipts import WRITE as RECEIVE
from inventory.replenishment.orders import Order, cancel, place_orders
from inventory.replenishment.rules import READ, WRITE, configure, drop_rule
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.models import Warehouse

__all__ = ["ReplenishmentAdmin", "ReplenishmentRuleAdmin"]

_LABELS: Final = {
    str(ReplenishmentState.OPEN.label): "info",
    str(ReplenishmentState.RECEIVED.label): "success",
    str(ReplenishmentState.CANCELLED.label): "",
}


@admin.register(ReplenishmentRule)
class ReplenishmentRuleAdmin(SuggestionPages, SkuSearch):
    read_permission = READ
    write_permission = WRITE
    warehouse_path = "warehouse_id"
    form = RuleForm
    icon = "rule_settings"
    list_display = (
        "sku", "title", "warehouse", "source", "maximum", "order_multiple", "lead_time_days", "window_days",
        "updated_at",
    )  # fmt: skip
    list_filter = ("warehouse", "source_type", ("sku__product__category", AutocompleteFilter))
    list_select_related = ("sku", "warehouse", "from_warehouse")
    search_fields = ("sku__code_key__startswith", "sku__title__icontains", "sku__barcodes__code")
    search_help_text = "SKU code or title, or scan a barcode"
    ordering = ("sku__code_key", "warehouse__name", "pk")
    autocomplete_fields = ("sku",)
    actions_list = ("suggestions",)
    fieldsets = (
        (None, {"fields": ("sku", "warehouse")}),
        ("When to order", {"fields": ("safety_stock", "reorder_point", "lead_time_days", "window_days")}),
        ("How much", {"fields": ("maximum", "reorder_quantity", "order_multiple")}),
        ("Where", {"fields": ("source_type", "from_warehouse", "supplier")}),
    )
    conditional_fields = CONDITIONAL
    empty_hint = (
        "Without a rule, a SKU is replenished by its reorder point and what was sold in the last 30 days."
    )

    def choice_label(self, obj: ReplenishmentRule) -> str:
        return f"{obj.sku.code} in {obj.warehouse.name}"

    @admin.display(description="title", ordering="sku__title")
    def title(self, rule: ReplenishmentRule) -> str:
        return rule.sku.title

    @admin.display(description="from")
    def source(self, rule: ReplenishmentRule) -> str | None:
        if rule.source_type == ReplenishmentSource.TRANSFER:
            return rule.from_warehouse.name if rule.from_warehouse else None
        return rule.supplier or None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("sku", "warehouse") if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "from_warehouse":
            kwargs["queryset"] = self.choices_of(request, Warehouse)  # reading it is enough to name it
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "warehouse":
            field.queryset = field.queryset.filter(is_active=True, is_readonly=False)
        return field

    def store(
        self, request: HttpRequest, access: Access, obj: ReplenishmentRule, form: Any, change: bool
    ) -> None:
        values = form.cleaned_data
        columns = ("lead_time_days", "window_days", "maximum", "order_multiple")
        made = transactions.run(
            lambda: configure(
                access=access,
                sku=obj.sku,
                warehouse=obj.warehouse,
                **{name: values.get(name) for name in LEVEL_FIELDS},
                changes={name: values[name] for name in columns},
                source=source_of(values),
            )
        )
        obj.__dict__.update(made.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: ReplenishmentRule) -> None:
        drop_rule(access=access, rule=obj)


@admin.register(Replenishment)
class ReplenishmentAdmin(ReceivingPages, AskedDocumentAdmin, SkuSearch):
    state_labels = _LABELS
    read_permission = READ
    write_permission = WRITE
    warehouse_path = "warehouse_id"
    form = OrderForm
    icon = "shopping_cart"
    list_display = (
        "sku", "title", "warehouse", "source", "quantity", "received", "state_label", "expected_on", "reference",
        "by", "created_at",
    )  # fmt: skip
    list_filter = (
        "state",
        "warehouse",
        "source_type",
        ("sku", AutocompleteFilter),
        "expected_on",
        "created_at",
    )
    list_select_related = ("sku", "warehouse", "transfer_line__transfer__from_warehouse")
    search_fields = ("reference__istartswith",)
    search_help_text = "Reference, number, SKU code or title, or scan a barcode"
    ordering = ("-created_at", "-pk")
    autocomplete_fields = ("sku",)
    actions_list = ("receive",)
    actions_row = ("cancel",)
    actions_detail = ("receive_this", "cancel")
    conditional_fields = CONDITIONAL
    asked = (
        "sku", "warehouse", "quantity", "source_type", "from_warehouse", "supplier", "expected_on", "reference",
        "note",
    )  # fmt: skip
    told = (
        "public_id", "state_shown", "sku", "title", "warehouse", "quantity", "received", "inbound", "source",
        "transfer", "expected_on", "reference", "note", "by", "created_at", "closed_at", "history",
    )  # fmt: skip
    empty_hint = (
        "What is ordered for a location stands here. What should be ordered is found under Suggestions."
    )

    # --- rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        by_reference = queryset.filter(reference__istartswith=term)
        if term and by_reference.exists():
            return by_reference, False
        return super().get_search_results(request, queryset, search_term)

    def choice_label(self, obj: Replenishment) -> str:
        return f"{obj.quantity:,} × {obj.sku.code} for {obj.warehouse.name}"

    # --- who may

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, WRITE)

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, WRITE, object_id)

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """For one order: where it goes to."""
        return self.allows(request, RECEIVE, object_id)

    # --- columns and fields

    @admin.display(description="title", ordering="sku__title")
    def title(self, order: Replenishment) -> str:
        return order.sku.title

    @display(description="state", ordering="state", label=_LABELS)
    def state_label(self, order: Replenishment) -> str:
        return str(ReplenishmentState(order.state).label)

    @admin.display(description="from")
    def source(self, order: Replenishment) -> str:
        line = order.transfer_line
        return line.transfer.from_warehouse.name if line is not None else order.supplier

    @admin.display(description="still expected")
    def inbound(self, order: Replenishment) -> int:
        return outstanding(order)

    @admin.display(description="transfer")
    def transfer(self, order: Replenishment) -> SafeString | None:
        line = order.transfer_line
        if line is None:
            return None
        state = line.transfer.get_state_display()
        return format_html("{} ({})", link(line.transfer, line.transfer.public_id), state)

    # --- forms

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "from_warehouse" in form.base_fields:
            access = self.require_access(request)
            places = access.narrow(Warehouse.objects.all(), "transfers.write", warehouse="pk")
            form.base_fields["from_warehouse"].queryset = places.filter(
                is_active=True, is_readonly=False
            ).order_by("name")
        return form

    def store(
        self, request: HttpRequest, access: Access, obj: Replenishment, form: Any, change: bool
    ) -> None:
        values = form.cleaned_data
        order = Order(
            sku=values["sku"],
            warehouse=values["warehouse"],
            quantity=values["quantity"],
            source=source_of(values),
            expected_on=values["expected_on"],
            reference=values["reference"],
            note=values["note"],
        )
        (made,) = transactions.run(lambda: place_orders(access=access, orders=[order]))
        obj.__dict__.update(made.__dict__)

    # --- actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        order = self.get_object(request, str(object_id))
        if order is None or order.state != ReplenishmentState.OPEN:
            return []
        found = list(super().get_actions_detail(request, object_id))
        if order.transfer_line_id is not None:
            found = [entry for entry in found if not entry.action_name.endswith("receive_this")]
        return found

    @action(description="Receive…", permissions=["receive"], url_path="receive-this", icon="move_to_inbox")
    def receive_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        order = self.get_object(request, object_id)
        if order is None:
            raise Http404
        return HttpResponseRedirect(f"{reverse(RECEIVE_URL)}?order={order.pk}")

    @action(
        description="Cancel",
        permissions=["write"],
        url_path="cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm_then(
            request,
            object_id,
            question="Cancel this order? What has not come is not expected any more; what has come stays received. "
            "The draft transfer of one from another location is cancelled too.",
            verb="Cancel order",
            act=lambda access, order: transactions.run(lambda: cancel(access=access, replenishment=order)),
            done="is cancelled",
        )
