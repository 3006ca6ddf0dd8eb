"""Why so much of a SKU can be promised: every term in every location, and the way to the records behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from inventory.admin.promises import TERMS, explain_url
from inventory.admin.sku_head import asked_sku, show
from inventory.availability.formula import NO_CHANNEL, Promise, promise
from inventory.availability.records import Availability, read_sku
from inventory.channels import channels_named
from inventory.models import Channel, Sku
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["promise_page"]


@dataclass(frozen=True, slots=True)
class TermRow:
    """A term over all locations: its sum, and what it is in each with a way to the records behind it."""

    name: str
    words: str
    why: str
    total: int
    cells: Sequence[tuple[int, str]]


def promise_page(request: HttpRequest, public_id: str, site: Any) -> HttpResponse:
    """What may be promised of it, to a channel or at all: every term in every location, and their sums."""
    access, sku = asked_sku(request, public_id)
    channels = channels_named(access=access)
    key = decode(Channel.prefix, request.GET.get("channel"))
    channel = next((each for each in channels if each.pk == key), None)
    records = read_sku(access=access, sku=sku, channels=[channel] if channel is not None else [])
    found = [(record, _promise_of(record, channel)) for record in records]
    return show(
        request,
        site,
        access,
        sku,
        "sku_promise",
        "What can be promised",
        {
            "channels": [
                ("Any channel", "?", channel is None),
                *((each.name, f"?channel={each.public_id}", each is channel) for each in channels),
            ],
            "channel": channel,
            "records": [
                (record, terms.atp, explain_url(record.warehouse, channel, sku) if channel else "")
                for record, terms in found
            ],
            "rows": _rows(sku, found, channel),
            "atp": sum(terms.atp for _, terms in found),
            "left": _left(found),
        },
    )


def _promise_of(record: Availability, channel: Channel | None) -> Promise:
    """Whoever asks for no channel shares all there is; a channel that has just been deleted is offered as much."""
    share = next((share for share in record.shares if channel and share.channel.pk == channel.pk), None)
    return share.promise if share is not None else promise(record.stock, NO_CHANNEL)


def _left(found: Sequence[tuple[Availability, Promise]]) -> int:
    """On hand, less what is reserved and held: what the lists call available."""
    return sum(terms.on_hand + terms.reserved + terms.held for _, terms in found)


def _rows(sku: Sku, found: Sequence[tuple[Availability, Promise]], channel: Channel | None) -> list[TermRow]:
    rows = []
    for term in fields(Promise):
        cells = [
            (
                getattr(terms, term.name),
                _behind(term.name, sku, record.warehouse, channel) if getattr(terms, term.name) else "",
            )
            for record, terms in found
        ]
        total = sum(quantity for quantity, _ in cells)
        rows.append(TermRow(term.name, *TERMS[term.name], total, cells))
    return rows


def _behind(term: str, sku: Sku, warehouse: Warehouse, channel: Channel | None) -> str:
    """The records that a term is made of."""
    if term in {"on_hand", "not_sellable", "quarantined", "expired"}:
        return _list_of("stockitem", sku, warehouse)
    if term in {"reserved", "held"}:
        model = "reservation" if term == "reserved" else "hold"
        return _list_of(model, sku, warehouse, state__exact="active")
    if term == "safety_stock":
        return _list_of("stocklevel", sku, warehouse)
    return explain_url(warehouse, channel, sku) if channel is not None else ""


def _list_of(model: str, sku: Sku, warehouse: Warehouse, **more: str) -> str:
    query = urlencode({"q": sku.code, "warehouse__id__exact": str(warehouse.pk), **more})
    return f"{reverse(f'admin:inventory_{model}_changelist')}?{query}"
