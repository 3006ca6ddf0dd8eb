"""What a count is asked for with: what it is about, who counts it until when, and how far it may differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.db.models import Q
from django.db.models.functions import Lower
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from cycle_counts.models import AbcClass, BatchState, CountBatch, CountSettings
from cycle_counts.planning import AVAILABILITIES, BatchChanges, Scope
from cycle_counts.rights import COUNT, REVIEW, may_review
from cycle_counts.tolerances import Tolerance
from inventory.admin.act_pages import ActForm
from inventory.admin.goods_form import typed_skus
from inventory.models import Category, Sku
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses.access import Access
from warehouses.models import Bin, Organization, Room, User, Warehouse
from warehouses.who_may import people_who_may

__all__ = ["EditForm", "PlanForm", "may_read_stock", "number_field", "typed_names"]

_MOST_NAMES: Final = 1000
_READ: Final = "inventory.read"
_TOLERANCES: Final = ("tolerance_units", "tolerance_percent", "tolerance_value")
_SEPARATORS: Final = re.compile(r"[\n\r,;]+")


def number_field(
    label: str, *, least: int = 1, most: int = 10_000, help_text: str = "", required: bool = False
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        help_text=help_text,
        # No number field: its value changes when one scrolls.
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _decimal(label: str, *, digits: int) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=Decimal(0),
        max_digits=digits,
        decimal_places=2,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def _text(label: str, longest: int, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, required=False, widget=UnfoldAdminTextInputWidget, **more
    )


def _codes(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=40_000,
        required=False,
        help_text=help_text,
        widget=UnfoldAdminTextareaWidget(
            attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        ),
    )


class _People(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_full_name())


class _CountForm(ActForm):
    """What is the same when one is planned and when it is changed."""

    field_of: ClassVar[dict[str, str]] = {
        "assignee_ids": "assignees",
        "tolerance": "tolerance_units",
        "units": "tolerance_units",
        "percent": "tolerance_percent",
        "value": "tolerance_value",
        "warehouse": "location",
        "blind": "is_blind",
    }

    name = _text("Name", 120)
    is_blind = forms.BooleanField(
        label="Blind: nobody is told what the books say before it is submitted", required=False
    )
    due_on = forms.DateField(
        label="Due on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    tolerance_units = number_field("Units", least=0, most=MAXIMUM_QUANTITY)
    tolerance_percent = _decimal("Percent", digits=6)
    tolerance_value = _decimal("Value", digits=14)
    assignees = _People(
        User.objects.none(),
        label="Who counts",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nobody chosen: whoever may count there.",
    )
    note = _text("Note to whoever counts", 500)

    def tolerance(self) -> Tolerance | None:
        """None where the caller is not asked: what is inside of it nobody reviews, so that reviewers set it."""
        values = self.cleaned_data
        if _TOLERANCES[0] not in self.fields:
            return None
        units, percent, value = (values[name] for name in _TOLERANCES)
        return Tolerance(units, percent, value)

    def leave_tolerance(self) -> None:
        for name in _TOLERANCES:
            del self.fields[name]


class PlanForm(_CountForm):
    """A count that is to be. Each condition that is set narrows what is counted."""

    #: Tells two presses of the button from two counts.
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    location = forms.ModelChoiceField(
        Warehouse.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose where is counted."},
    )
    rooms = forms.ModelMultipleChoiceField(
        Room.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    bins = _codes("Bins", "Codes or labels, with commas or one on each line; A-01* is all that begin so.")
    skus = _codes("SKUs", "Codes or barcodes, with commas or one on each line.")
    categories = forms.ModelMultipleChoiceField(
        Category.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    classes = forms.MultipleChoiceField(
        label="ABC class", choices=AbcClass.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    due_only = forms.BooleanField(label="Only what is due", required=False)
    not_counted_for = number_field("Not counted for (days)", most=3650)
    expiring_within = number_field("Expiring within (days)", least=0, most=3650)
    availability = forms.ChoiceField(
        choices=[("", "Any"), *AVAILABILITIES.items()], required=False, widget=UnfoldAdminSelectWidget
    )
    sample = number_field("Lines at random")
    limit = number_field("Lines at most")

    def __init__(self, *args: Any, access: Access, settings: CountSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access = access
        self.settings = settings
        organization = access.organization
        fields: dict[str, Any] = self.fields
        places = access.narrow(Warehouse.objects.order_by("name", "pk"), COUNT, warehouse="pk")
        fields["location"].queryset = places.filter(is_active=True, is_readonly=False)
        fields["rooms"].queryset = Room.objects.filter(
            warehouse__in=fields["location"].queryset.order_by().values("pk")
        ).select_related("warehouse")
        fields["categories"].queryset = Category.objects.filter(organization=organization).order_by("name")
        fields["assignees"].queryset = (
            User.objects.filter(memberships__organization=organization, is_active=True)
            .order_by("name", "email")
            .distinct()
        )
        if not may_read_stock(access):
            # Who may not see stock counts blind, and is not told where none is left.
            del fields["is_blind"], fields["availability"]
        if not access.may(REVIEW):
            self.leave_tolerance()

    def room_groups(self) -> list[tuple[UUID, str, list[tuple[Room, bool]]]]:
        """The rooms of each location, with whether they are chosen."""
        chosen = {str(value) for value in self["rooms"].value() or ()}
        groups: dict[UUID, tuple[UUID, str, list[tuple[Room, bool]]]] = {}
        field: Any = self.fields["rooms"]
        for room in field.queryset:
            key = room.warehouse_id
            group = groups.setdefault(key, (key, room.warehouse.name, []))
            group[2].append((room, str(room.pk) in chosen))
        return list(groups.values())

    def clean(self) -> dict[str, Any]:
        """The bins and SKUs that are typed become records; what nothing is called by is an error of its field."""
        values = super().clean() or {}
        place = values.get("location")
        if place is not None and values.get("bins"):
            values["bins"] = self._found("bins", *_typed_bins(place, typed_names(values["bins"])))
        if values.get("skus"):
            values["skus"] = self._found(
                "skus", *_typed_skus(self.access.organization, typed_names(values["skus"]))
            )
        if place is not None:
            strange = [room.name for room in values.get("rooms") or () if room.warehouse_id != place.pk]
            if strange:
                self.add_error("rooms", f"{place.name} has no room {', '.join(strange)}.")
        return values

    def _found(self, field: str, rows: Sequence[Any], unknown: Sequence[str]) -> Sequence[Any]:
        if unknown:
            told = ", ".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
            self.add_error(field, f"Nothing here is called {told}.")
        return rows

    def scope(self) -> Scope:
        values = self.cleaned_data
        return Scope(
            bins=tuple(values["bins"] or ()),
            rooms=tuple(values["rooms"]),
            categories=tuple(values["categories"]),
            skus=tuple(values["skus"] or ()),
            classes=tuple(values["classes"]),
            due_only=values["due_only"],
            expiring_within=values["expiring_within"],
            availability=values.get("availability", ""),
            not_counted_for=values["not_counted_for"],
            sample=values["sample"],
            limit=values["limit"],
        )

    def is_count_blind(self) -> bool:
        return bool(self.cleaned_data.get("is_blind", True))


class EditForm(_CountForm):
    """A count as it is. `seen` is its version when the form was shown."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, batch: CountBatch, access: Access) -> None:
        assignees = list(batch.assignees.values_list("pk", flat=True))
        initial = {
            "name": batch.name,
            "is_blind": batch.is_blind,
            "due_on": batch.due_on,
            "tolerance_units": batch.tolerance_units,
            "tolerance_percent": batch.tolerance_percent,
            "tolerance_value": batch.tolerance_value,
            "assignees": assignees,
            "note": batch.note,
            "seen": batch.version,
        }
        super().__init__(data, initial=initial)
        fields: dict[str, Any] = self.fields
        may_count = people_who_may(
            organization=access.organization, permission=COUNT, warehouse_id=batch.warehouse_id
        )
        keys = {person.pk for person in may_count} | set(assignees)
        fields["assignees"].queryset = User.objects.filter(pk__in=keys).order_by("name", "email")
        # Whoever may not see stock counts blind; and it is what it is once somebody has begun.
        if batch.state != BatchState.DRAFT or not may_read_stock(access, batch.warehouse_id):
            del fields["is_blind"]
        if not may_review(access, batch.warehouse_id):
            self.leave_tolerance()

    def changes(self) -> BatchChanges:
        """What is other than it was when the form was made."""
        values = self.cleaned_data
        changed: BatchChanges = {}
        if "name" in self.changed_data:
            changed["name"] = values["name"]
        if "is_blind" in self.changed_data:
            changed["is_blind"] = values["is_blind"]
        if "due_on" in self.changed_data:
            changed["due_on"] = values["due_on"]
        if "assignees" in self.changed_data:
            changed["assignees"] = list(values["assignees"])
        if "note" in self.changed_data:
            changed["note"] = values["note"]
        tolerance = self.tolerance()
        if tolerance is not None and set(_TOLERANCES).intersection(self.changed_data):
            changed["tolerance"] = tolerance
        return changed

    def see(self, current: CountBatch) -> list[tuple[str, str, str]]:
        """Name the version as it is now, for whoever saves again. What differs: the field, as it is, as typed."""
        data: Any = self.data
        self.data = data.copy()
        self.data["seen"] = str(current.version)  # type: ignore[index]
        found = []
        for name in self.changed_data:
            if name == "seen":
                continue
            field: Any = self[name]
            found.append((str(field.label), _words(field.initial, field), _words(field.value(), field)))
        return found


def _words(value: Any, field: Any) -> str:
    """A field's value in words, typed or as it was."""
    if field.name == "assignees":
        chosen = {str(key) for key in value or ()}
        names = [label for key, label in field.field.choices if str(key) in chosen]
        return ", ".join(names) or "Anyone"
    if isinstance(value, bool) or field.name == "is_blind":
        return "Yes" if value else "No"
    return str(value if value not in (None, "") else "None")


def may_read_stock(access: Access, warehouse_id: UUID | None = None) -> bool:
    """Whether the caller may know what is in stock there, or anywhere."""
    if warehouse_id is None:
        return access.may(_READ) or access.may(REVIEW)
    return access.covers(_READ, warehouse_id) or access.covers(REVIEW, warehouse_id)


def typed_names(text: str) -> list[str]:
    """The names in a field, each once: they stand apart by commas, semicolons or lines."""
    names = (name.strip() for name in _SEPARATORS.split(text.replace("\x00", "")))
    return list(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def _typed_bins(place: Warehouse, names: Sequence[str]) -> tuple[list[Bin], list[str]]:
    """The bins in use with these codes, labels or beginnings of codes, and the names that no bin has. One query."""
    whole = {name.casefold() for name in names if not name.endswith("*")}
    beginnings = [name[:-1] for name in names if name.endswith("*")]
    wanted = Q(key__in=whole) | Q(barcode__in=set(names))
    for beginning in beginnings:
        wanted |= Q(code__istartswith=beginning)
    rows: Any = Bin.objects.filter(warehouse=place, is_active=True).annotate(key=Lower("code"))
    found: list[Bin] = list(rows.filter(wanted).order_by("pick_sequence", "code"))
    known = {name for row in found for name in (row.code.casefold(), row.barcode)}
    unknown = [
        name
        for name in names
        if name.casefold() not in known
        and name not in known
        and not (
            name.endswith("*") and any(row.code.casefold().startswith(name[:-1].casefold()) for row in found)
        )
    ]
    return found, unknown


def _typed_skus(organization: Organization, names: Sequence[str]) -> tuple[list[Sku], list[str]]:
    known = typed_skus(organization, names)
    found = list({sku.pk: sku for sku in (known.get(name) for name in names) if sku is not None}.values())
    return found, [name for name in names if name not in known]
