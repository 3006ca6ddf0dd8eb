"""Small worlds with everything in them that bears on what may be promised."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from inventory.channel_rules import set_rule
from inventory.channels import create_channel
from inventory.ledger import Line, Mode, Settings, post
from inventory.models import Channel, ChannelPolicy, Lot, Reservation, Sku, StockItem
from tests import factories
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse
from warehouses.refusals import Refusal

__all__ = ["World", "make_channel", "make_rule", "make_shelf", "make_world"]


@dataclass(frozen=True)
class World:
    organization: Organization
    warehouses: list[Warehouse]
    skus: list[Sku]
    channels: list[Channel]

    @property
    def access(self) -> Access:
        return access_of_system(self.organization)


def make_channel(organization: Organization, code: str = "web-shop", **fields: Any) -> Channel:
    fields = {"name": code.replace("-", " ").capitalize()} | fields
    return transactions.run(
        lambda: create_channel(access=access_of_system(organization), code=code, **fields)
    )


def make_rule(
    sku: Sku, warehouse: Warehouse, channel: Channel, policy: str = "shared", **fields: Any
) -> None:
    transactions.run(
        lambda: set_rule(
            access=access_of_system(sku.organization),
            sku=sku,
            warehouse=warehouse,
            channel=channel,
            policy=ChannelPolicy(policy),
            **fields,
        )
    )


def make_shelf(
    warehouse: Warehouse, code: str, *, is_sellable: bool = True, kind: RoomType = RoomType.STORAGE
) -> Bin:
    """A bin in a room of its own."""
    room = Room.objects.create(
        organization=warehouse.organization,
        warehouse=warehouse,
        name=f"Room of {code}",
        room_type=kind,
        is_sellable=is_sellable,
    )
    return factories.make_bin(warehouse, code, room=room)


def make_world(seed: int) -> World:
    """Three warehouses, one of them closed, and four channels, one of them inactive; the rest is left to the dice."""
    dice = random.Random(seed)
    organization = factories.make_organization(
        f"World {seed}", time_zone=dice.choice(["UTC", "Pacific/Auckland"])
    )
    warehouses = [
        Warehouse.objects.get(organization=organization),
        factories.make_warehouse(organization, "North"),
        factories.make_warehouse(organization, "Closed"),
    ]
    channels = [
        make_channel(organization, code, buffer=dice.randint(0, 3), is_active=code != "gone")
        for code in ("web-shop", "marketplace", "shop-floor", "gone")
    ]
    skus = [
        factories.make_sku(organization, f"W-{number}", unit_cost=dice.choice([None, "0.3333", "12.5"]))
        for number in range(5)
    ]
    for warehouse in warehouses:
        shelves = [
            warehouse.bins.get(is_default=True),
            make_shelf(warehouse, "A-1"),
            make_shelf(warehouse, "Q-1", is_sellable=False),
            # Somebody has said that it is for selling: nothing leaves it all the same.
            make_shelf(warehouse, "D-1", kind=RoomType.DESTRUCTION),
        ]
        for sku in skus[: len(skus) if warehouse is warehouses[0] else 3]:
            _fill(dice, sku, warehouse, shelves, channels)
    for channel in channels:
        for sku in skus:
            for warehouse in warehouses:
                _rule(dice, sku, warehouse, channel)
    Warehouse.objects.filter(pk=warehouses[2].pk).update(is_active=False)
    warehouses[2].refresh_from_db()
    return World(organization, warehouses, skus, channels)


def _fill(
    dice: random.Random, sku: Sku, warehouse: Warehouse, shelves: list[Bin], channels: list[Channel]
) -> None:
    for shelf in shelves:
        for lot in (None, *dice.sample(_lots(dice, sku), k=2)):
            if dice.random() < 0.7:
                factories.stock(sku, warehouse, dice.randint(1, 12), bin=shelf, lot=lot)
    _try(partial(_settle, sku, warehouse, Settings(safety_stock=dice.choice([0, 0, 2, 5]))))
    for _ in range(dice.randint(0, 3)):
        item = dice.choice(list(StockItem.objects.filter(level__sku=sku, warehouse=warehouse)) or [None])
        if item is not None:
            _try(partial(factories.hold, sku, warehouse, dice.randint(1, 4), item=item))
    for _ in range(dice.randint(0, 3)):
        channel = dice.choice([None, *channels[:3]])
        _try(partial(factories.reserve, sku, warehouse, dice.randint(1, 4), channel=channel))
    if dice.random() < 0.3:
        _run_out(sku, warehouse)
    if dice.random() < 0.3:
        _lose(dice, sku, warehouse)


def _lots(dice: random.Random, sku: Sku) -> list[Lot]:
    today = sku.organization.today()
    found = list(Lot.objects.filter(sku=sku))
    return found or [
        factories.make_lot(sku, "TODAY", today),
        factories.make_lot(sku, "OVER", today - timedelta(days=1)),
        factories.make_lot(sku, "MARKED", None, state="expired"),
        factories.make_lot(sku, "WATCHED", today - timedelta(days=dice.choice([-5, 5])), state="quarantined"),
    ]


def _settle(sku: Sku, warehouse: Warehouse, settings: Settings) -> None:
    line = Line(sku=sku, warehouse=warehouse, quantity=None, reason=None, settings=settings)
    post(organization=sku.organization, actor=SYSTEM, lines=[line], document=None)


def _run_out(sku: Sku, warehouse: Warehouse) -> None:
    """The oldest reservation has run out, and nobody has come to write that down."""
    oldest = Reservation.objects.filter(sku=sku, warehouse=warehouse, state="active").order_by("created_at")
    Reservation.objects.filter(pk__in=oldest.values("pk")[:1]).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def _lose(dice: random.Random, sku: Sku, warehouse: Warehouse) -> None:
    """A count finds less than is promised or held."""
    for item in StockItem.objects.filter(level__sku=sku, warehouse=warehouse).select_related("bin", "lot"):
        if dice.random() < 0.5:
            factories.stock(
                sku,
                warehouse,
                dice.randint(0, 2),
                bin=item.bin,
                lot=item.lot,
                mode=Mode.TO,
                code="cycle_count",
            )


def _rule(dice: random.Random, sku: Sku, warehouse: Warehouse, channel: Channel) -> None:
    policy = dice.choice(["none", "none", "shared", "allocated", "allocated", "excluded"])
    if policy == "none":
        return
    allocation = dice.randint(0, 12) if policy == "allocated" else None
    make_rule(sku, warehouse, channel, policy, allocation=allocation, buffer=dice.choice([None, None, 0, 4]))


def _try(act: Any) -> None:
    """What there is too little of is not done."""
    with contextlib.suppress(Refusal):
        transactions.run(act)
