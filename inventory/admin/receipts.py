"""Receiving goods in the back office: choose the location, type or scan the lines, post them as one receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from inventory.admin.grid import wrong_cells
from inventory.admin.once import Sending, SentAlready, token_of
from inventory.admin.receive_form import BLANK_LINES, LineFormSet, LocationForm, ReceiptForm, find_bins
from inventory.models import Replenishment, ReplenishmentSource, ReplenishmentState, Source
from inventory.receipts import COSTS, WRITE, Caution, Receipt, record_receipt
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.http.organization import access_of
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Refusal

__all__ = ["RECEIVE_URL", "ReceivingPages", "may_receive"]

RECEIVE_URL: Final = "admin:inventory_replenishment_receive"
#: Orders that a line can name, those expected first.
_ORDERS_OFFERED: Final = 200
_CAUTIONS: Final = {
    Caution.LOT_EXPIRED: "{} is of an expired lot: it is there, and is never picked.",
    Caution.LOT_QUARANTINED: "{} is of a quarantined lot: it is there, and is never picked.",
    Caution.OVER_RECEIVED: "More of {} has come than was ordered.",
}


def may_receive(request: HttpRequest) -> bool:
    access = access_of(request)
    return access is not None and access.may(WRITE)


class ReceivingPages(ScopedModelAdmin):
    """The page on which goods are received. `?location=` and `?order=` fill it in."""

    def has_receive_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may_receive(request)

    @action(description="Receive goods", permissions=["receive"], url_path="receive", icon="move_to_inbox")
    def receive(self, request: HttpRequest) -> HttpResponse:
        access = self.require_access(request)
        order = _order(access, request.GET.get("order"))
        chosen = order.warehouse_id if order is not None else request.GET.get("location")
        places = access.narrow(Warehouse.objects.all(), WRITE, warehouse="pk")
        places = places.filter(is_active=True, is_readonly=False).order_by("name")
        where = LocationForm({"location": chosen} if chosen else None, locations=places)
        if not where.is_valid():
            return self._page(request, {"where": where}, status=422 if where.is_bound else 200)
        warehouse: Warehouse = where.cleaned_data["location"]
        orders = _expected(access, warehouse)
        given: dict[str, Any] = {
            "warehouse": warehouse,
            "orders": orders,
            "may_cost": access.everywhere(COSTS),
            "prefix": "lines",
        }
        if request.method != "POST":
            initial = [_initial(order)] if order is not None and order in orders else []
            lines = LineFormSet(initial=initial, **given)
            return self._page(request, {"warehouse": warehouse, "form": ReceiptForm(), "lines": lines})
        form = ReceiptForm(request.POST)
        if "more" in request.POST:
            return self._page(
                request, {"warehouse": warehouse, "form": form, "lines": _with_more_lines(request, given)}
            )
        lines = LineFormSet(request.POST, **given)
        sending = Sending(request, access)
        if (address := sending.earlier()) is not None:
            return HttpResponseRedirect(address)
        try:
            receipt = self._received(access, warehouse, form, lines, sending)
        except SentAlready as already:
            return HttpResponseRedirect(already.address)
        if receipt is None:
            shown = {"warehouse": warehouse, "form": form, "lines": lines}
            return self._page(request, shown, status=422)
        self._tell(request, receipt)
        return HttpResponseRedirect(_page_of(receipt))

    def _received(
        self, access: Access, warehouse: Warehouse, form: ReceiptForm, lines: Any, sending: Sending
    ) -> Receipt | None:
        """The receipt, or None where the forms say what is wrong."""
        is_head_sound, is_sound = form.is_valid(), lines.is_valid()
        shelf = _shelf(warehouse, form)
        delivered = lines.lines(shelf)
        if not lines.filled():
            form.add_error(None, "Say what has come: at least one line.")
        if not (is_head_sound and is_sound) or form.errors or any(line.errors for line in lines.forms):
            return None
        try:
            return sending.run(
                lambda: record_receipt(
                    access=access,
                    source=Source.ADMIN,
                    warehouse=warehouse,
                    lines=delivered,
                    note=form.cleaned_data["note"],
                    reference=form.cleaned_data["reference"],
                ),
                _page_of,
            )
        except Refusal as refusal:
            for detail in lines.show(refusal):
                form.add_error(None, detail)
            return None

    def _tell(self, request: HttpRequest, receipt: Receipt) -> None:
        units = sum(received.line.quantity for received in receipt.lines)
        self.message_user(
            request,
            f"{units:,} units received at {receipt.warehouse.name} ({receipt.adjustment.public_id}).",
            messages.SUCCESS,
        )
        for received in receipt.lines:
            for caution in received.warnings:
                self.message_user(
                    request, _CAUTIONS[caution].format(received.line.sku.code), messages.WARNING
                )

    def _page(self, request: HttpRequest, shown: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Receive goods",
            "opts": self.opts,
            "back": reverse("admin:index"),
            "anew": reverse(RECEIVE_URL),
            "errors": status != 200,
            "token": token_of(request),
            **shown,
        }
        if "lines" in shown:
            context["wrong_cells"] = wrong_cells(shown["lines"])
        return TemplateResponse(request, "inventory/admin/receive.html", context, status=status)


def _page_of(receipt: Receipt) -> str:
    return reverse("admin:inventory_adjustment_change", args=(receipt.adjustment.pk,))


def _order(access: Access, key: str | None) -> Replenishment | None:
    """The order that the address names, where the caller may receive it."""
    if key is None:
        return None
    try:
        wanted = UUID(key)
    except ValueError:
        raise Http404 from None
    found = access.narrow(Replenishment.objects.all(), WRITE).filter(pk=wanted).first()
    if found is None:
        raise Http404
    return found


def _expected(access: Access, warehouse: Warehouse) -> Sequence[Replenishment]:
    """What is on order at suppliers for the location."""
    rows = access.narrow(Replenishment.objects.all(), WRITE).filter(
        warehouse=warehouse, state=ReplenishmentState.OPEN, source_type=ReplenishmentSource.SUPPLIER
    )
    return list(rows.select_related("sku").order_by("created_at", "pk")[:_ORDERS_OFFERED])


def _initial(order: Replenishment) -> dict[str, Any]:
    return {"sku": order.sku.code, "quantity": order.quantity - order.received, "order": order.pk}


def _with_more_lines(request: HttpRequest, given: dict[str, Any]) -> Any:
    """What was typed so far, not yet judged, and some empty lines after it."""
    data = request.POST.copy()
    total = data.get("lines-TOTAL_FORMS", "")
    count = int(total) if total.isdigit() else 0
    data["lines-TOTAL_FORMS"] = str(min(count + BLANK_LINES, LineFormSet.max_num))
    lines = LineFormSet(data, **given)
    for line in lines.forms:
        line._errors = {}  # the template asks each line for its errors
    return lines


def _shelf(warehouse: Warehouse, form: ReceiptForm) -> Bin | None:
    typed = form.cleaned_data.get("bin")
    if not typed:
        return None
    shelf = find_bins(warehouse, [typed]).get(typed.casefold())
    if shelf is None:
        form.add_error("bin", f"{warehouse.name} has no such bin.")
    return shelf
