"""The form in which a request or a stocklist is written: from where, for whom, and line by line what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from inventory.admin.goods_form import typed_skus
from inventory.models import Category, Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from stock_requests.drafting import Destination
from stock_requests.figures import StockThere, stock_at
from stock_requests.models import Department, Priority
from stock_requests.rights import READ, WRITE
from warehouses.access import Access
from warehouses.models import Organization, Room, Warehouse
from warehouses.refusals import Refusal

if TYPE_CHECKING:
    _FormSet = forms.BaseFormSet["LineForm"]
else:
    _FormSet = forms.BaseFormSet

__all__ = [
    "BLANK_LINES",
    "HeadForm",
    "LineFormSet",
    "Places",
    "StocklistForm",
    "Typed",
    "destination_key",
    "focus_first_error",
    "lines_with",
    "places_of",
    "show_refusal",
    "unjudged",
]

#: Empty lines of a new form, and how many more one asks for.
BLANK_LINES: Final = 3
MOST_LINES: Final = 500
#: What the business code calls the inputs, where the form has another name for them.
_FIELD_OF: Final[Mapping[str, str]] = {
    "from_warehouse": "source",
    "to": "destination",
    "to_warehouse": "destination",
    "to_room": "destination",
    "department": "destination",
    "needed_by": "needed_by",
}
_NOWHERE: Final = ""


@dataclass(frozen=True, slots=True)
class Places:
    """From where and to where the caller may ask for goods."""

    sources: QuerySet[Warehouse]
    destinations: Mapping[str, Destination]
    choices: Sequence[tuple[str, Any]]
    categories: QuerySet[Category]


def places_of(access: Access, present: Any = None) -> Places:
    """What may be chosen, and what the request or stocklist `present` has chosen already, whatever became of it since.

    Three queries; the sources and categories are looked up as they are shown.
    """
    open_ones = Warehouse.objects.filter(organization=access.organization, is_active=True, is_readonly=False)
    read, write = access.warehouse_ids(READ), access.warehouse_ids(WRITE)
    seen = None if read is None or write is None else read | write
    offered = open_ones if seen is None else open_ones.filter(pk__in=seen)
    destinations: dict[str, Destination] = {_NOWHERE: Destination()}
    warehouses: list[tuple[str, str]] = []
    rooms: list[tuple[str, str]] = []
    departments: list[tuple[str, str]] = []
    for warehouse in offered.order_by("name", "pk"):
        destinations[f"w:{warehouse.pk}"] = Destination(warehouse=warehouse)
        warehouses.append((f"w:{warehouse.pk}", warehouse.name))
    for room in Room.objects.filter(warehouse__in=offered).select_related("warehouse"):
        destinations[f"r:{room.pk}"] = Destination(warehouse=room.warehouse, room=room)
        rooms.append((f"r:{room.pk}", f"{room.warehouse.name} / {room.name}"))
    for department in Department.objects.filter(organization=access.organization, is_active=True):
        destinations[f"d:{department.pk}"] = Destination(department=department)
        departments.append((f"d:{department.pk}", department.name))
    choices: list[tuple[str, Any]] = [(_NOWHERE, "Handed out at the source")]
    for words, some in (("Warehouses", warehouses), ("Rooms", rooms), ("Departments", departments)):
        if some:
            choices.append((words, some))
    if present is not None:
        offered = offered | Warehouse.objects.filter(pk=present.from_warehouse_id)
        if (key := destination_key(present)) not in destinations:
            there_now = Destination.of(present)
            destinations[key] = there_now
            choices.append((key, f"{there_now.name} (as it is now)"))
    return Places(
        sources=offered.order_by("name", "pk"),
        destinations=destinations,
        choices=choices,
        categories=Category.objects.filter(organization=access.organization).order_by("name"),
    )


def destination_key(row: Any) -> str:
    """Which of the choices a request or a stocklist has chosen."""
    if row.to_room_id is not None:
        return f"r:{row.to_room_id}"
    if row.to_warehouse_id is not None:
        return f"w:{row.to_warehouse_id}"
    return f"d:{row.department_id}" if row.department_id is not None else _NOWHERE


class _EndsForm(forms.Form):
    source = forms.ModelChoiceField(
        Warehouse.objects.none(),
        label="From",
        empty_label="Choose a warehouse",
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose where the goods come from."},
    )
    destination = forms.ChoiceField(label="To", required=False, widget=UnfoldAdminSelectWidget)
    category = forms.ModelChoiceField(
        Category.objects.none(), required=False, empty_label="None", widget=UnfoldAdminSelectWidget
    )
    priority = forms.TypedChoiceField(
        choices=Priority.choices,
        coerce=lambda value: Priority(int(value)),
        initial=Priority.NORMAL,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, places: Places, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        fields: dict[str, Any] = self.fields
        fields["source"].queryset = places.sources
        fields["destination"].choices = places.choices
        fields["category"].queryset = places.categories

    def chosen(self) -> Destination:
        return self.places.destinations[self.cleaned_data["destination"]]

    def chosen_source(self) -> Warehouse | None:
        """The source of a form that need not be valid otherwise."""
        try:
            found: Warehouse = self.fields["source"].clean(self["source"].value())
        except forms.ValidationError:
            return None
        return found


class HeadForm(_EndsForm):
    """What holds for all lines of a request. `seen` is its version when the form was shown, `key` tells two presses of
    the button from two requests.
    """

    needed_by = forms.DateField(
        label="Needed by",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    note = forms.CharField(
        label="Note to whoever approves", max_length=500, required=False, widget=UnfoldAdminTextInputWidget
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)


class StocklistForm(_EndsForm):
    """What holds for all lines of a stocklist."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("name", "source", "destination", "category", "priority", "note")


class LineForm(forms.Form):
    """One SKU, by its code or by a scan of its barcode. A line in which nothing is typed is left out."""

    sku = forms.CharField(
        label="SKU",
        max_length=128,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say which SKU."},
    )
    quantity = forms.IntegerField(
        label="Units",
        min_value=1,
        max_value=MAXIMUM_QUANTITY,
        # No number field: its value changes when one scrolls.
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Say how many."},
    )
    note = forms.CharField(label="Note", max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    line = forms.UUIDField(required=False, widget=forms.HiddenInput)

    found: Sku | None = None
    stock: StockThere | None = None

    def has_changed(self) -> bool:
        """A line of the request that is emptied is a mistake to be told, not one to be left out."""
        typed = ("sku", "quantity", "note")
        return any(self[name].value() for name in typed) or bool(self["line"].value())


@dataclass(frozen=True, slots=True)
class Typed:
    """What one line says; `index` is its place in the form."""

    sku: Sku
    quantity: int
    note: str
    line_id: UUID | None
    index: int


@dataclass(slots=True)
class _Names:
    """The SKUs of all that is typed, looked up once."""

    organization: Organization
    known: dict[str, Sku | None] = field(default_factory=dict)

    def look_up(self, typed: Sequence[str]) -> None:
        missing = [text for text in typed if text and text not in self.known]
        if missing:
            found = typed_skus(self.organization, missing)
            self.known |= {text: found.get(text) for text in missing}


class _LineFormSet(_FormSet):
    """The lines of one request or stocklist. Names are looked up together, whatever the number of lines."""

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": "lines"} | kwargs)
        self.names = _Names(organization)

    def total_form_count(self) -> int:
        if self.is_bound:
            return super().total_form_count()
        return min(len(self.initial or ()) + self.extra, MOST_LINES)

    def initial_form_count(self) -> int:
        """None is there before the rest: each is judged by what is typed in it, also one that was filled in."""
        return 0

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = "Remove"

    def filled(self) -> list[tuple[int, Any]]:
        return [
            (index, form)
            for index, form in enumerate(self.forms)
            if form.has_changed() and not form.cleaned_data.get("DELETE")
        ]

    def typed(self) -> list[Typed]:
        """What the valid forms say; a name that nothing has becomes an error of its field. Two queries at most."""
        filled = self.filled()
        self.names.look_up([form.cleaned_data["sku"] for _, form in filled if "sku" in form.cleaned_data])
        lines = []
        for index, form in filled:
            values = form.cleaned_data
            sku = self.names.known.get(values.get("sku", ""))
            if "sku" in values and sku is None:
                form.add_error("sku", "There is no such SKU.")
            if sku is not None and not form.errors:
                lines.append(Typed(sku, values["quantity"], values["note"], values["line"], index))
        return lines

    def describe(self, source: Warehouse | None) -> None:
        """Show beside each line what its SKU is, and how much is available at the source. Five queries at most."""
        typed = [(form, str(form["sku"].value() or "").strip()) for form in self.forms]
        self.names.look_up([text for _, text in typed])
        for form, text in typed:
            form.found = self.names.known.get(text)
        if source is None:
            return
        places = {(form.found.pk, source.pk) for form, _ in typed if form.found is not None}
        there = stock_at(organization=self.names.organization, places=places)
        for form, _ in typed:
            if form.found is not None:
                form.stock = there[form.found.pk, source.pk]


LineFormSet: Any = forms.formset_factory(
    LineForm,
    formset=_LineFormSet,
    extra=BLANK_LINES,
    max_num=MOST_LINES,
    absolute_max=MOST_LINES,
    can_delete=True,
)


def lines_with(request: HttpRequest, organization: Organization) -> Any:
    """The lines as they were typed so far, not yet judged, with what was scanned: one more of the line that has it, or
    a line of its own. With nothing scanned, some empty lines more. Two queries.
    """
    data = request.POST.copy()
    scanned = data.get("scan", "").strip()[:128]
    count = _count(data)
    data["lines-TOTAL_FORMS"] = str(count)
    unknown = None
    if not scanned:
        data["lines-TOTAL_FORMS"] = str(min(count + BLANK_LINES, MOST_LINES))
    else:
        names = _Names(organization)
        texts = [data.get(f"lines-{index}-sku", "").strip() for index in range(count)]
        names.look_up([scanned, *texts])
        sku = names.known[scanned]
        place = _place_of(data, texts, names, scanned, sku)
        if place is None and count < MOST_LINES:
            place = count
            data["lines-TOTAL_FORMS"] = str(count + 1)
        if place is not None:
            quantity = data.get(f"lines-{place}-quantity", "").strip()
            units = int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) < 10 else 0
            if not texts[place : place + 1] or not texts[place]:
                data[f"lines-{place}-sku"] = sku.code if sku is not None else scanned
            data[f"lines-{place}-quantity"] = str(units + 1)
            unknown = place if sku is None else None
    lines = LineFormSet(data, organization=organization)
    for index, line in enumerate(lines.forms):
        line.cleaned_data = {}
        line._errors = {}  # the template asks each line for its errors
        if index == unknown:
            line.add_error("sku", "There is no such SKU.")
    return lines


def _place_of(
    data: QueryDict, texts: Sequence[str], names: _Names, scanned: str, sku: Sku | None
) -> int | None:
    """The line that has the SKU, else the first empty one."""
    for index, text in enumerate(texts):
        if data.get(f"lines-{index}-DELETE"):
            continue
        found = names.known.get(text) if text else None
        if text and (text == scanned or (sku is not None and found == sku)):
            return index
    for index, text in enumerate(texts):
        if not (text or data.get(f"lines-{index}-quantity") or data.get(f"lines-{index}-line")):
            return index
    return None


def _count(data: QueryDict) -> int:
    total = data.get("lines-TOTAL_FORMS", "")
    return min(int(total), MOST_LINES) if total.isascii() and total.isdigit() and len(total) < 5 else 0


def show_refusal(refusal: Refusal, form: Any, lines: Any) -> None:
    """Show why it was refused: beside the field of the line that is to blame, else above all of them."""
    for problem in refusal.problems:
        name = _FIELD_OF.get(problem.field or "", problem.field or "")
        if problem.index is None or problem.index >= len(lines.forms):
            form.add_error(name if name in form.fields else None, problem.detail)
            continue
        line = lines.forms[problem.index]
        line.add_error(name if name in line.fields else None, problem.detail)
    if not refusal.problems:
        form.add_error(None, refusal.detail)


def unjudged(form: Any) -> Any:
    """The form with what was typed so far, of which nothing is said to be wrong."""
    form._errors = {}
    return form


def focus_first_error(form: Any, lines: Any) -> bool:
    """Let the browser go to the first field that is wrong; whether there is one."""
    filled = [line for _, line in lines.filled()] if lines.is_bound else []
    for each in (form, *filled):
        for name in each.errors:
            if name in each.fields and not each.fields[name].widget.is_hidden:
                each.fields[name].widget.attrs["autofocus"] = True
                return True
    return False
