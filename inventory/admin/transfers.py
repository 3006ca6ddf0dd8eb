"""Transfers: drafted line by line, shipped, received with what is missing and what is too much, called off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.views import ChangeList
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from inventory import transfers
from inventory.admin.act_pages import NoteForm
from inventory.admin.either_end import EitherEndAdmin
from inventory.admin.goods_form import once, show_refusal
from inventory.admin.goods_pages import Also, GoodsPages
from inventory.admin.receive_form import find_bins
from inventory.admin.search import names_sku
from inventory.admin.transfer_receipt import FinalForm, ReceiptFormSet, receipt_rows
from inventory.models import (
    Transfer,
    TransferLine,
    TransferPick,
    TransferState,
)
from warehouses import transactions
from warehouses.access import Access
from warehouses.http.organization import access_of
from warehouses.models import Bin, Organization, Warehouse
from warehouses.refusals import Conflict, Refusal, readdressed

__all__ = ["TransferAdmin"]

_LABELS: Final = {
    str(TransferState.DRAFT.label): "",
    str(TransferState.IN_TRANSIT.label): "info",
    str(TransferState.RECEIVED.label): "success",
    str(TransferState.CANCELLED.label): "",
}
_SHOWN: Final = 500


class EndsForm(forms.Form):
    """From where to where: asked first, because bins are those of a location."""

    source = forms.ModelChoiceField(
        Warehouse.objects.none(),
        label="From",
        empty_label="Choose a location",
        widget=UnfoldAdminSelectWidget,
    )
    destination = forms.ModelChoiceField(
        Warehouse.objects.none(),
        label="To",
        empty_label="Choose a location",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, locations: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "destination"):
            self.fields[name].queryset = locations  # type: ignore[attr-defined]


class DraftForm(EndsForm):
    """What holds for all lines: also the two ends, so that one page is enough."""

    reference = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget)
    expected_on = forms.DateField(
        label="Expected on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    note = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class TransferList(ChangeList):
    """The list's page, with the sums of each transfer's lines: one query for all of them."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        sums = _sums(transfer.pk for transfer in found)
        for transfer in found:
            transfer.sums = sums.get(transfer.pk, {})
        self.result_list = found


@admin.register(Transfer)
class TransferAdmin(EitherEndAdmin, GoodsPages):
    """Seen by whoever may read transfers at one of the two ends."""

    goods_title = "Transfer goods"
    state_labels = _LABELS
    read_permission = transfers.READ
    write_permission = transfers.WRITE
    icon = "local_shipping"
    list_display = (
        "number", "state_label", "from_warehouse", "to_warehouse", "quantity", "in_transit", "expected_on",
        "by", "created_at",
    )  # fmt: skip
    list_filter = ("state", "from_warehouse", "to_warehouse", "created_at")
    list_select_related = ("from_warehouse", "to_warehouse")
    search_fields = ("reference__istartswith", "note__icontains")
    search_help_text = "Number, reference, SKU code, or scan a barcode"
    ordering = ("-created_at", "-pk")
    actions_detail = ("ship", "receive", "cancel", "print_paper")
    fields = (
        "public_id", "state_shown", "from_warehouse", "to_warehouse", "reference", "note", "expected_on", "by",
        "created_at", "shipped_at", "closed_at", "lines", "history",
    )  # fmt: skip
    empty_hint = "Goods on their way from one location to another, or from bin to bin, stand here."

    # --- rows and rights

    def has_ship_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "ship", object_id)

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "receive", object_id)

    def has_cancel_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, "cancel", object_id)

    def _may(self, request: HttpRequest, name: str, object_id: Any) -> bool:
        access = access_of(request)
        found = self.get_object(request, str(object_id)) if object_id is not None else None
        return access is not None and found is not None and transfers.may_act(access, found, name)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What its state and the caller's rights allow."""
        access = access_of(request)
        found = self.get_object(request, str(object_id))
        if access is None or found is None:
            return []
        allowed = {name for name in transfers.ALLOWED[found.state] if transfers.may_act(access, found, name)}
        # Such as `inventory_transfer_ship`. Its paper is there in every state.
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        every = self._get_base_actions_detail()
        return [each for each in every if each.action_name.removeprefix(prefix) in {*allowed, "print_paper"}]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TransferList

    def lines_about(self, organization: Organization, term: str) -> QuerySet[Any]:
        return TransferLine.objects.filter(transfer=OuterRef("pk")).filter(names_sku(organization, term))

    def choice_label(self, obj: Transfer) -> str:
        return f"{obj.reference or obj.public_id}: {obj.from_warehouse} → {obj.to_warehouse}"

    # --- columns and fields

    @admin.display(description="transfer", ordering="reference")
    def number(self, transfer: Transfer) -> str:
        return transfer.reference or transfer.public_id

    @display(description="state", ordering="state", label=_LABELS)
    def state_label(self, transfer: Transfer) -> str:
        return str(TransferState(transfer.state).label)

    @admin.display(description="units")
    def quantity(self, transfer: Any) -> str:
        return f"{transfer.sums.get('quantity', 0):,}"

    @admin.display(description="in transit")
    def in_transit(self, transfer: Any) -> str:
        return f"{transfer.sums.get('in_transit', 0):,}"

    @admin.display(description="lines")
    def lines(self, transfer: Any) -> SafeString:
        """What is sent; a bin is shown to those who see its end."""
        return once(transfer, "lines", lambda: self._lines(transfer))

    def _lines(self, transfer: Any) -> SafeString:
        access: Access = transfer.seen_by
        sees_source = _sees(access, transfer.from_warehouse_id)
        sees_destination = _sees(access, transfer.to_warehouse_id)
        rows = transfer.lines.select_related("sku", "lot", "from_bin", "to_bin").order_by("position")
        lots: dict[UUID, dict[str, None]] = defaultdict(dict)
        picks = TransferPick.objects.filter(line__transfer=transfer, lot__isnull=False).select_related("lot")
        for pick in picks.order_by("pk"):
            lots[pick.line_id][str(pick.lot)] = None
        cells = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
            "<td>{}</td></tr>",
            (
                (
                    line.sku.code,
                    ", ".join(lots[line.pk]) or line.lot or "",
                    _way(
                        line.from_bin if sees_source else None,
                        line.to_bin if sees_destination else None,
                    ),
                    f"{line.quantity:,}",
                    f"{line.shipped:,}",
                    f"{line.received:,}" + (f" (+{line.surplus:,})" if line.surplus else ""),
                    f"{line.written_off:,}",
                    f"{line.in_transit:,}",
                    line.shortage_reason,
                )
                for line in rows[:_SHOWN]
            ),
        )
        return format_html(
            '<div class="goods" tabindex="0" role="region" aria-label="Lines">'
            '<table class="goods-table"><thead><tr><th>SKU</th><th>Lot</th><th>Bins</th>'
            "<th>Asked for</th><th>Shipped</th><th>Received</th><th>Written off</th><th>In transit</th>"
            "<th>Why short</th></tr></thead><tbody>{}</tbody></table></div>",
            cells,
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.seen_by = self.require_access(request)
        return found

    # --- making one

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page: the two ends, and the lines like a sheet. `?source=` and `?destination=` fill the ends in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        access = self.require_access(request)
        places = self.open_locations(request)
        named = {name: request.GET[name] for name in ("source", "destination") if name in request.GET}
        ends = EndsForm(named, locations=places) if named else None
        if not places.exists() or (ends is not None and request.method != "POST" and not ends.is_valid()):
            shown = {
                "where": ends or EndsForm(locations=places),
                "is_possible": places.exists(),
                "impossible": "There is no location whose goods you may transfer.",
            }
            return self.goods_page(request, shown, status=422 if ends is not None else 200)
        made_of = ends.cleaned_data if ends is not None and ends.is_valid() else {}

        def head(data: Any) -> DraftForm:
            if data is None:
                return DraftForm(initial=made_of or self._usual_ends(access, places), locations=places)
            return DraftForm({**named, **data.dict()}, locations=places)

        def given(form: Any) -> dict[str, Any]:
            said: dict[str, Any] = {}
            if form.is_bound:
                form.full_clean()
                said = form.cleaned_data
            source, destination = said.get("source"), said.get("destination")
            return {
                "organization": access.organization,
                "source": source,
                "destination": destination,
                "needs_from_bin": source is not None and source == destination,
            }

        return self.write_goods(
            request,
            head=head,
            given=given,
            subject=f"{made_of['source']} → {made_of['destination']}" if made_of else "New transfer",
            explanation="Name no lot, and what expires first is taken first. A draft leaves everything where it is. "
            "From bin to bin, choose the same location twice.",
            verb="Create draft",
            nothing="Say what shall be sent: at least one line.",
            make=lambda goods, values: _made(access, goods, values),
            done=self._done_words,
            also=(Also("ship", "Create and ship"), Also("move", "Move now")),
        )

    def _usual_ends(self, access: Access, places: QuerySet[Warehouse]) -> dict[str, Any]:
        """The organization's default location, or the only one."""
        usual = access.organization.default_warehouse_id
        found = places.filter(pk=usual).first() if usual is not None else None
        if found is None and places.count() == 1:
            found = places.get()
        return {"source": found} if found is not None else {}

    def _done_words(self, made: Transfer) -> str:
        name = self.choice_label(made)
        if made.state == TransferState.RECEIVED:
            return f"{name} is done: the goods are where they belong."
        if made.state == TransferState.IN_TRANSIT:
            return f"{name} is on its way."
        return f"Transfer {name} is drafted."

    # --- what is done with one

    def has_paper_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return object_id is not None and self.get_object(request, str(object_id)) is not None

    @action(description="Print", permissions=["paper"], url_path="print", icon="print")
    def print_paper(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Its paper, which goes with the goods."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        paper = reverse("admin:transfer_paper", args=(found.public_id,), current_app=self.admin_site.name)
        return HttpResponseRedirect(paper)

    @action(description="Ship…", permissions=["ship"], url_path="ship", icon="local_shipping")
    def ship(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_on(
            request,
            object_id,
            form=lambda data, transfer: NoteForm(data),
            verb="Ship",
            explanation="Everything on the transfer leaves the source now, and is in transit until it is received.",
            figures=_figures,
            act=lambda access, transfer, values: transfers.ship_transfer(
                access=access, transfer=transfer, note=values["note"]
            ),
            done=lambda found: f"{self.choice_label(found)} is on its way.",
        )

    @action(
        description="Cancel…",
        permissions=["cancel"],
        url_path="cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.act_on(
            request,
            object_id,
            form=lambda data, transfer: NoteForm(data),
            verb="Cancel transfer",
            explanation="The draft is called off. Nothing has left, and nothing will.",
            figures=_figures,
            act=lambda access, transfer, values: transfers.cancel_transfer(
                access=access, transfer=transfer, note=values["note"]
            ),
            done=lambda found: f"{self.choice_label(found)} is cancelled.",
        )

    @action(description="Receive…", permissions=["receive"], url_path="receive", icon="move_to_inbox")
    def receive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What has arrived, line by line (and lot by lot): filled in with all that is in transit."""
        transfer = self.get_object(request, object_id)
        if transfer is None:
            raise Http404
        access = self.require_access(request)
        rows = receipt_rows(transfer)
        shown = {
            "subject": self.choice_label(transfer),
            "explanation": "Leave out what has not come yet: it stays in transit. What never will needs a reason.",
            "verb": "Receive",
            "back": self.page_of(transfer),
        }
        if request.method != "POST":
            form = FinalForm(initial={"seen": transfer.version})
            lines = ReceiptFormSet(prefix="lines", rows=rows, initial=[row.initial for row in rows])
            return self.goods_page(request, {**shown, "form": form, "lines": lines})
        form = FinalForm(request.POST)
        lines = ReceiptFormSet(request.POST, prefix="lines", rows=rows)
        if transfer.version != form.seen_version() or transfer.state != TransferState.IN_TRANSIT:
            self.message_user(
                request, "Somebody has done something with it meanwhile: look at it again.", messages.ERROR
            )
            return HttpResponseRedirect(self.page_of(transfer))
        done = self._receive(access, transfer, form, lines)
        if done is None:
            return self.goods_page(request, {**shown, "form": form, "lines": lines}, status=422)
        self.log_change(request, done, "Receive.")
        state = str(TransferState(done.state).label).lower()
        self.message_user(request, f"{self.choice_label(done)} is {state}.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(done))

    def _receive(self, access: Access, transfer: Transfer, form: Any, lines: Any) -> Transfer | None:
        """The transfer as it is then, or None where the forms say what is wrong."""
        if not (form.is_valid() and lines.is_valid()):
            return None
        typed = [line.cleaned_data.get("to_bin", "") for line in lines.forms]
        receipts = lines.receipts(
            find_bins(transfer.to_warehouse, typed), is_final=form.cleaned_data["is_final"]
        )
        if not receipts and not lines.errors_shown():
            form.add_error(None, "Say what has arrived: at least one line.")
        if form.errors or lines.errors_shown():
            return None
        seen = transfer.version

        def unchanged(locked: Transfer) -> None:
            if locked.version != seen:
                raise Conflict("CONTENTION", "Somebody was faster: look at the transfer again.")

        try:
            return transactions.run(
                lambda: transfers.receive_transfer(
                    access=access,
                    transfer=transfer,
                    receipts=receipts,
                    is_final=form.cleaned_data["is_final"],
                    note=form.cleaned_data["note"],
                    condition=unchanged,
                )
            )
        except Refusal as refusal:
            show_refusal(refusal, form, lines.forms, {"lot": "quantity", "line": "quantity"})
            return None


def _made(access: Access, goods: Sequence[Any], values: dict[str, Any]) -> Transfer:
    """The draft; with `then`, shipped at once, or also arrived. All of it, or nothing."""
    made = transfers.create_transfer(
        access=access,
        from_warehouse=values["source"],
        to_warehouse=values["destination"],
        lines=[
            transfers.WantedLine(each.sku, each.quantity, each.lot, each.from_bin, each.to_bin, each.index)
            for each in goods
        ],
        note=values["note"],
        reference=values["reference"],
        expected_on=values["expected_on"],
    )
    if not values["then"]:
        return made
    try:
        made = transfers.ship_transfer(access=access, transfer=made)
    except Refusal as refusal:
        # Shipping knows a transfer's lines by their positions; here each has its line of the page.
        cause = refusal.__cause__
        if isinstance(cause, Refusal) and cause.problems:
            rows = [each.index for each in goods]
            raise readdressed(cause, rows, fields={"bin": "from_bin"}) from refusal
        raise
    if values["then"] == "move":
        made = transfers.receive_transfer(access=access, transfer=made)
    return made


def _figures(transfer: Transfer) -> dict[str, Any]:
    sums = _sums([transfer.pk]).get(transfer.pk, {})
    return {
        "From": transfer.from_warehouse,
        "To": transfer.to_warehouse,
        "Lines": sums.get("lines", 0),
        "Units": sums.get("quantity", 0),
    }


def _sums(keys: Iterable[UUID]) -> dict[UUID, dict[str, int]]:
    """Of each transfer: how many lines, units asked for, and units in transit. One query."""
    rows: Iterable[Any] = (
        TransferLine.objects.order_by()
        .filter(transfer__in=list(keys))
        .values_list("transfer")
        .annotate(
            Count("pk"), Sum("quantity"), Sum("shipped"), Sum("received"), Sum("surplus"), Sum("written_off")
        )
    )
    return {
        key: {"lines": lines, "quantity": quantity, "in_transit": shipped - received + surplus - lost}
        for key, lines, quantity, shipped, received, surplus, lost in rows
    }


def _sees(access: Access, warehouse_id: UUID) -> bool:
    return access.covers(transfers.READ, warehouse_id) or access.covers(transfers.WRITE, warehouse_id)


def _way(source: Bin | None, destination: Bin | None) -> str:
    if source is None and destination is None:
        return ""
    return f"{source or '…'} → {destination or '…'}"
