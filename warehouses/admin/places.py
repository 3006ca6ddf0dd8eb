"""Warehouses, rooms and bins. Everything is written through `warehouses.places`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from warehouses import places
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.forms import PlaceForm
from warehouses.admin.inlines import ScopedTabularInline
from warehouses.admin.label_action import PrintsLabels
from warehouses.admin.model_admins import RefusedDeletion
from warehouses.admin.put_up_bins import PutUpBins
from warehouses.http.organization import access_of
from warehouses.models import Bin, Room, Warehouse
from warehouses.models.warehouse import READONLY_TYPES

__all__ = ["BinAdmin", "RoomAdmin", "WarehouseAdmin"]

_STATES = {"Active": "success", "Inactive": ""}


class PlaceAdmin(RefusedDeletion):
    """Rooms protect their warehouse, with which they are deleted."""

    read_permission = "inventory.read"
    write_permission = "locations.write"
    form = PlaceForm
    in_palette = True


class WarehouseForm(PlaceForm):
    """Read-only is left to the type until someone says otherwise."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        # A type that a marketplace runs decides it, whatever the switch showed before the type was chosen.
        if cleaned and cleaned.get("type") in READONLY_TYPES:
            cleaned["is_readonly"] = True
        return cleaned


class RoomInline(ScopedTabularInline):
    model = Room
    form = PlaceForm
    read_permission = "inventory.read"
    write_permission = "locations.write"
    warehouse_path = "warehouse_id"
    fields = ("name", "room_type", "is_sellable")
    show_change_link = True


@admin.register(Warehouse)
class WarehouseAdmin(PrintsLabels, PlaceAdmin):
    label_kind = "warehouse"
    warehouse_path = "pk"
    icon = "warehouse"
    fields = ("name", "type", "marketplace", "address", "is_readonly")
    list_display = ("name", "type", "marketplace", "room_count", "state", "changed_by", "default")
    list_filter = ("type", "is_active", "is_readonly")
    list_select_related = ("organization",)
    search_fields = ("name", "marketplace", "address")
    ordering = ("name", "pk")
    inlines = (RoomInline,)
    actions = ("print_labels", "deactivate", "activate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Warehouse]:
        return super().get_queryset(request).annotate(rooms_held=Count("rooms"))

    @admin.display(description="rooms", ordering="rooms_held")
    def room_count(self, warehouse: Any) -> int:
        count: int = warehouse.rooms_held
        return count

    @display(description="state", ordering="is_active", label=_STATES)
    def state(self, warehouse: Warehouse) -> str:
        return "Active" if warehouse.is_active else "Inactive"

    @admin.display(description="changed by", ordering="is_readonly")
    def changed_by(self, warehouse: Warehouse) -> str:
        return "Its sync only" if warehouse.is_readonly else "Everyone who may"

    @display(description="default", label=True)
    def default(self, warehouse: Warehouse) -> str | None:
        return "Default" if warehouse.organization.default_warehouse_id == warehouse.pk else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change=change, **{"form": WarehouseForm} | kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> tuple[type[RoomInline], ...]:
        return (RoomInline,) if obj is not None else ()  # it is born with its first room

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A new warehouse is in none of those that a limited right names.
        access = access_of(request)
        return access is not None and access.everywhere("locations.write")

    def store(self, request: HttpRequest, access: Access, obj: Warehouse, form: Any, change: bool) -> None:
        changes = form.cleaned_data
        if change:
            places.update_warehouse(
                organization=access.organization, actor=access.actor, warehouse=obj, **changes
            )
            return
        made = places.create_warehouse(organization=access.organization, actor=access.actor, **changes)
        obj.__dict__.update(made.__dict__)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        access = self.require_access(request)
        given: dict[str, Any] = {"organization": access.organization, "actor": access.actor}
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.deleted_forms:
            places.delete_room(room=row.instance, **given)
            formset.deleted_objects.append(row.instance)
        for row in formset.forms:
            if row in formset.deleted_forms or not row.has_changed():
                continue
            changes: dict[str, Any] = {name: row.cleaned_data[name] for name in RoomInline.fields}
            if row.instance._state.adding:
                formset.new_objects.append(places.create_room(warehouse=form.instance, **given, **changes))
            else:
                places.update_room(room=row.instance, **given, **changes)
                formset.changed_objects.append((row.instance, row.changed_data))

    def remove(self, request: HttpRequest, access: Access, obj: Warehouse) -> None:
        places.delete_warehouse(organization=access.organization, actor=access.actor, warehouse=obj)

    def contents_of(self, rows: list[Warehouse]) -> dict[str, int]:
        return {
            "rooms": Room.objects.filter(warehouse__in=rows).count(),
            "bins": Bin.objects.filter(warehouse__in=rows).count(),
        }

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Warehouse]) -> None:
        access = self.require_access(request)
        rows = self.narrow(request, queryset, "locations.write")
        self.attempt(
            request,
            rows,
            lambda row: places.deactivate_warehouse(
                organization=access.organization, actor=access.actor, warehouse=row
            ),
            "deactivated",
        )

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Warehouse]) -> None:
        access = self.require_access(request)
        rows = self.narrow(request, queryset, "locations.write")
        self.attempt(
            request,
            rows,
            lambda row: places.activate_warehouse(
                organization=access.organization, actor=access.actor, warehouse=row
            ),
            "activated",
        )


@admin.register(Room)
class RoomAdmin(PutUpBins, PlaceAdmin):
    warehouse_path = "warehouse_id"
    icon = "meeting_room"
    fields = ("warehouse", "name", "room_type", "is_sellable")
    list_display = ("name", "warehouse", "room_type", "sellable", "bin_count", "default")
    list_filter = ("warehouse", "room_type", "is_sellable")
    list_select_related = ("warehouse",)
    search_fields = ("name", "warehouse__name")
    ordering = ("warehouse__name", "name", "pk")
    actions_detail = ("put_up",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).annotate(bins_held=Count("bins"))

    @admin.display(description="sellable", ordering="is_sellable")
    def sellable(self, room: Room) -> str:
        return "Sellable" if room.is_sellable else "Not sellable"

    @display(description="default", label=True)
    def default(self, room: Room) -> str | None:
        return "Default" if room.is_default else None

    @admin.display(description="bins", ordering="bins_held")
    def bin_count(self, room: Any) -> int:
        count: int = room.bins_held
        return count

    def choice_label(self, obj: Room) -> str:
        return f"{obj.warehouse} / {obj.name}"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("warehouse",) if obj is not None else ()

    def store(self, request: HttpRequest, access: Access, obj: Room, form: Any, change: bool) -> None:
        if change:
            places.update_room(
                organization=access.organization, actor=access.actor, room=obj, **form.cleaned_data
            )
            return
        made = places.create_room(organization=access.organization, actor=access.actor, **form.cleaned_data)
        obj.__dict__.update(made.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Room) -> None:
        places.delete_room(organization=access.organization, actor=access.actor, room=obj)

    def contents_of(self, rows: list[Room]) -> dict[str, int]:
        return {"bins": Bin.objects.filter(room__in=rows).count()}


class BinForm(PlaceForm):
    pick_sequence = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=2_147_483_647,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Pickers and counters walk bins in this order. Empty: the end of the walk.",
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if cleaned and self.instance._state.adding and "room" in cleaned:
            self.instance.warehouse = cleaned["room"].warehouse
        return cleaned


@admin.register(Bin)
class BinAdmin(PrintsLabels, PlaceAdmin):
    label_kind = "bin"
    in_palette = False  # found by its code (`warehouses.admin.palette`)
    warehouse_path = "warehouse_id"
    icon = "shelves"
    form = BinForm
    fields = ("room", "code", "barcode", "pick_sequence", "capacity")
    autocomplete_fields = ("room",)
    list_display = ("code", "warehouse", "room", "room_type", "barcode", "pick_sequence", "capacity", "state")
    list_filter = ("warehouse", "room__room_type", ("room", AutocompleteFilter), "is_active")
    list_select_related = ("warehouse", "room")
    search_fields = ("code", "barcode")
    ordering = ("warehouse__name", "pick_sequence", "code", "pk")
    actions = ("print_labels", "deactivate", "activate")

    @admin.display(description="room type", ordering="room__room_type")
    def room_type(self, shelf: Bin) -> str:
        return shelf.room.get_room_type_display()

    @display(description="state", ordering="is_active", label=_STATES)
    def state(self, shelf: Bin) -> str:
        return "Active" if shelf.is_active else "Inactive"

    def choice_label(self, obj: Bin) -> str:
        return f"{obj.warehouse} / {obj.code}"

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None and "room" in form.base_fields:
            room = form.base_fields["room"]
            room.queryset = room.queryset.filter(warehouse=obj.warehouse_id)
            room.help_text = "A room of the same warehouse: what is in the bin moves with it."
        return form

    def store(self, request: HttpRequest, access: Access, obj: Bin, form: Any, change: bool) -> None:
        changes = dict(form.cleaned_data)
        if change:
            if changes["pick_sequence"] is None:
                del changes["pick_sequence"]
            places.update_bin(organization=access.organization, actor=access.actor, shelf=obj, **changes)
            return
        made = places.create_bin(organization=access.organization, actor=access.actor, **changes)
        obj.__dict__.update(made.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Bin) -> None:
        places.delete_bin(organization=access.organization, actor=access.actor, shelf=obj)

    @admin.action(description="Deactivate", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Bin]) -> None:
        access = self.require_access(request)
        rows = self.narrow(request, queryset, "locations.write")
        self.attempt(
            request,
            rows,
            lambda row: places.deactivate_bin(
                organization=access.organization, actor=access.actor, shelf=row
            ),
            "deactivated",
        )

    @admin.action(description="Activate", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Bin]) -> None:
        access = self.require_access(request)
        rows = self.narrow(request, queryset, "locations.write")
        self.attempt(
            request,
            rows,
            lambda row: places.activate_bin(organization=access.organization, actor=access.actor, shelf=row),
            "activated",
        )
