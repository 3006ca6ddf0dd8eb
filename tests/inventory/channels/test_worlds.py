"""In any world, what one page says is what every other page says: matrix, drill-down, check, summary, reservation."""

from __future__ import annotations

from decimal import Decimal

import pytest

from inventory.availability import promisable_to
from inventory.availability.cells import Counts
from inventory.availability.checking import Wish, check
from inventory.availability.drilldown import Drilldown, drill_down
from inventory.availability.records import Availability, read_availability, read_sku, totals
from inventory.availability.summary import Total, summarize
from inventory.models import ChannelPolicy, ChannelRule, Reservation, StockLevel
from tests import factories
from tests.inventory.channels.worlds import World, make_world
from warehouses.models import Warehouse
from warehouses.refusals import Conflict

pytestmark = pytest.mark.django_db
SEEDS = range(6)
worlds = pytest.mark.parametrize("seed", SEEDS)


def records_of(world: World, warehouse: Warehouse | None = None) -> list[Availability]:
    levels = StockLevel.objects.filter(organization=world.organization).order_by("sort_code", "warehouse")
    if warehouse is not None:
        levels = levels.filter(warehouse=warehouse)
    keys = list(levels.values_list("pk", flat=True))
    return read_availability(access=world.access, keys=keys, channels=world.channels)


def check_records_add_up(found: Drilldown) -> None:
    """Each term is the sum of the records that are shown for it."""
    stock, items = found.stock, found.items
    assert stock.on_hand == sum(counted.item.on_hand for counted in items)
    for counts, term in (
        (Counts.NOT_SELLABLE, stock.not_sellable),
        (Counts.QUARANTINED, stock.quarantined),
        (Counts.EXPIRED, stock.expired),
        (Counts.SELLABLE, stock.sellable),
    ):
        assert term == sum(counted.item.on_hand for counted in items if counted.counts == counts)
    assert stock.held == sum(counted.held_counted for counted in items)
    assert stock.reserved == sum(row.open for row in found.reservations) + found.more_reserved
    assert (found.more_reservations, found.more_reserved) == (0, 0)
    assert found.offer.reserved == sum(
        row.open for row in found.reservations if row.channel_id == found.channel.pk
    )
    held = {counted.item.pk: counted.item.held for counted in items}
    for part in found.holds:
        held[part.stock_item_id] -= part.quantity
    assert not any(held.values())


@worlds
def test_every_page_says_the_same(seed: int) -> None:
    world = make_world(seed)
    expected = {channel.pk: Total() for channel in world.channels}
    for record in records_of(world):
        for share in record.shares:
            found = drill_down(
                organization=world.organization,
                sku=record.sku,
                warehouse=record.warehouse,
                channel=share.channel,
            )
            assert (found.stock, found.offer, found.promise) == (record.stock, share.offer, share.promise)
            assert (found.rule is not None) == share.has_rule
            check_records_add_up(found)
            atp = share.promise.atp
            assert promisable_to(share.channel, record.sku, record.warehouse) == atp
            (answer,) = check(
                access=world.access,
                wishes=[Wish(record.sku, 5)],
                warehouse=record.warehouse,
                channel=share.channel,
            )
            assert (answer.available, answer.short_by) == (atp, max(5 - atp, 0))
            before = expected[share.channel.pk]
            expected[share.channel.pk] = Total(
                skus=0,
                units=before.units + atp,
                value=before.value + atp * Decimal(record.sku.unit_cost or 0),
                allocated=0,
                reserved=before.reserved + share.offer.reserved,
            )
    summary = summarize(access=world.access, channels=world.channels)
    for channel in world.channels:
        total = summary[channel.pk]
        assert (total.units, total.value, total.reserved) == (
            expected[channel.pk].units,
            expected[channel.pk].value,
            expected[channel.pk].reserved,
        )
        promisable = {
            record.sku.code
            for record in records_of(world)
            for share in record.shares
            if share.channel == channel and share.promise.atp
        }
        assert total.skus == len(promisable)
        rules = ChannelRule.objects.filter(channel=channel, policy=ChannelPolicy.ALLOCATED)
        assert total.allocated == sum(rule.allocation or 0 for rule in rules)


@worlds
def test_a_summary_of_one_location_is_the_sum_of_its_matrix(seed: int) -> None:
    world = make_world(seed)
    for warehouse in world.warehouses:
        sums = totals(records_of(world, warehouse), world.channels)
        summary = summarize(access=world.access, channels=world.channels, warehouse=warehouse)
        assert {key: total.units for key, total in summary.items()} == sums


@worlds
def test_a_sku_is_the_sum_of_its_locations(seed: int) -> None:
    world = make_world(seed)
    matrix = {(record.sku.pk, record.warehouse.pk): record for record in records_of(world)}
    for sku in world.skus:
        records = read_sku(access=world.access, sku=sku, channels=world.channels)
        for record in records:
            stocked = matrix.get((record.sku.pk, record.warehouse.pk))
            if stocked is None:
                assert record.stock.on_hand == record.promise.atp == 0
            else:
                assert record == stocked
        for channel in world.channels:
            (answer,) = check(access=world.access, wishes=[Wish(sku, 1)], channel=channel)
            assert answer.available == totals(records, world.channels)[channel.pk]
        (answer,) = check(access=world.access, wishes=[Wish(sku, 1)])
        assert answer.available == sum(record.promise.atp for record in records)


@worlds
def test_the_ledger_never_refuses_what_was_promised(seed: int) -> None:
    """And one unit more is refused, where it is the channel's limit that was told."""
    world = make_world(seed)
    tried = 0
    for record in records_of(world):
        for channel in world.channels:
            atp = promisable_to(channel, record.sku, record.warehouse)
            with pytest.raises(Conflict) as refused:
                factories.reserve(record.sku, record.warehouse, atp + 1, channel=channel)
            if refused.value.code == "STOCK_UNAVAILABLE":
                assert refused.value.extra == {"available": atp}
            if atp:
                tried += 1
                factories.reserve(record.sku, record.warehouse, atp, channel=channel)
                assert promisable_to(channel, record.sku, record.warehouse) == 0
    assert tried


def test_the_worlds_have_everything_in_them() -> None:
    """Control: a world without expired stock would prove nothing about it."""
    seen: dict[str, int] = dict.fromkeys(
        ("not_sellable", "quarantined", "expired", "reserved", "held", "safety_stock", "buffer"), 0
    )
    limits: dict[str, int] = dict.fromkeys(("below_zero", "not_offered", "over_allocation"), 0)
    beyond = 0
    for seed in SEEDS:
        world = make_world(seed)
        beyond += Reservation.objects.filter(
            organization=world.organization, state="active", expires_at__isnull=False
        ).count()
        for record in records_of(world):
            for share in record.shares:
                for name in (*seen, *limits):
                    (seen if name in seen else limits)[name] += getattr(share.promise, name) != 0
    assert min(*seen.values(), *limits.values(), beyond) > 0, (seen, limits, beyond)
