"""The form for goods that are to be moved: line by line what, how many, from which bin and to which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.admin.receive_form import find_bins
from inventory.catalogue import find_skus
from inventory.models import Barcode, Lot, Sku, sku_key
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["GoodsLineForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = [
    "BLANK_LINES",
    "Goods",
    "GoodsFormSet",
    "once",
    "show_refusal",
    "typed_lots",
    "typed_skus",
    "with_more_lines",
]

#: Empty lines of a new form, and how many more one asks for.
BLANK_LINES: Final = 5
_MOST_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class Goods:
    """What one line says, with the records that it names; `index` is its place in the form."""

    sku: Sku
    quantity: int
    lot: Lot | None
    from_bin: Bin | None
    to_bin: Bin | None
    index: int


class GoodsLineForm(forms.Form):
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
    lot = forms.CharField(label="Lot", max_length=64, required=False, widget=UnfoldAdminTextInputWidget)
    from_bin = forms.CharField(
        label="From bin",
        max_length=80,
        required=False,
        error_messages={"required": "Say from which bin."},
        widget=UnfoldAdminTextInputWidget,
    )
    to_bin = forms.CharField(label="To bin", max_length=80, required=False, widget=UnfoldAdminTextInputWidget)
    field_order = ("sku", "from_bin", "to_bin", "quantity", "lot")


class _GoodsFormSet(_FormSet):
    """`source` and `destination` are the locations of the bins, None where the form does not say them well enough for
    its lines to be judged; `needs_from_bin`: each line has to name its own.
    """

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        source: Warehouse | None,
        destination: Warehouse | None,
        needs_from_bin: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        self.source = source
        self.destination = destination
        self.needs_from_bin = needs_from_bin

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        form.fields["from_bin"].required = self.needs_from_bin

    def filled(self) -> list[tuple[int, GoodsLineForm]]:
        return [(place, form) for place, form in enumerate(self.forms) if form.has_changed()]

    def goods(self) -> list[Goods]:
        """What the valid forms say; a name that nothing has becomes an error of its field. Five queries at most."""
        if self.source is None or self.destination is None:
            raise ValueError("Lines without locations say nothing.")
        filled = self.filled()
        # Also of the lines that are wrong otherwise: what is wrong with them is said at once.
        skus = typed_skus(self.organization, [form.cleaned_data.get("sku", "") for _, form in filled])
        lots = typed_lots(skus.values(), [form.cleaned_data.get("lot", "") for _, form in filled])
        shelves = {
            name: find_bins(place, [form.cleaned_data.get(name, "") for _, form in filled])
            for name, place in (("from_bin", self.source), ("to_bin", self.destination))
        }
        places = {"from_bin": self.source.name, "to_bin": self.destination.name}
        found = []
        for index, form in filled:
            values = dict(form.cleaned_data)
            code, batch = values.get("sku", ""), values.get("lot", "")
            sku = skus.get(code)
            lot = lots.get((sku.pk, batch.casefold())) if sku is not None else None
            if sku is None and code:
                form.add_error("sku", "There is no such SKU.")
            elif sku is not None and batch and lot is None:
                form.add_error("lot", f"{sku.code} has no such lot.")
            bins = {name: shelves[name].get(values.get(name, "").casefold()) for name in shelves}
            for name, shelf in bins.items():
                if values.get(name) and shelf is None:
                    form.add_error(name, f"{places[name]} has no such bin.")
            if sku is not None and not form.errors:
                found.append(Goods(sku, values["quantity"], lot, bins["from_bin"], bins["to_bin"], index))
        return found


GoodsFormSet: Any = forms.formset_factory(
    GoodsLineForm,
    formset=_GoodsFormSet,
    extra=BLANK_LINES,
    max_num=_MOST_LINES,
    absolute_max=_MOST_LINES,
)


def with_more_lines(request: HttpRequest, formset: Any = GoodsFormSet, **given: Any) -> Any:
    """The formset with what was typed so far, not yet judged, and some empty lines after it."""
    data = request.POST.copy()
    total = data.get("lines-TOTAL_FORMS", "")
    count = int(total) if total.isascii() and total.isdigit() and len(total) < 5 else 0
    data["lines-TOTAL_FORMS"] = str(min(count + BLANK_LINES, _MOST_LINES))
    lines = formset(data, prefix="lines", **given)
    for line in lines.forms:
        line._errors = {}  # the template asks each line for its errors
    return lines


def show_refusal(refusal: Refusal, form: Any, lines: Sequence[Any], field_of: Mapping[str, str]) -> None:
    """Show why it was refused: beside the field of the line that is to blame, else above all of them."""
    for problem in refusal.problems:
        if problem.index is None or problem.index >= len(lines):
            name = field_of.get(problem.field or "", problem.field)
            form.add_error(name if name in form.fields else None, problem.detail)
            continue
        line = lines[problem.index]
        name = field_of.get(problem.field or "", problem.field)
        line.add_error(name if name in line.fields else None, problem.detail)
    if not refusal.problems:
        form.add_error(None, refusal.detail)


def once(record: Any, name: str, make: Callable[[], SafeString]) -> SafeString:
    """What `make` gives, made once for this record in memory: the theme asks for a field several times over."""
    kept: dict[str, SafeString] = record.__dict__.setdefault("_shown", {})
    if name not in kept:
        kept[name] = make()
    return kept[name]


def typed_skus(organization: Organization, typed: Sequence[str]) -> dict[str, Sku]:
    """By what was typed or scanned: a barcode, else a code. Two queries."""
    scanned = Barcode.objects.filter(organization=organization, code__in=set(typed)).select_related("sku")
    by_barcode = {barcode.code: barcode.sku for barcode in scanned}
    by_code = find_skus(organization=organization, codes=set(typed))
    found = {text: by_barcode.get(text) or by_code.get(sku_key(text)) for text in typed}
    return {text: sku for text, sku in found.items() if sku is not None}


def typed_lots(skus: Any, typed: Sequence[str]) -> dict[tuple[Any, str], Lot]:
    """By SKU and code, without regard to capitals. One query, none where none is typed."""
    wanted = {text.casefold() for text in typed if text}
    if not wanted:
        return {}
    rows = Lot.objects.filter(sku__in={sku.pk for sku in skus}).annotate(lower=Lower("code"))
    return {(lot.sku_id, lot.code.casefold()): lot for lot in rows.filter(lower__in=wanted).order_by()}
