"""The form that changes a quantity: set to or change by, with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.models import Lot, ReasonCode, StockItem, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.models import Bin
from warehouses.refusals import Refusal

__all__ = ["AdjustForm"]

_FIELD_OF = {"quantity": "quantity", "reason": "reason", "lot": "lot", "bin": "bin"}


class AdjustForm(forms.Form):
    """About a stock level, or one stock item of it: then neither bin nor lot is asked for.

    `seen` is the level's version when the form was shown. Setting a quantity that somebody has changed since is
    refused once, with both numbers; sending the form again means it.
    """

    SET, CHANGE = "set", "change"

    mode = forms.ChoiceField(
        label="What to do",
        choices=((SET, "Set to"), (CHANGE, "Change by")),
        initial=SET,
        widget=UnfoldAdminRadioSelectWidget,
    )
    quantity = forms.IntegerField(
        min_value=-MAXIMUM_QUANTITY,
        max_value=MAXIMUM_QUANTITY,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric", "autofocus": True}),
    )
    reason = forms.ModelChoiceField(ReasonCode.objects.none(), widget=UnfoldAdminSelectWidget)
    bin = forms.ModelChoiceField(
        Bin.objects.none(),
        required=False,
        empty_label="Any: taken first-expired-first-out, added to the default bin",
        widget=UnfoldAdminSelectWidget,
    )
    lot = forms.ModelChoiceField(
        Lot.objects.none(), required=False, empty_label="None", widget=UnfoldAdminSelectWidget
    )
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    reference = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, level: StockLevel, item: StockItem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.level = level
        reasons = ReasonCode.objects.filter(organization=level.organization_id, is_active=True)
        self._offer(
            "reason", reasons.exclude(code_key="reversal"), lambda found: f"{found.name} ({found.code})"
        )
        if item is not None:
            del self.fields["bin"], self.fields["lot"]
            return
        bins = Bin.objects.filter(
            Q(stock_items__level=level) | Q(is_default=True), warehouse=level.warehouse_id
        )
        self._offer("bin", bins.filter(is_active=True).distinct().order_by("pick_sequence", "code"), str)
        lots = Lot.objects.filter(sku=level.sku_id)
        if not lots.exists():
            del self.fields["lot"]
            return
        self._offer("lot", lots, _lot_label)

    def _offer(self, name: str, rows: Any, label: Any) -> None:
        field = self.fields[name]
        field.queryset = rows  # type: ignore[attr-defined]
        field.label_from_instance = label  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        quantity = cleaned.get("quantity")
        if quantity is not None and cleaned.get("mode") == self.SET and quantity < 0:
            self.add_error("quantity", "A quantity is 0 or more.")
        if quantity == 0 and cleaned.get("mode") == self.CHANGE:
            self.add_error("quantity", "A change of 0 changes nothing.")
        return cleaned

    def show(self, refusal: Refusal) -> None:
        """Show why the ledger refused, beside the field that is to blame."""
        for problem in refusal.problems:
            field = _FIELD_OF.get(problem.field or "")
            self.add_error(field if field in self.fields else None, problem.detail)
        if not refusal.problems:
            self.add_error(None, refusal.detail)


def _lot_label(lot: Lot) -> str:
    return f"{lot.code} (expires {lot.expires_on:%Y-%m-%d})" if lot.expires_on else lot.code
