"""The form that corrects a quantity: set to or adjust by, with a reason, and with what it had shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core import signing
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory.admin.goods_form import typed_lots
from inventory.admin.receive_form import find_bins
from inventory.models import Lot, ReasonCode, Sku, StockItem, StockLevel
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.stock_documents import RESERVED_REASONS
from warehouses.identifiers import new_id
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Refusal

__all__ = ["CorrectForm", "Place", "new_token"]

_SALT: Final = "inventory.correct"
#: Bins of a level that are offered while one types; any other may be typed too.
_OFFERED: Final = 50


@dataclass(frozen=True, slots=True)
class Place:
    """What is corrected: one stock item, or a SKU in a warehouse, where it need not have been before."""

    sku: Sku
    warehouse: Warehouse
    level: StockLevel | None
    item: StockItem | None = None

    @property
    def before(self) -> int:
        found = self.item or self.level
        return found.on_hand if found is not None else 0

    @property
    def version(self) -> int:
        return self.level.version if self.level is not None else 0

    @property
    def promised(self) -> int:
        """Units of the level that are reserved or held."""
        return self.level.reserved + self.level.held if self.level is not None else 0

    @property
    def elsewhere(self) -> int:
        """Units of the level that are not of this stock item."""
        return self.level.on_hand - self.before if self.level is not None else 0

    @property
    def words(self) -> str:
        """Where it is: North, bin A-01, lot L-1."""
        parts = [self.warehouse.name]
        if self.item is not None:
            parts.append(f"bin {self.item.bin.code}")
            if self.item.lot is not None:
                parts.append(f"lot {self.item.lot.code}")
        return ", ".join(parts)

    @property
    def subject(self) -> str:
        """What a token is good for."""
        return f"{self.sku.pk}:{self.warehouse.pk}:{self.item.pk if self.item else ''}"


def new_token(place: Place, person: UUID | None) -> str:
    """The key of the adjustment that one sending of the form makes, sealed for this place and person."""
    return signing.dumps([str(new_id()), place.subject, str(person)], salt=_SALT)


def _text(label: str, length: int, **attrs: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


class CorrectForm(forms.Form):
    """`version` and `before` are what the form had shown, `token` makes that it acts once."""

    SET, CHANGE = "set", "change"

    mode = forms.ChoiceField(
        label="What to do", choices=((SET, "Set to"), (CHANGE, "Adjust by")), widget=forms.RadioSelect
    )
    quantity = forms.IntegerField(
        label="Units",
        min_value=-MAXIMUM_QUANTITY,
        max_value=MAXIMUM_QUANTITY,
        error_messages={"required": "Enter the number of units.", "invalid": "Enter a whole number."},
        widget=UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True, "data-quantity": True}
        ),
    )
    reason = forms.ModelChoiceField(
        ReasonCode.objects.none(),
        empty_label="Choose a reason",
        error_messages={"required": "Choose a reason."},
        widget=UnfoldAdminSelectWidget,
    )
    note = _text("Note", 500)
    bin = _text("Bin", 80, list="correct-bins")
    lot = _text("Lot", 64)
    reference = _text("Reference", 120)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    before = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    token = forms.CharField(widget=forms.HiddenInput, required=False)
    back = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)
    short = forms.BooleanField(widget=forms.HiddenInput, required=False)

    #: Fields that are behind "More".
    MORE: Final = ("bin", "lot", "reference")

    def __init__(self, *args: Any, place: Place, person: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        self.person = person
        self.key: UUID | None = None
        reasons = ReasonCode.objects.filter(organization=place.sku.organization_id, is_active=True)
        field: Any = self.fields["reason"]
        field.queryset = reasons.exclude(code_key__in=RESERVED_REASONS).order_by("name", "pk")
        field.label_from_instance = lambda found: f"{found.name} ({found.code})"
        if place.item is not None:
            del self.fields["bin"], self.fields["lot"]

    @property
    def more(self) -> list[Any]:
        return [self[name] for name in self.MORE if name in self.fields]

    @property
    def is_more_open(self) -> bool:
        return any(field.errors or field.value() for field in self.more)

    def bins_offered(self) -> list[str]:
        """The bins that hold it, in walking order. One query."""
        level = self.place.level
        if level is None or self.place.item is not None:
            return []
        rows = StockItem.objects.filter(level=level, on_hand__gt=0).order_by(
            "bin__pick_sequence", "bin__code"
        )
        return list(dict.fromkeys(rows.values_list("bin__code", flat=True)[:_OFFERED]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        quantity, mode = cleaned.get("quantity"), cleaned.get("mode")
        typed = str(self.data.get("quantity", "")).strip()
        if quantity is not None and mode == self.SET:
            if quantity < 0:
                self.add_error("quantity", "A quantity is 0 or more. To take some away, choose “Adjust by”.")
            elif typed.startswith("+"):
                self.add_error("quantity", f"{typed} is a change: choose “Adjust by”, or leave out the +.")
        if quantity == 0 and mode == self.CHANGE:
            self.add_error("quantity", "A change of 0 changes nothing.")
        self._open_token(str(cleaned.get("token") or ""))
        self._name_places(cleaned)
        return cleaned

    def _open_token(self, token: str) -> None:
        try:
            key, subject, person = signing.loads(token, salt=_SALT)
        except signing.BadSignature:
            key, subject, person = "", "", ""
        if subject != self.place.subject or person != str(self.person):
            self.add_error(None, "This form is out of date. Look at it again and send it once more.")
            return
        self.key = UUID(key)

    def _name_places(self, cleaned: dict[str, Any]) -> None:
        warehouse, sku = self.place.warehouse, self.place.sku
        if typed := cleaned.get("bin"):
            shelf: Bin | None = find_bins(warehouse, [typed]).get(typed.casefold())
            cleaned["bin"] = shelf
            if shelf is None:
                self.add_error("bin", f"{warehouse.name} has no such bin.")
        if typed := cleaned.get("lot"):
            lot: Lot | None = typed_lots([sku], [typed]).get((sku.pk, typed.casefold()))
            cleaned["lot"] = lot
            if lot is None:
                self.add_error("lot", f"{sku.code} has no such lot.")

    def show(self, refusal: Refusal) -> None:
        """Show why the ledger refused, beside the field that is to blame."""
        for problem in refusal.problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.detail)
        if not refusal.problems:
            self.add_error(None, refusal.detail)
