"""Why a channel may be promised so much of a SKU in a location: every term, with the records behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.availability.cells import Counts
from inventory.availability.formula import Offer, Promise, Stock, promise
from inventory.models import (
    Channel,
    ChannelPolicy,
    ChannelRule,
    HoldPart,
    LotState,
    Reservation,
    ReservationState,
    Sku,
    StockItem,
    StockLevel,
)
from warehouses.models import Organization, RoomType, Warehouse

__all__ = ["MOST_RESERVATIONS", "Counted", "Drilldown", "drill_down"]

#: A shop's best seller has thousands of open orders; the rest of them is told as a sum.
MOST_RESERVATIONS: Final = 500
_READINGS: Final = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """A stock item and what it counts as (`Counts`). `held_counted`: what of its held units the terms take away."""

    item: StockItem
    counts: str

    @property
    def held_counted(self) -> int:
        if self.counts == Counts.SELLABLE:
            return self.item.held
        return max(self.item.held - self.item.on_hand, 0)


@dataclass(frozen=True, slots=True)
class Drilldown:
    """One cell of the matrix. Of `items`, `reservations` and `holds` each term is the sum.

    `more_reservations` are those that are not listed, `more_reserved` their units.
    """

    sku: Sku
    warehouse: Warehouse
    channel: Channel
    stock: Stock
    offer: Offer
    rule: ChannelRule | None
    items: Sequence[Counted]
    reservations: Sequence[Reservation]
    more_reservations: int
    more_reserved: int
    holds: Sequence[HoldPart]

    @property
    def promise(self) -> Promise:
        return promise(self.stock, self.offer)


def drill_down(*, organization: Organization, sku: Sku, warehouse: Warehouse, channel: Channel) -> Drilldown:
    """The terms of the cell, made from the records themselves; what the caller may read is asked before.

    Seven queries (two where the SKU never was there). They are one reading only if the stock level's version stays
    the same meanwhile: if it does not, all is read again, a few times.
    """
    for attempt in range(1, _READINGS + 1):
        level = StockLevel.objects.filter(sku=sku, warehouse=warehouse).first()
        found = _read(sku, warehouse, channel, level, organization.today())
        if level is None or attempt == _READINGS:
            return found
        now = StockLevel.objects.filter(pk=level.pk).values_list("version", flat=True).first()
        if now == level.version:
            return found
    raise AssertionError("The last reading is returned as it is.")


def _read(
    sku: Sku, warehouse: Warehouse, channel: Channel, level: StockLevel | None, today: date
) -> Drilldown:
    rule = ChannelRule.objects.filter(sku=sku, warehouse=warehouse, channel=channel).first()
    if level is None:
        return Drilldown(
            sku=sku,
            warehouse=warehouse,
            channel=channel,
            stock=Stock(is_active=warehouse.is_active),
            offer=_offer(channel, rule, 0),
            rule=rule,
            items=(),
            reservations=(),
            more_reservations=0,
            more_reserved=0,
            holds=(),
        )
    items = [Counted(item, _counts_as(item, today)) for item in _items(level)]
    counts = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    active = Reservation.objects.order_by().filter(level=level, state=ReservationState.ACTIVE)
    sums = active.aggregate(
        count=Count("pk", filter=counts),
        ours=Coalesce(Sum("open", filter=counts & Q(channel=channel)), 0),
        run_out=Coalesce(Sum("open", filter=~counts), 0),
    )
    listed = active.filter(counts).select_related("channel").order_by("created_at", "pk")
    reservations = list(listed[:MOST_RESERVATIONS])
    reserved = level.reserved - sums["run_out"]
    return Drilldown(
        sku=sku,
        warehouse=warehouse,
        channel=channel,
        stock=_stock(level, items, reserved, is_active=warehouse.is_active),
        offer=_offer(channel, rule, sums["ours"]),
        rule=rule,
        items=items,
        reservations=reservations,
        more_reservations=sums["count"] - len(reservations),
        more_reserved=reserved - sum(row.open for row in reservations),
        holds=list(
            HoldPart.objects.filter(stock_item__level=level, quantity__gt=0)
            .select_related("hold")
            .order_by("hold__created_at", "pk")
        ),
    )


def _items(level: StockLevel) -> QuerySet[StockItem]:
    items = StockItem.objects.filter(Q(on_hand__gt=0) | Q(held__gt=0), level=level)
    return items.select_related("bin__room", "lot").order_by("bin__pick_sequence", "bin__code", "pk")


def _counts_as(item: StockItem, today: date) -> str:
    """`cells.counts_as`, of a record."""
    lot = item.lot
    room = item.bin.room
    if not room.is_sellable or room.room_type == RoomType.DESTRUCTION:
        return Counts.NOT_SELLABLE
    if lot is not None and lot.state == LotState.QUARANTINED:
        return Counts.QUARANTINED
    if lot is not None and not lot.is_pickable(today):
        return Counts.EXPIRED
    return Counts.SELLABLE


def _stock(level: StockLevel, items: Sequence[Counted], reserved: int, *, is_active: bool) -> Stock:
    on_hand = {
        kind: sum(counted.item.on_hand for counted in items if counted.counts == kind)
        for kind in (Counts.NOT_SELLABLE, Counts.QUARANTINED, Counts.EXPIRED, Counts.SELLABLE)
    }
    return Stock(
        on_hand=sum(on_hand.values()),
        not_sellable=on_hand[Counts.NOT_SELLABLE],
        quarantined=on_hand[Counts.QUARANTINED],
        expired=on_hand[Counts.EXPIRED],
        reserved=reserved,
        held=sum(counted.held_counted for counted in items),
        safety_stock=level.safety_stock,
        is_active=is_active,
    )


def _offer(channel: Channel, rule: ChannelRule | None, reserved: int) -> Offer:
    if rule is None:
        return Offer(buffer=channel.buffer, reserved=reserved, is_active=channel.is_active)
    return Offer(
        ChannelPolicy(rule.policy),
        rule.allocation,
        channel.buffer if rule.buffer is None else rule.buffer,
        reserved,
        channel.is_active,
    )
