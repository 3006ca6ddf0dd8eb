"""Expired goods, many stock items at once: one question, one transaction, and every bad row named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from inventory.expiry.destruction import destroy
from inventory.expiry.lines import WRITE, WantedUnits
from inventory.expiry.marking import mark_consumed, mark_expired
from inventory.models import Source, StockItem
from inventory.models.sku import MAXIMUM_QUANTITY
from warehouses import transactions
from warehouses.access import Access
from warehouses.admin.model_admins import ScopedModelAdmin
from warehouses.refusals import Refusal

__all__ = ["MOST_ROWS", "ExpiredDesk"]

#: That are asked about and changed at once.
MOST_ROWS: Final = 500
_ACT_URL: Final = "inventory_stockitem_expired_act"
_LIST_URL: Final = "admin:inventory_stockitem_expired"
#: Stock items with how many units of each: None for all of them.
Wanted = Mapping[UUID, int | None]


class WhyForm(forms.Form):
    """What is written down about all of them."""

    note = forms.CharField(
        label="Why",
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
    )


class ReasonForm(WhyForm):
    """For what may not be done without a reason."""

    note = forms.CharField(
        label="Why they are destroyed",
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """One of the things that are done. `act` says in words what came of it."""

    verb: str
    explanation: str
    form: type[WhyForm]
    act: Callable[[Access, Sequence[StockItem], Wanted, str], str]


def _expire(access: Access, items: Sequence[StockItem], wanted: Wanted, note: str) -> str:
    lines = _lines(items, wanted)
    marked, _ = mark_expired(access=access, source=Source.ADMIN, lines=lines, note=note)
    units = _counted(sum(each.units for each in marked), "unit")
    return f"{units} of {_counted(len(marked), 'stock item')} are marked as expired."


def _consume(access: Access, items: Sequence[StockItem], wanted: Wanted, note: str) -> str:
    lines = _lines(items, wanted)
    consumed, adjustment = mark_consumed(access=access, source=Source.ADMIN, lines=lines, note=note)
    units = _counted(sum(each.units for each in consumed), "unit")
    return f"{units} of {_counted(len(consumed), 'stock item')} have left the stock ({adjustment.public_id})."


def _destroy(access: Access, items: Sequence[StockItem], wanted: Wanted, note: str) -> str:
    """A record is about one location: there are as many as locations, and all are made or none is."""
    by_place: dict[UUID, list[StockItem]] = defaultdict(list)
    for item in items:
        by_place[item.warehouse_id].append(item)
    places = {item.pk: place for place, item in enumerate(items)}
    records = []
    for key in sorted(by_place):
        lines = _lines(by_place[key], wanted, places)
        records.append(destroy(access=access, lines=lines, reason=note).public_id)
    return f"{_counted(len(items), 'stock item')} are in the destruction room: {', '.join(records)}."


_DEEDS: Final = {
    "expire": Deed(
        "Mark as expired",
        "Where this is all that there is of a lot, or its last day has passed, the lot itself expires. Otherwise just"
        " these units go into an expired lot of their own.",
        WhyForm,
        _expire,
    ),
    "consume": Deed(
        "Mark as consumed", "Expired units that were used up leave the stock.", WhyForm, _consume
    ),
    "destroy": Deed(
        "Bring to destruction",
        "The units are brought to the destruction room of their location, and a record for each location says what, how"
        " much, who and why.",
        ReasonForm,
        _destroy,
    ),
}


class ExpiredDesk(ScopedModelAdmin):
    """The acts on what is ticked in the list. A page asks how many of each, and why; its answer comes to `act`."""

    def desk_urls(self) -> list[Any]:
        return [path("expired/act/<slug:deed>/", self.admin_site.admin_view(self.act), name=_ACT_URL)]

    def has_desk_permission(self, request: HttpRequest) -> bool:
        return self.require_access(request).may(WRITE)

    @action(description="Mark as expired…", permissions=["desk"])
    def expire_selected(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> HttpResponse | None:
        return self._ask(request, "expire", queryset)

    @action(description="Mark as consumed…", permissions=["desk"])
    def consume_selected(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> HttpResponse | None:
        return self._ask(request, "consume", queryset)

    @action(description="Bring to destruction…", permissions=["desk"])
    def destroy_selected(self, request: HttpRequest, queryset: QuerySet[StockItem]) -> HttpResponse | None:
        return self._ask(request, "destroy", queryset)

    def act(self, request: HttpRequest, deed: str) -> HttpResponse:
        """Do it to all rows of the answered page, or to none."""
        if deed not in _DEEDS:
            raise Http404
        if not self.has_desk_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        access = self.require_access(request)
        back = request.POST.get("back", "")
        items = self._named(request)
        form = _DEEDS[deed].form(request.POST)
        wanted, faults = _quantities(request, items)
        if form.is_valid() and not faults and items:
            note = form.cleaned_data["note"]
            try:
                told = transactions.run(lambda: _DEEDS[deed].act(access, items, wanted, note))
            except Refusal as refusal:
                faults = [problem.detail for problem in refusal.problems] or [refusal.detail]
            else:
                self.message_user(request, told, messages.SUCCESS)
                return HttpResponseRedirect(f"{reverse(_LIST_URL)}?{back}" if back else reverse(_LIST_URL))
        return self._page(request, deed, items, form, back, faults, status=422)

    def _ask(self, request: HttpRequest, deed: str, queryset: QuerySet[StockItem]) -> HttpResponse | None:
        items = list(_complete(queryset)[: MOST_ROWS + 1])
        if len(items) > MOST_ROWS:
            self.message_user(request, f"At most {MOST_ROWS} at once: narrow the list first.", messages.ERROR)
            return None
        return self._page(request, deed, items, _DEEDS[deed].form(), request.GET.urlencode())

    def _named(self, request: HttpRequest) -> list[StockItem]:
        """The rows of the answered page that the caller may see, in their order."""
        try:
            keys = [UUID(key) for key in request.POST.getlist("item")[:MOST_ROWS]]
        except ValueError:
            raise Http404 from None
        found = {item.pk: item for item in _complete(self.get_queryset(request).filter(pk__in=keys))}
        if len(found) < len(set(keys)):
            raise Http404
        return [found[key] for key in dict.fromkeys(keys)]

    def _page(
        self,
        request: HttpRequest,
        deed: str,
        items: Sequence[StockItem],
        form: WhyForm,
        back: str,
        faults: Sequence[str] = (),
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _DEEDS[deed].verb,
            "opts": self.opts,
            "deed": _DEEDS[deed],
            "target": reverse(f"admin:{_ACT_URL}", args=(deed,)),
            "rows": [(item, request.POST.get(f"units-{item.pk}", "")) for item in items],
            "form": form,
            "faults": faults,
            "kept": back,
            "back": f"{reverse(_LIST_URL)}?{back}" if back else reverse(_LIST_URL),
        }
        return TemplateResponse(request, "inventory/admin/expired_act.html", context, status=status)


def _complete(rows: QuerySet[StockItem]) -> QuerySet[StockItem]:
    return rows.select_related("sku", "warehouse", "bin", "lot")


def _quantities(request: HttpRequest, items: Sequence[StockItem]) -> tuple[dict[UUID, int | None], list[str]]:
    """What was typed beside each row, empty for all of it; and what is wrong with it."""
    wanted: dict[UUID, int | None] = {}
    faults = []
    for item in items:
        typed = request.POST.get(f"units-{item.pk}", "").strip()
        is_number = typed.isascii() and typed.isdigit() and len(typed) <= 10
        if typed and not (is_number and 0 < int(typed) <= MAXIMUM_QUANTITY):
            faults.append(f"{item.sku.code} in bin {item.bin.code}: give a whole number of units, from 1 on.")
        wanted[item.pk] = int(typed) if typed and is_number else None
    return wanted, faults


def _lines(
    items: Sequence[StockItem], wanted: Wanted, places: Mapping[UUID, int] | None = None
) -> list[WantedUnits]:
    return [
        WantedUnits(item.public_id, wanted[item.pk], index=places[item.pk] if places else place)
        for place, item in enumerate(items)
    ]


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
