"""The timeline of one SKU: what happened to it, who did it and why, and what there was then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone

from inventory.admin.sku_head import asked_sku, show
from inventory.models import Sku, StockLevel
from inventory.sku_page.events import Event, Mark
from inventory.sku_page.running import Sums
from inventory.sku_page.timeline import Page, Row, parts, read_timeline
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.identifiers import decode
from warehouses.models import Warehouse

__all__ = ["EXPORT_PAGE", "Asked", "ShownRow", "asked_of", "places_with", "shown_rows", "timeline_page"]

EXPORT_PAGE: Final = "sku_timeline"
_KEPT: Final = ("kind", "warehouse", "who")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_ACTORS: Final = {
    ActorType.USER.value: ("person", "Person"),
    ActorType.KEY.value: ("key", "API key"),
    ActorType.SYSTEM.value: ("settings", "System"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the timeline is asked for: one part of it, one location, one sort of actor, or all."""

    part: str = ""
    warehouse: Warehouse | None = None
    who: ActorType | None = None

    @property
    def is_whole(self) -> bool:
        return not self.part and self.who is None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """`day` only where it is another one than that of the row above. `delta` are the changes, in words."""

    event: Event
    sums: Sums | None
    day: Any
    icon: str
    actor_icon: str
    actor_kind: str
    deltas: Sequence[str]
    link: str
    here: str

    @property
    def after(self) -> int | None:
        return self.event.after

    @property
    def about(self) -> str:
        """How many units it was about, of what changed no quantity and does not say so itself."""
        units = self.event.units
        if self.deltas or units is None or self.event.part == "counts":
            return ""
        return f"{units:,} unit{'s' * (units != 1)}"


def timeline_page(request: HttpRequest, public_id: str, site: Any) -> HttpResponse:
    access, sku = asked_sku(request, public_id)
    places = places_with(access, sku)
    asked = asked_of(request.GET, places)
    older, newer = _mark(request.GET.get("before")), _mark(request.GET.get("after"))
    at = _mark(request.GET.get("at"))
    if at is not None:
        older, newer = _next(at), None
    page = read_timeline(
        access=access,
        sku=sku,
        warehouse=asked.warehouse,
        part=asked.part,
        who=asked.who,
        older_than=older,
        newer_than=newer if older is None else None,
    )
    exported = QueryDict(mutable=True)
    exported.update({"sku": sku.public_id, **_kept(request)})
    return show(
        request,
        site,
        access,
        sku,
        "sku_timeline",
        "Timeline",
        {
            "rows": shown_rows(page.rows, request),
            "asked": asked,
            "is_filtered": not asked.is_whole or asked.warehouse is not None,
            "kinds": _chips(
                request,
                "kind",
                [("", "Everything", ""), *((each.name, each.words, each.icon) for each in parts())],
            ),
            "actors": _chips(
                request,
                "who",
                [("", "Anybody", ""), *((kind, words, icon) for kind, (icon, words) in _ACTORS.items())],
            ),
            "warehouses": _chips(
                request,
                "warehouse",
                [("", "All locations", ""), *((place.public_id, place.name, "") for place in places)],
            )
            if len(places) > 1
            else [],
            "newer": _way(request, "after", page.rows[0].event.mark) if page.has_newer and page.rows else "",
            "older": _way(request, "before", page.rows[-1].event.mark)
            if page.has_older and page.rows
            else "",
            "newest": _query(request) if older is not None or newer is not None else "",
            "begins": _begins(page),
            "everything": _query(request, kind="", warehouse="", who=""),
            "exported": {"GET": exported},
            "may_adjust": bool(places) and access.may("inventory.adjust"),
            "export_page": EXPORT_PAGE,
        },
    )


def asked_of(query: Any, places: Sequence[Warehouse]) -> Asked:
    """What a query asks for; a name that nothing has is left out, as if it were not there."""
    kind, who = query.get("kind", ""), query.get("who", "")
    key = decode(Warehouse.prefix, query.get("warehouse"))
    return Asked(
        part=kind if kind in {part.name for part in parts()} else "",
        warehouse=next((place for place in places if place.pk == key), None),
        who=ActorType(who) if who in _ACTORS else None,
    )


def places_with(access: Access, sku: Sku) -> list[Warehouse]:
    """The warehouses that have or had it, of those where the caller may read stock, by name. One query."""
    levels = access.narrow(StockLevel.objects.order_by("warehouse__name", "pk"), "inventory.read")
    return [level.warehouse for level in levels.filter(sku=sku).select_related("warehouse")]


def shown_rows(rows: Sequence[Row], request: HttpRequest | None = None) -> list[ShownRow]:
    found = []
    day = None
    icons = {part.name: part.icon for part in parts()}
    for row in rows:
        event = row.event
        begun = timezone.localtime(event.at).date()
        icon, kind = _ACTORS.get(event.actor_type, ("", ""))
        found.append(
            ShownRow(
                event=event,
                sums=row.sums,
                day=begun if begun != day else None,
                icon=icons[event.part],
                actor_icon=icon,
                actor_kind=kind,
                deltas=_deltas(event),
                link=_link(event),
                here=f"{_query(request, at=_token(event.mark))}#{event.public_id}"
                if request is not None
                else "",
            )
        )
        day = begun
    return found


def _deltas(event: Event) -> list[str]:
    """Such as `−12` of what is on hand, or `+5 reserved`."""
    found = []
    if event.on_hand:
        found.append(_signed(event.on_hand))
    found += [
        f"{_signed(units)} {name}"
        for name, units in (("reserved", event.reserved), ("held", event.held))
        if units
    ]
    return found


def _signed(units: int) -> str:
    return f"{units:+,}".replace("-", "\u2212")


def _link(event: Event) -> str:
    """The page of the document, where it has one."""
    if event.record is None:
        return ""
    model = apps.get_model(event.record.model)
    if not admin.site.is_registered(model):
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return reverse(name, args=(event.record.key,))


# --- addresses


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in _KEPT if request.GET.get(name)}


def _query(request: HttpRequest, **changed: str) -> str:
    asked = {name: value for name, value in (_kept(request) | changed).items() if value}
    return f"?{urlencode(asked)}"


def _chips(
    request: HttpRequest, name: str, choices: Sequence[tuple[str, str, str]]
) -> list[tuple[str, str, str, bool]]:
    """(words, icon, address, whether it is chosen)"""
    chosen = request.GET.get(name, "")
    if chosen not in {value for value, _, _ in choices}:
        chosen = ""
    return [
        (words, icon, _query(request, **{name: value}), value == chosen) for value, words, icon in choices
    ]


def _way(request: HttpRequest, name: str, mark: Mark) -> str:
    return _query(request, **{name: _token(mark)})


def _token(mark: Mark) -> str:
    at, key = mark
    return f"{(at - _EPOCH) // _TICK}-{key.hex}"


def _mark(text: str | None) -> Mark | None:
    """None for what is no mark: the page begins with the newest then."""
    ticks, separator, key = (text or "").partition("-")
    if not separator or not ticks.isdecimal() or len(ticks) > 17 or not ticks.isascii():
        return None
    try:
        return (_EPOCH + int(ticks) * _TICK, UUID(hex=key))
    except (ValueError, OverflowError):
        return None


def _next(mark: Mark) -> Mark:
    """The mark just above, so that what is older than it begins with the event itself."""
    at, key = mark
    return (at, UUID(int=min(key.int + 1, 2**128 - 1)))


def _begins(page: Page) -> Event | None:
    """The first event of all, where the page goes down to it."""
    return page.rows[-1].event if page.rows and not page.has_older else None
