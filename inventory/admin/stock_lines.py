"""The forms of the documents about stock: what changes or is there, line by line, and of which lot goods are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.admin.goods_form import BLANK_LINES, typed_lots, typed_skus
from inventory.admin.receive_form import find_bins
from inventory.models import Lot, ReasonCode, Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.stock_documents import RESERVED_REASONS
from warehouses.models import Bin, Organization, Warehouse

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet[Any]
else:
    _FormSet = forms.BaseFormSet

__all__ = ["AdjustFormSet", "DocumentForm", "LotForm", "Named", "RecordFormSet"]

_MOST_LINES: Final = 500


def _text(label: str, length: int = 64, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, required=False, widget=UnfoldAdminTextInputWidget, **kwargs
    )


def _sku() -> forms.CharField:
    return forms.CharField(
        label="SKU",
        max_length=128,
        error_messages={"required": "Say which SKU."},
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


def _units(least: int) -> forms.IntegerField:
    return forms.IntegerField(
        label="Units",
        error_messages={"required": "Say how many units."},
        min_value=least,
        max_value=MAXIMUM_QUANTITY,
        # No number field: one forgets what it does not take, and turns with the wheel.
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class DocumentForm(forms.Form):
    """What holds for all lines."""

    reason = forms.ModelChoiceField(
        ReasonCode.objects.none(), empty_label="Choose a reason", widget=UnfoldAdminSelectWidget
    )
    note = _text("Note", 500)
    reference = _text("Reference", 120)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = ReasonCode.objects.filter(organization=organization, is_active=True)
        field: Any = self.fields["reason"]
        field.queryset = reasons.exclude(code_key__in=RESERVED_REASONS).order_by("name")
        field.label_from_instance = lambda reason: f"{reason.name} ({reason.code})"


class RecordLineForm(forms.Form):
    """How much there is of one SKU, by its code or by a scan of its barcode. One that is left empty is left out."""

    sku = _sku()
    quantity = _units(0)
    bin = _text("Bin", 80)
    lot = _text("Lot")


class AdjustLineForm(RecordLineForm):
    """By how much one SKU changes, or to what."""

    BY, TO = "by", "to"

    mode = forms.ChoiceField(
        label="What to do",
        choices=((BY, "Change by"), (TO, "Set to")),
        initial=BY,
        widget=UnfoldAdminSelectWidget,
    )
    quantity = _units(-MAXIMUM_QUANTITY)
    field_order = ("sku", "mode", "quantity", "bin", "lot")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        quantity = cleaned.get("quantity")
        if quantity is not None and cleaned.get("mode") == self.TO and quantity < 0:
            self.add_error("quantity", "A quantity is 0 or more.")
        if quantity == 0 and cleaned.get("mode") == self.BY:
            self.add_error("quantity", "A change of 0 changes nothing.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Named:
    """What one line says, with the records that it names; `index` is its place in the form."""

    sku: Sku
    bin: Bin | None
    lot: Lot | None
    values: Mapping[str, Any]
    index: int


class _StockFormSet(_FormSet):
    """The lines of one document at `warehouse`. Names are looked up together, whatever the number of lines."""

    def __init__(self, *args: Any, warehouse: Warehouse, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.warehouse = warehouse

    def named(self) -> list[Named]:
        """What the valid forms say; a name that nothing has becomes an error of its field. Four queries at most."""
        filled = [(place, form) for place, form in enumerate(self.forms) if form.has_changed()]
        # Also of the lines that are wrong otherwise: what is wrong with them is said at once.
        typed = [form.cleaned_data.get("sku", "") for _, form in filled]
        skus = typed_skus(self.warehouse.organization, typed)
        lots = typed_lots(skus.values(), [form.cleaned_data.get("lot", "") for _, form in filled])
        bins = find_bins(self.warehouse, [form.cleaned_data.get("bin", "") for _, form in filled])
        found = []
        for index, form in filled:
            values = dict(form.cleaned_data)
            code, batch, place = (values.get(name, "") for name in ("sku", "lot", "bin"))
            sku = skus.get(code)
            lot = lots.get((sku.pk, batch.casefold())) if sku is not None else None
            shelf = bins.get(place.casefold())
            if sku is None and code:
                form.add_error("sku", "There is no such SKU.")
            elif sku is not None and batch and lot is None:
                form.add_error("lot", f"{sku.code} has no such lot.")
            if place and shelf is None:
                form.add_error("bin", f"{self.warehouse.name} has no such bin.")
            if sku is not None and not form.errors:
                found.append(Named(sku, shelf, lot, values, index))
        return found


def _formset(form: type[forms.Form]) -> Any:
    return forms.formset_factory(
        form, formset=_StockFormSet, extra=BLANK_LINES, max_num=_MOST_LINES, absolute_max=_MOST_LINES
    )


AdjustFormSet: Any = _formset(AdjustLineForm)
RecordFormSet: Any = _formset(RecordLineForm)


class LotForm(forms.Form):
    """Of which lot goods are, and of which one the books say they are."""

    sku = _sku()
    quantity = _units(1)
    bin = _text("Bin", 80, help_text="Code or barcode. Empty: found first-expired-first.")
    from_lot = _text("Lot in the books", help_text="Empty: the books say none.")
    to_lot = forms.CharField(label="Lot on the goods", max_length=64, widget=UnfoldAdminTextInputWidget)
    expires_on = forms.DateField(
        label="It expires on",
        required=False,
        help_text="For a lot that is new here.",
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    note = _text("Note", 500)

    def named(self, warehouse: Warehouse) -> tuple[Sku, Bin | None, Lot | None] | None:
        """The records that the valid form names; None where one is missing, which becomes an error of its field."""
        values = self.cleaned_data
        sku = typed_skus(warehouse.organization, [values["sku"]]).get(values["sku"])
        shelf = find_bins(warehouse, [values["bin"]]).get(values["bin"].casefold())
        lot = None
        if sku is None:
            self.add_error("sku", "There is no such SKU.")
        elif values["from_lot"]:
            lot = typed_lots([sku], [values["from_lot"]]).get((sku.pk, values["from_lot"].casefold()))
            if lot is None:
                self.add_error("from_lot", f"{sku.code} has no such lot.")
        if values["bin"] and shelf is None:
            self.add_error("bin", f"{warehouse.name} has no such bin.")
        return None if self.errors or sku is None else (sku, shelf, lot)
