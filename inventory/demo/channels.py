"""The demonstration's channels, their rules, and a gift set of which every channel has its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from inventory.adjustments import adjust
from inventory.catalogue.own_barcodes import internal_ean13
from inventory.channel_rules import set_rule
from inventory.demo.documented import FBA_EU, STORE, WAREHOUSE_A, key_of
from inventory.ledger import Line, Settings
from inventory.models import Barcode, Category, Channel, ChannelPolicy, Product, ReasonCode, Sku, Source
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Organization, Room, RoomType, Warehouse

__all__ = ["GIFT_SET", "MARKETPLACE", "OLD_CHANNEL", "SHOP_FLOOR", "WEB_SHOP", "add_channels"]

WEB_SHOP: Final = "chan_01hx000000e008000000000001"
MARKETPLACE: Final = "chan_01hx000000e008000000000002"
SHOP_FLOOR: Final = "chan_01hx000000e008000000000003"
#: Nothing was ever reserved for it: the example deletes it.
OLD_CHANNEL: Final = "chan_01hx000000e008000000000004"
_BARCODE: Final = 42_000_021
#: The SKU `GIFT-SET-1`.
GIFT_SET: Final = "sku_01hx000000e008000000000021"

_CHANNELS: Final = (
    (WEB_SHOP, "web-shop", "Web shop", 2, True),
    (MARKETPLACE, "marketplace", "Marketplace", 5, True),
    (SHOP_FLOOR, "shop-floor", "Shop floor", 0, True),
    (OLD_CHANNEL, "catalogue-by-mail", "Catalogue by mail", 0, False),
)


class _Rule(NamedTuple):
    sku: str
    location: str
    channel: str
    policy: ChannelPolicy
    allocation: int | None = None
    buffer: int | None = None


_RULES: Final = (
    # What is sold over the counter does not lie in the warehouse, and the other way round.
    _Rule("SKU-002", WAREHOUSE_A, SHOP_FLOOR, ChannelPolicy.EXCLUDED),
    _Rule("SKU-002", WAREHOUSE_A, MARKETPLACE, ChannelPolicy.ALLOCATED, allocation=40),
    _Rule("REGEN-002", WAREHOUSE_A, MARKETPLACE, ChannelPolicy.ALLOCATED, allocation=25, buffer=0),
    _Rule("REGEN-003", WAREHOUSE_A, WEB_SHOP, ChannelPolicy.SHARED, buffer=10),
    _Rule("BD-EIGHTH-001", STORE, WEB_SHOP, ChannelPolicy.EXCLUDED),
    _Rule("BD-EIGHTH-001", STORE, MARKETPLACE, ChannelPolicy.EXCLUDED),
    # What lies with the marketplace is sold by the marketplace.
    _Rule("SKU-001", FBA_EU, WEB_SHOP, ChannelPolicy.EXCLUDED),
    _Rule("SKU-001", FBA_EU, SHOP_FLOOR, ChannelPolicy.EXCLUDED),
    _Rule("GIFT-SET-1", WAREHOUSE_A, MARKETPLACE, ChannelPolicy.ALLOCATED, allocation=12, buffer=0),
    _Rule("GIFT-SET-1", WAREHOUSE_A, SHOP_FLOOR, ChannelPolicy.EXCLUDED),
)


def add_channels(*, organization: Organization, now: datetime) -> None:
    """Three channels that sell, one that does not any more, and who may have what."""
    access = access_of_system(organization)
    channels = {
        channel.public_id: channel
        for channel in Channel.objects.bulk_create(
            Channel(
                id=key_of(public_id),
                organization=organization,
                code=code,
                name=name,
                buffer=buffer,
                is_active=is_active,
                created_at=now - timedelta(days=90),
            )
            for public_id, code, name, buffer, is_active in _CHANNELS
        )
    }
    transactions.run(lambda: _receive_gift_sets(organization, now))
    skus = {
        sku.code: sku
        for sku in Sku.objects.filter(organization=organization, code__in={rule.sku for rule in _RULES})
    }
    places = {place.public_id: place for place in Warehouse.objects.filter(organization=organization)}
    transactions.run(lambda: _set_rules(access, skus, places, channels))


def _set_rules(
    access: Access, skus: dict[str, Sku], places: dict[str, Warehouse], channels: dict[str, Channel]
) -> None:
    for rule in _RULES:
        set_rule(
            access=access,
            sku=skus[rule.sku],
            warehouse=places[rule.location],
            channel=channels[rule.channel],
            policy=rule.policy,
            allocation=rule.allocation,
            buffer=rule.buffer,
        )


def _receive_gift_sets(organization: Organization, now: datetime) -> None:
    """Fifty sets on a shelf, two of them returned and not looked at yet."""
    category = Category.objects.create(organization=organization, name="Gifts")
    product = Product.objects.create(organization=organization, name="Gift set", category=category)
    sku = Sku.objects.create(
        id=key_of(GIFT_SET),
        organization=organization,
        product=product,
        code="GIFT-SET-1",
        title="Gift set, mug and tea",
        unit_cost=Decimal("9.40"),
        unit_price=Decimal("24.90"),
    )
    Barcode.objects.create(organization=organization, sku=sku, code=internal_ean13(_BARCODE))
    warehouse = Warehouse.objects.get(pk=key_of(WAREHOUSE_A))
    reason = ReasonCode.objects.get(organization=organization, code_key="supplier_receipt")
    lines = [
        Line(
            sku=sku,
            warehouse=warehouse,
            quantity=quantity,
            reason=reason,
            bin=_bin(warehouse, kind),
            reference="PO-2026-0188",
            settings=Settings(safety_stock=4, reorder_point=15, reorder_quantity=60),
        )
        for kind, quantity in ((RoomType.STORAGE, 48), (RoomType.RETURNS, 2))
    ]
    adjust(
        organization=organization,
        actor=SYSTEM,
        source=Source.SYSTEM,
        lines=lines,
        note="Gift sets for the season",
        recorded_at=now - timedelta(days=3),
    )


def _bin(warehouse: Warehouse, kind: RoomType) -> Bin:
    room = Room.objects.filter(warehouse=warehouse, room_type=kind, is_default=False).order_by("pk")[0]
    return Bin.objects.filter(room=room).order_by("pick_sequence")[0]
