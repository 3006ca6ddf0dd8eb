"""The forms of replenishment: a rule, and an order."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from inventory.models import ReplenishmentRule, ReplenishmentSource, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.replenishment.rules import Source
from warehouses.admin.forms import PlaceForm
from warehouses.models import Warehouse
from warehouses.refusals import Problem, Refusal

__all__ = ["CONDITIONAL", "LEVEL_FIELDS", "OrderForm", "RuleForm", "source_of"]

#: Columns of the stock level that the rule's form shows and sets.
LEVEL_FIELDS: Final = ("safety_stock", "reorder_point", "reorder_quantity")
#: What is asked depends on where the goods come from.
CONDITIONAL: Final = {
    "from_warehouse": f"source_type == '{ReplenishmentSource.TRANSFER.value}'",
    "supplier": f"source_type == '{ReplenishmentSource.SUPPLIER.value}'",
}


def _units(label: str, help_text: str = "", *, least: int = 0, required: bool = True) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=least,
        max_value=MAXIMUM_QUANTITY,
        required=required,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
    )


class RuleForm(PlaceForm):
    """A rule, and the thresholds of its stock level, which the ledger writes."""

    safety_stock = _units("Safety stock", "Units that are kept back for bad days.", required=False)
    reorder_point = _units(
        "Reorder point",
        "Below this it is time to order. 0: the demand of the lead time and the safety stock.",
        required=False,
    )
    reorder_quantity = _units(
        "Reorder quantity",
        "Ordered in as many of these as are needed, where there is no maximum.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "supplier" in self.fields:
            self.fields["supplier"].help_text = "Who it is bought from. Empty: nobody has said."
        if not self.instance._state.adding:
            level = StockLevel.objects.filter(
                sku=self.instance.sku_id, warehouse=self.instance.warehouse_id
            ).first()
            for name in LEVEL_FIELDS:
                self.initial.setdefault(name, getattr(level, name, 0))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        sku, warehouse = cleaned.get("sku"), cleaned.get("warehouse")
        if sku is not None and warehouse is not None:
            known = ReplenishmentRule.objects.filter(sku=sku, warehouse=warehouse)
            if known.exclude(pk=self.instance.pk).exists():
                self.add_error("sku", "There is a rule for this SKU and location already.")
        return cleaned


class OrderForm(PlaceForm):
    """Units that are put on order."""

    source_type = forms.ChoiceField(
        label="From",
        choices=ReplenishmentSource.choices,
        initial=ReplenishmentSource.SUPPLIER.value,
        widget=UnfoldAdminSelectWidget,
    )
    from_warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(),
        label="Location",
        required=False,
        help_text="A draft transfer is made there; the order is received with it.",
        widget=UnfoldAdminSelectWidget,
    )
    quantity = _units("Units", least=1)

    def _show(self, refusal: Refusal) -> None:
        # The business code names the source as a whole where the form has a field for each half of it.
        known = [
            Problem(problem.code, problem.detail, field=problem.field)
            for problem in refusal.problems
            if problem.field in self.fields
        ]
        super()._show(type(refusal)(refusal.code, refusal.detail, problems=known))


def source_of(values: dict[str, Any]) -> Source:
    """Where the form says that goods come from. What it has hidden, because it belongs to the other, was not meant."""
    kind = ReplenishmentSource(values["source_type"])
    if kind is ReplenishmentSource.TRANSFER:
        return Source(kind, values.get("from_warehouse"))
    return Source(kind, name=values.get("supplier") or "")
