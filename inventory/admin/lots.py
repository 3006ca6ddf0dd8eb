"""Lots: made and changed with a form, quarantined, released, expired and reinstated by what they are asked."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.admin.act_pages import ActForm, ActPages
from inventory.admin.history_table import history_table
from inventory.admin.integrations import label
from inventory.admin.search import SkuSearch
from inventory.lots.records import LotChange, change_lot, create_lot, delete_lot, visible_lots
from inventory.lots.states import TRANSITIONS, days_left, state_on
from inventory.models import Lot, LotState, StockItem
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.forms import PlaceForm
from warehouses.admin.inlines import ReadOnlyScopedInline
from warehouses.admin.label_action import PrintsLabels
from warehouses.admin.model_admins import RefusedDeletion
from warehouses.http.organization import access_of

__all__ = ["LOT_LABELS", "LotAdmin", "days_in_words"]

LOT_LABELS: Final = {
    str(LotState.ACTIVE.label): "success",
    str(LotState.QUARANTINED.label): "warning",
    str(LotState.EXPIRED.label): "danger",
}
_LAST_DAY: Final = (
    "The last day on which the goods are good. Empty: they keep. A day that has passed expires the lot."
)
_READ: Final = "inventory.read"
_WRITE: Final = "inventory.write"
#: Action of the page → the state that it leads to.
_ACTIONS: Final = {
    "quarantine": LotState.QUARANTINED,
    "release": LotState.ACTIVE,
    "expire": LotState.EXPIRED,
    "reinstate": LotState.QUARANTINED,
}


class LotForm(PlaceForm):
    note = forms.CharField(
        label="Why",
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the lot's history.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "expires_on" in self.fields:
            self.fields["expires_on"].help_text = _LAST_DAY


class ReasonForm(ActForm):
    """Why the state is changed."""

    note = forms.CharField(
        label="Why",
        max_length=300,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
    )


class StockInline(ReadOnlyScopedInline):
    """Where the lot is. Read-only: quantities change through the ledger."""

    model = StockItem
    read_permission = _READ
    warehouse_path = "warehouse_id"
    fields = readonly_fields = ("warehouse", "bin", "on_hand", "held")
    ordering = ("warehouse__name", "bin__pick_sequence", "pk")
    verbose_name_plural = "where it is"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        rows = super().get_queryset(request).filter(on_hand__gt=0)
        return rows.select_related("warehouse", "bin", "sku", "lot")


@admin.register(Lot)
class LotAdmin(PrintsLabels, ActPages, RefusedDeletion, SkuSearch):
    """A lot belongs to no warehouse: which ones somebody may see and change, `inventory.lots.records` says."""

    read_permission = _READ
    write_permission = _WRITE
    form = LotForm
    icon = "deployed_code_history"
    label_kind = "lot"
    actions = ("print_labels",)
    list_display = ("code", "sku", "title", "condition", "expires_on", "days", "units", "received_at")
    list_filter = ("state", "expires_on")
    list_select_related = ("sku", "organization")
    search_fields = ("code__istartswith", "sku__code_key__startswith")
    search_help_text = "Lot, SKU code or title, or scan a barcode"
    ordering = ("expires_on", "pk")
    autocomplete_fields = ("sku",)
    actions_row = ("quarantine", "release", "expire", "reinstate")
    actions_detail = ("quarantine", "release", "expire", "reinstate")
    asked = ("sku", "code", "expires_on", "note")
    told = ("public_id", "condition_shown", "days", "received_at", "history")
    inlines = (StockInline,)
    empty_hint = "Receipts of lot-controlled goods make the lots that they name."

    # --- rows and who may

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        rows = super().get_queryset(request)
        access = access_of(request)
        if access is None:
            return rows.none()
        there = access.narrow(StockItem.objects.filter(lot=OuterRef("pk")), _READ).order_by().values("lot")
        units = Subquery(there.annotate(units=Sum("on_hand")).values("units"), output_field=IntegerField())
        return rows.filter(pk__in=visible_lots(access).values("pk")).annotate(units_there=Coalesce(units, 0))

    def allows(self, request: HttpRequest, permission: str | None, obj: Any = None) -> bool:
        access = access_of(request)
        if access is None or permission is None or not access.may(permission):
            return False
        if isinstance(obj, str):
            obj = self._row(request, obj)
            return obj is not None
        return not isinstance(obj, Lot) or obj.organization_id == access.organization.pk

    def has_write_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.allows(request, _WRITE, object_id)

    def choice_label(self, obj: Lot) -> str:
        return f"{obj.code} · {obj.sku.code}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        named = (
            queryset.filter(code__istartswith=search_term.strip()) if search_term.strip() else queryset.none()
        )
        if search_term.strip() and named.exists():
            return named, False
        return super().get_search_results(request, queryset, search_term)

    # --- columns and fields

    @admin.display(description="title")
    def title(self, lot: Lot) -> str:
        return lot.sku.title

    @display(description="state", ordering="state", label=LOT_LABELS)
    def condition(self, lot: Lot) -> str:
        return str(state_on(lot, lot.organization.today()).label)

    @admin.display(description="state")
    def condition_shown(self, lot: Lot) -> SafeString:
        return label(self.condition(lot), LOT_LABELS)

    @admin.display(description="days left", ordering="expires_on")
    def days(self, lot: Lot) -> str:
        return days_in_words(days_left(lot.expires_on, lot.organization.today()))

    @admin.display(description="on hand", ordering="units_there")
    def units(self, lot: Any) -> int:
        count: int = lot.units_there
        return count

    @admin.display(description="number", ordering="id")
    def public_id(self, lot: Lot) -> str:
        return lot.public_id

    @admin.display(description="history")
    def history(self, lot: Lot) -> SafeString:
        return history_table(lot)

    # --- forms

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        asked = (None, {"fields": self.asked})
        return [asked] if obj is None else [asked, ("What it is", {"fields": self.told})]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("sku", *self.told)  # its stock would be of another SKU

    def store(self, request: HttpRequest, access: Access, obj: Lot, form: Any, change: bool) -> None:
        values = form.cleaned_data
        if not change:
            made = transactions.run(
                lambda: create_lot(
                    access=access,
                    sku=values["sku"],
                    code=values["code"],
                    expires_on=values["expires_on"],
                    note=values["note"],
                )
            )
            obj.__dict__.update(made.__dict__)
            return
        # What was not touched stays as it is, whoever has changed it meanwhile.
        wanted = LotChange(
            code=values["code"] if "code" in form.changed_data else None,
            expires_on=values["expires_on"],
            sets_expiry="expires_on" in form.changed_data,
            note=values["note"],
        )
        changed = transactions.run(lambda: change_lot(access=access, lot=obj, change=wanted))
        obj.__dict__.update(changed.__dict__)

    def remove(self, request: HttpRequest, access: Access, obj: Lot) -> None:
        transactions.run(lambda: delete_lot(access=access, lot=obj))

    # --- actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Those that its state allows."""
        lot = self.get_object(request, str(object_id))
        if lot is None:
            return []
        allowed = TRANSITIONS[state_on(lot, lot.organization.today())].values()
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if each.method.__name__ in allowed]

    @action(description="Quarantine…", permissions=["write"], url_path="quarantine", icon="block")
    def quarantine(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._bring(
            request, object_id, "quarantine", "Nothing of the lot leaves or is promised until it is released."
        )

    @action(description="Release…", permissions=["write"], url_path="release", icon="check_circle")
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._bring(request, object_id, "release", "The lot may leave and be promised again.")

    @action(description="Expire…", permissions=["write"], url_path="expire", icon="event_busy")
    def expire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._bring(
            request,
            object_id,
            "expire",
            "All of the lot, wherever it is, is expired: nothing of it leaves or is promised. To mark only some of its"
            " units, begin from the list of expired goods or from the stock item.",
        )

    @action(description="Reinstate…", permissions=["write"], url_path="reinstate", icon="undo")
    def reinstate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._bring(
            request, object_id, "reinstate", "The lot goes into quarantine; from there it can be released."
        )

    def _bring(self, request: HttpRequest, object_id: str, name: str, explanation: str) -> HttpResponse:
        target = _ACTIONS[name]
        return self.act_on(
            request,
            object_id,
            form=lambda data, lot: ReasonForm(data),
            verb=f"{name.capitalize()} lot",
            explanation=explanation,
            figures=lambda lot: {"Last day": lot.expires_on or "None", "On hand": lot.units_there},
            act=lambda access, lot, values: change_lot(
                access=access, lot=lot, change=LotChange(state=target, note=values["note"])
            ),
            done=lambda lot: f"Lot {lot.code} is {LotState(lot.state).label.lower()}.",
        )


def days_in_words(days: int | None) -> str:
    if days is None:
        return "keeps"
    if days == 0:
        return "last day"
    return f"{days:,}" if days > 0 else f"{-days:,} past"
