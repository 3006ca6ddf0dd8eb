"""The form with which a transfer is received: a row for each line that is in transit, or for each lot of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from inventory.models import Lot, Transfer, TransferLine, TransferPick
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.transfers import Receipt
from warehouses.models import Bin

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["ReceiptForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = ["FinalForm", "ReceiptFormSet", "ReceiptRow", "receipt_rows"]


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What of a line is in transit; `lot` where several were shipped for it."""

    line: TransferLine
    lot: Lot | None
    outstanding: int

    @property
    def legend(self) -> str:
        lot = f", lot {self.lot}" if self.lot is not None else ""
        return f"{self.line.sku.code} · {self.line.sku.title}{lot}: {self.outstanding:,} in transit"

    @property
    def initial(self) -> dict[str, Any]:
        return {"quantity": self.outstanding}


def receipt_rows(transfer: Transfer) -> list[ReceiptRow]:
    """The rows to ask about, in the order of the lines. Two queries."""
    picks: dict[UUID, list[TransferPick]] = defaultdict(list)
    for pick in TransferPick.objects.filter(line__transfer=transfer).select_related("lot").order_by("pk"):
        picks[pick.line_id].append(pick)
    rows = []
    for line in transfer.lines.select_related("sku", "to_bin").order_by("position"):
        if not line.in_transit:
            continue
        lots = {pick.lot_id: pick.lot for pick in picks[line.pk]}
        if len(lots) == 1 or None in lots:
            rows.append(ReceiptRow(line, None, line.in_transit))
            continue
        for lot in lots.values():
            mine = [pick for pick in picks[line.pk] if pick.lot == lot]
            rest = sum(pick.quantity - pick.settled for pick in mine)
            if rest:
                rows.append(ReceiptRow(line, lot, rest))
    return rows


class FinalForm(forms.Form):
    """What holds for all rows. `seen` is the transfer's version when the form was shown."""

    is_final = forms.BooleanField(
        label="Nothing more comes: whatever is short says why",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    note = forms.CharField(label="Note", max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def seen_version(self) -> int | None:
        text = self.data.get("seen", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class ReceiptForm(forms.Form):
    row: ReceiptRow
    legend: str

    quantity = forms.IntegerField(
        label="Arrived now (empty: nothing yet)",
        required=False,
        min_value=0,
        max_value=MAXIMUM_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"}),
    )
    to_bin = forms.CharField(
        label="Into bin", max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )
    shortage_reason = forms.CharField(
        label="Why the rest never comes", max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    surplus_reason = forms.CharField(
        label="Why there are more", max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )


class _ReceiptFormSet(_FormSet):
    """A form for each of `rows`, no more and no fewer, whatever is sent."""

    def __init__(self, *args: Any, rows: Sequence[ReceiptRow], **kwargs: Any) -> None:
        self.rows = rows
        super().__init__(*args, **kwargs)

    def total_form_count(self) -> int:
        return len(self.rows)

    def initial_form_count(self) -> int:
        return len(self.rows)

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        form.row = self.rows[index]
        form.legend = form.row.legend
        planned = form.row.line.to_bin
        form.fields["to_bin"].widget.attrs["placeholder"] = planned.code if planned else "The default bin"

    def receipts(self, bins: Mapping[str, Bin], *, is_final: bool) -> list[Receipt]:
        """What the valid forms say; a bin that is not there becomes an error of its field."""
        found = []
        for index, form in enumerate(self.forms):
            values = form.cleaned_data
            shelf = bins.get(values["to_bin"].casefold()) if values["to_bin"] else None
            if values["to_bin"] and shelf is None:
                form.add_error("to_bin", "The destination has no such bin.")
                continue
            quantity = values["quantity"]
            if quantity is None and not is_final and not values["shortage_reason"]:
                continue
            found.append(
                Receipt(
                    line_id=form.row.line.pk,
                    quantity=quantity or 0,
                    lot=form.row.lot,
                    to_bin=shelf,
                    shortage_reason=values["shortage_reason"],
                    surplus_reason=values["surplus_reason"],
                    index=index,
                )
            )
        return found

    def errors_shown(self) -> bool:
        return any(form.errors for form in self.forms)


ReceiptFormSet: Any = forms.formset_factory(ReceiptForm, formset=_ReceiptFormSet, extra=0)
