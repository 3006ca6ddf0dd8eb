"""Reservations: made with a form, fulfilled and released, in part too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import INPUT_CLASSES

from inventory.admin.act_pages import ActForm, ActPages, IssueForm, UnitsForm
from inventory.admin.documents import AskedDocumentAdmin
from inventory.admin.fresh_stock import FreshStock
from inventory.admin.integrations import clock_time
from inventory.admin.search import SkuSearch
from inventory.models import DocumentType, Reservation, ReservationState
from inventory.models.sku import MAXIMUM_QUANTITY
from inventory.reservations import (
    FULFIL,
    READ,
    RELEASE,
    WRITE,
    allowed,
    create_reservation,
    fulfil_reservation,
    release_reservation,
)
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.filters import AutocompleteFilter
from warehouses.admin.forms import PlaceForm

__all__ = ["RESERVATION_LABELS", "ReservationAdmin"]

RESERVATION_LABELS: Final = {
    str(ReservationState.ACTIVE.label): "info",
    str(ReservationState.FULFILLED.label): "success",
    str(ReservationState.RELEASED.label): "",
    str(ReservationState.EXPIRED.label): "warning",
}


class ReservationForm(PlaceForm):
    expires_at = forms.DateTimeField(
        label="Ends by itself at",
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        helps = {
            "reference": "What the units are reserved for, such as an order's number.",
            "channel": "No more is reserved than this channel may be promised there.",
            "expires_at": "From then on the units are available again. Empty: until somebody releases them.",
        }
        for name, text in helps.items():
            if name in self.fields:
                self.fields[name].help_text = text
        if "quantity" in self.fields:
            self.fields["quantity"] = _units_field(self.fields["quantity"].widget)


def _units_field(widget: Any) -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=MAXIMUM_QUANTITY, widget=widget)


@admin.register(Reservation)
class ReservationAdmin(FreshStock, ActPages, AskedDocumentAdmin, SkuSearch):
    state_labels = RESERVATION_LABELS
    read_permission = READ
    write_permission = WRITE
    warehouse_path = "warehouse_id"
    form = ReservationForm
    icon = "bookmark_added"
    list_display = (
        "reference", "sku", "title", "warehouse", "quantity", "open", "state_label", "ends", "created_at",
    )  # fmt: skip
    list_filter = (
        "state",
        "warehouse",
        "channel",
        ("sku", AutocompleteFilter),
        "expires_at",
        "created_at",
    )
    list_select_related = ("sku", "warehouse", "channel")
    search_fields = ("reference__istartswith",)
    search_help_text = "Reference, number, SKU code or title, or scan a barcode"
    ordering = ("-created_at", "-pk")
    autocomplete_fields = ("sku",)
    actions_row = ("fulfil", "release")
    actions_detail = ("fulfil", "release")
    asked = ("sku", "warehouse", "quantity", "reference", "channel", "expires_at", "note")
    told = (
        "public_id", "state_shown", "sku", "title", "warehouse", "channel", "reference", "made_for", "quantity",
        "open", "fulfilled", "ends_at", "note", "by", "created_at", "history",
    )  # fmt: skip
    empty_hint = "What is promised to somebody stands here until it leaves, is released, or its time is up."

    # --- rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        by_reference = queryset.filter(reference__istartswith=term)
        if term and by_reference.exists():
            return by_reference, False
        return super().get_search_results(request, queryset, search_term)

    def choice_label(self, obj: Reservation) -> str:
        return f"{obj.reference}: {obj.sku.code} in {obj.warehouse.name}"

    # --- who may

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allows(request, WRITE)

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, WRITE, object_id)

    # --- columns and fields

    @admin.display(description="title", ordering="sku__title")
    def title(self, reservation: Reservation) -> str:
        return reservation.sku.title

    @display(description="state", ordering="state", label=RESERVATION_LABELS)
    def state_label(self, reservation: Reservation) -> str:
        return str(ReservationState(reservation.state).label)

    @admin.display(description="ends", ordering="expires_at")
    def ends(self, reservation: Reservation) -> datetime | None:
        return reservation.expires_at

    @admin.display(description="ends by itself at")
    def ends_at(self, reservation: Reservation) -> str:
        return clock_time(reservation.expires_at) if reservation.expires_at else "Never"

    @admin.display(description="reserved by")
    def made_for(self, reservation: Reservation) -> SafeString | str:
        """The document whose reservation it is, with a link to its page."""
        if reservation.document_id is None:
            return "Nothing else: it stands by itself"
        kind = DocumentType(reservation.document_type)
        told = f"{kind.label} {reservation.reference}"
        if not self.admin_site.is_registered(kind.model):
            return told
        name = f"admin:{kind.model._meta.app_label}_{kind.model._meta.model_name}_change"
        address = reverse(name, args=(reservation.document_id,), current_app=self.admin_site.name)
        return format_html('<a href="{}" class="text-link">{}</a>', address, told)

    # --- forms

    def store(self, request: HttpRequest, access: Access, obj: Reservation, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data.get(name) for name in self.asked}
        values["note"] = values["note"] or ""
        made = transactions.run(lambda: create_reservation(access=access, **values))
        obj.__dict__.update(made.__dict__)

    # --- actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        reservation = self.get_object(request, str(object_id))
        if reservation is None or not allowed(reservation):
            return []
        return list(super().get_actions_detail(request, object_id))

    @action(description="Fulfil…", permissions=["write"], url_path=FULFIL, icon="local_shipping")
    def fulfil(self, request: HttpRequest, object_id: str) -> HttpResponse:
        organization = self.require_access(request).organization

        def form(data: Any, reservation: Reservation) -> ActForm:
            return IssueForm(data, organization=organization, initial={"quantity": reservation.open})

        return self.act_on(
            request,
            object_id,
            form=form,
            verb="Fulfil",
            explanation="The goods leave, first expired first out, and are not reserved any more.",
            figures=_figures,
            act=lambda access, reservation, values: fulfil_reservation(
                access=access,
                reservation=reservation,
                quantity=values["quantity"],
                reason=values["reason"],
                note=values["note"],
            ),
            done=lambda found: f"{found.reference}: {found.fulfilled} of {found.quantity} units have left.",
        )

    @action(
        description="Release…",
        permissions=["write"],
        url_path=RELEASE,
        icon="bookmark_remove",
        variant=ActionVariant.WARNING,
    )
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def form(data: Any, reservation: Reservation) -> ActForm:
            return UnitsForm(data, initial={"quantity": reservation.open})

        return self.act_on(
            request,
            object_id,
            form=form,
            verb="Release",
            explanation="The goods stay, and are available again.",
            figures=_figures,
            act=lambda access, reservation, values: release_reservation(
                access=access,
                reservation=reservation,
                quantity=values["quantity"],
                note=values["note"],
            ),
            done=lambda found: (
                f"{found.reference}: {found.open} of {found.quantity} units are still reserved."
            ),
        )


def _figures(reservation: Reservation) -> dict[str, Any]:
    return {
        "Reserved": reservation.quantity,
        "Fulfilled": reservation.fulfilled,
        "Still open": reservation.open,
    }
