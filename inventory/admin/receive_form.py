"""The form for goods that have come: where to, and line by line what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models import QuerySet
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.catalogue import find_skus
from inventory.models import Barcode, Replenishment, Sku, sku_key
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.receipts import MOST_LINES, Delivered, NamedLot
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["LineForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = ["BLANK_LINES", "LineFormSet", "LocationForm", "ReceiptForm"]

#: Empty lines of a new form, and how many more one asks for.
BLANK_LINES: Final = 4
_FIELD_OF: Final = {
    "lot": "lot",
    "lot_expires_on": "expires_on",
    "replenishment": "order",
    "reason": None,
    "warehouse": None,
}


class LocationForm(forms.Form):
    """Where: asked first, because bins and orders are those of the location."""

    location = forms.ModelChoiceField(
        Warehouse.objects.none(), empty_label="Choose a location", widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, locations: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = locations  # type: ignore[attr-defined]


class ReceiptForm(forms.Form):
    """What holds for all lines."""

    bin = forms.CharField(
        label="Bin",
        max_length=40,
        required=False,
        help_text="Code or barcode. Empty: the default bin.",
        widget=UnfoldAdminTextInputWidget,
    )
    reference = forms.CharField(
        label="Delivery note", max_length=120, required=False, widget=UnfoldAdminTextInputWidget
    )
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class LineForm(forms.Form):
    """One SKU, by its code or by a scan of its barcode. A line in which nothing is typed is left out."""

    sku = forms.CharField(
        label="SKU",
        max_length=128,
        error_messages={"required": "Say which SKU."},
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    quantity = forms.IntegerField(
        label="Units",
        error_messages={"required": "Say how many units."},
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        # No number field: one forgets what it does not take, and turns with the wheel.
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    bin = forms.CharField(label="Bin", max_length=80, required=False, widget=UnfoldAdminTextInputWidget)
    lot = forms.CharField(label="Lot", max_length=64, required=False, widget=UnfoldAdminTextInputWidget)
    expires_on = forms.DateField(
        label="Expires on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    unit_cost = forms.DecimalField(
        label="Unit cost",
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=4,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    order = forms.ModelChoiceField(
        Replenishment.objects.none(),
        label="Order",
        required=False,
        empty_label="None",
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("expires_on") and not cleaned.get("lot"):
            self.add_error("lot", "Say which lot expires then.")
        return cleaned


class _LineFormSet(_FormSet):
    """The lines of one receipt at `warehouse`. Names are looked up together, whatever the number of lines."""

    def __init__(
        self,
        *args: Any,
        warehouse: Warehouse,
        orders: Sequence[Replenishment],
        may_cost: bool,
        **kwargs: Any,
    ) -> None:
        self.warehouse = warehouse
        self.orders = orders
        self.may_cost = may_cost
        super().__init__(*args, **kwargs)

    def add_fields(self, form: LineForm, index: int | None) -> None:
        super().add_fields(form, index)
        if not self.may_cost:
            del form.fields["unit_cost"]
        if not self.orders and not self.is_bound:
            # Of what was sent, none is ignored: an order that somebody has received meanwhile is no valid choice.
            del form.fields["order"]
            return
        order: Any = form.fields["order"]
        order.queryset = Replenishment.objects.filter(pk__in=[found.pk for found in self.orders])
        # The same for every line: asked of the database once.
        order.choices = [("", "None"), *((found.pk, _label(found)) for found in self.orders)]

    def filled(self) -> list[tuple[int, LineForm]]:
        return [(place, form) for place, form in enumerate(self.forms) if form.has_changed()]

    def lines(self, shelf: Bin | None) -> list[Delivered]:
        """What the valid forms say; a name that nothing has becomes an error of its field. Three queries."""
        filled = self.filled()
        # Also of the lines that are wrong otherwise: what is wrong with them is said at once.
        skus = self._skus([form.cleaned_data.get("sku", "") for _, form in filled])
        bins = find_bins(self.warehouse, [form.cleaned_data.get("bin", "") for _, form in filled])
        lines = []
        for place, form in filled:
            values = dict(form.cleaned_data)
            sku = skus.get(values.get("sku", ""))
            if sku is None and values.get("sku"):
                form.add_error("sku", "There is no such SKU.")
            if values.get("bin") and values["bin"].casefold() not in bins:
                form.add_error("bin", f"{self.warehouse.name} has no such bin.")
            if sku is None or form.errors:
                continue
            order = values.get("order")
            lines.append(
                Delivered(
                    sku=sku,
                    quantity=values["quantity"],
                    bin=bins[values["bin"].casefold()] if values["bin"] else shelf,
                    lot=NamedLot(values["lot"], values["expires_on"]) if values["lot"] else None,
                    unit_cost=values.get("unit_cost"),
                    replenishment=order.pk if order is not None else None,
                    index=place,
                )
            )
        return lines

    def _skus(self, typed: Sequence[str]) -> dict[str, Sku]:
        """By what was typed or scanned: a barcode, else a code."""
        owner = self.warehouse.organization
        scanned = Barcode.objects.filter(organization=owner, code__in=set(typed)).select_related("sku")
        by_barcode = {barcode.code: barcode.sku for barcode in scanned}
        by_code = find_skus(organization=owner, codes=set(typed))
        found = {text: by_barcode.get(text) or by_code.get(sku_key(text)) for text in typed}
        return {text: sku for text, sku in found.items() if sku is not None}

    def show(self, refusal: Refusal) -> list[str]:
        """Show why it was refused, beside the fields that are to blame; what belongs to no line is returned."""
        rest = []
        for problem in refusal.problems:
            if problem.index is None or problem.index >= len(self.forms):
                rest.append(problem.detail)
                continue
            form = self.forms[problem.index]
            name = _FIELD_OF.get(problem.field or "", problem.field)
            form.add_error(name if name in form.fields else None, problem.detail)
        return rest if refusal.problems else [refusal.detail]


LineFormSet: Any = forms.formset_factory(
    LineForm, formset=_LineFormSet, extra=BLANK_LINES, max_num=MOST_LINES, absolute_max=MOST_LINES
)


def find_bins(warehouse: Warehouse, typed: Sequence[str]) -> Mapping[str, Bin]:
    """The location's bins by code or barcode, without regard to capitals. One query, none where none is typed."""
    wanted = {text.casefold() for text in typed if text}
    if not wanted:
        return {}
    found: dict[str, Bin] = {}
    for shelf in Bin.objects.filter(warehouse=warehouse):
        for name in (shelf.barcode, shelf.code):  # a code wins over another bin's barcode
            if name and name.casefold() in wanted:
                found[name.casefold()] = shelf
    return found


def _label(order: Replenishment) -> str:
    reference = order.reference or order.public_id[:16]
    return f"{order.sku.code}: {order.quantity - order.received} of {order.quantity} ({reference})"
