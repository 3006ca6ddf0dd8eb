"""The terms of availability as they stand in the database: of (SKU, location) pairs, for channels, in one statement.

One statement sees the database at one instant: goods that leave together with the reservation that kept them are
counted with it or not at all, so that no page shows what never was. Nothing is locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory.availability.formula import Offer, Promise, Stock, promise
from inventory.models import (
    Channel,
    ChannelPolicy,
    ChannelRule,
    Lot,
    LotState,
    Reservation,
    ReservationState,
    StockLevel,
)
from inventory.statements import fetch, field_of, table_of
from warehouses.models import Organization, Room, RoomType

__all__ = ["Cells", "Counts", "Place", "cells_statement", "counts_as", "pairs_table", "read_cells"]

_ACTIVE: Final = ReservationState.ACTIVE.value
#: SKU and location.
Place = tuple[UUID, UUID]


class Counts:
    """What a stock item counts as: the first of these that is true of it."""

    NOT_SELLABLE: Final = "not_sellable"
    QUARANTINED: Final = "quarantined"
    EXPIRED: Final = "expired"
    SELLABLE: Final = "sellable"


def counts_as(room: str = "room", lot: str = "lot") -> str:
    """As a database expression; its one parameter is the organization's today.

    Nothing leaves a destruction room, whatever somebody has said of it.
    """
    return (
        f"CASE WHEN NOT {room}.is_sellable OR {room}.room_type = '{RoomType.DESTRUCTION.value}'"
        f" THEN '{Counts.NOT_SELLABLE}'"
        f" WHEN {lot}.state = '{LotState.QUARANTINED.value}' THEN '{Counts.QUARANTINED}'"
        f" WHEN {lot}.state = '{LotState.EXPIRED.value}' OR {lot}.expires_on < %s THEN '{Counts.EXPIRED}'"
        f" ELSE '{Counts.SELLABLE}' END"
    )


@dataclass(frozen=True, slots=True)
class Cells:
    """The terms of each place, and the offers in it by channel. A place that never had stock has terms of 0."""

    stock: Mapping[Place, Stock]
    offers: Mapping[Place, Mapping[UUID, Offer]]
    #: Whether a rule says so, or the channel shares for want of one.
    ruled: frozenset[tuple[Place, UUID]] = field(default_factory=frozenset)

    def promise(self, place: Place, channel_id: UUID) -> Promise:
        return promise(self.stock[place], self.offers[place][channel_id])


def read_cells(*, organization: Organization, places: Sequence[Place], channel_ids: Sequence[UUID]) -> Cells:
    """One query, whatever the number of places and channels; none without places."""
    if not places:
        return Cells({}, {})
    wanted, parameters = pairs_table(places)
    statement, more = cells_statement(
        organization=organization,
        wanted=wanted,
        parameters=parameters,
        channel_ids=channel_ids,
        now=timezone.now(),
    )
    stock: dict[Place, Stock] = {}
    offers: dict[Place, dict[UUID, Offer]] = {place: {} for place in places}
    ruled: set[tuple[Place, UUID]] = set()
    for row in fetch(statement, more, _fields()):
        (
            sku_id,
            warehouse_id,
            channel_id,
            policy,
            allocation,
            buffer,
            reserved,
            is_active,
            has_rule,
            *terms,
        ) = row
        place = (sku_id, warehouse_id)
        if place not in stock:
            stock[place] = Stock(*terms)
        if channel_id is not None:
            offers[place][channel_id] = Offer(ChannelPolicy(policy), allocation, buffer, reserved, is_active)
            if has_rule:
                ruled.add((place, channel_id))
    return Cells(stock, offers, frozenset(ruled))


def pairs_table(places: Sequence[Place]) -> tuple[str, list[Any]]:
    """`places` as the source of `cells_statement`."""
    columns = (field_of(StockLevel, "sku"), field_of(StockLevel, "warehouse"))
    source, parameters = table_of(columns, sorted(set(places)))
    return f"SELECT v.sku_id, v.warehouse_id FROM {source}", parameters


def cells_statement(
    *,
    organization: Organization,
    wanted: str,
    parameters: Sequence[Any],
    channel_ids: Sequence[UUID],
    now: datetime,
) -> tuple[str, list[Any]]:
    """A SELECT of one row for each place and channel, and its parameters; `wanted` is one of sku_id and warehouse_id.

    Without channels a place has one row, whose channel is null. Reservations that have run out by `now` count no more,
    whether or not they have been written off.
    """
    named, ids = _channels(channel_ids)
    instant = field_of(Reservation, "expires_at").get_db_prep_value(now, connection)
    today = field_of(Lot, "expires_on").get_db_prep_value(organization.today(), connection)
    statement = f"""
    WITH wanted AS ({wanted}),
    level AS (
        SELECT w.sku_id, w.warehouse_id, l.id, l.on_hand, l.reserved, l.safety_stock FROM wanted w
        LEFT JOIN inventory_stocklevel l ON l.sku_id = w.sku_id AND l.warehouse_id = w.warehouse_id
    ),
    item AS (
        SELECT i.level_id, i.on_hand, i.held, {counts_as()} AS counts
        FROM level JOIN inventory_stockitem i ON i.level_id = level.id
        JOIN warehouses_bin bin ON bin.id = i.bin_id JOIN warehouses_room room ON room.id = bin.room_id
        LEFT JOIN inventory_lot lot ON lot.id = i.lot_id
        WHERE i.on_hand > 0 OR i.held > 0
    ),
    parts AS (
        SELECT level_id,
            SUM(CASE WHEN counts = '{Counts.NOT_SELLABLE}' THEN on_hand ELSE 0 END) AS not_sellable,
            SUM(CASE WHEN counts = '{Counts.QUARANTINED}' THEN on_hand ELSE 0 END) AS quarantined,
            SUM(CASE WHEN counts = '{Counts.EXPIRED}' THEN on_hand ELSE 0 END) AS expired,
            SUM(CASE WHEN counts = '{Counts.SELLABLE}' THEN held
                WHEN held > on_hand THEN held - on_hand ELSE 0 END) AS held
        FROM item GROUP BY level_id
    ),
    run_out AS (
        SELECT r.level_id, SUM(r.open) AS units FROM level
        JOIN inventory_reservation r ON r.level_id = level.id AND r.state = '{_ACTIVE}' AND r.expires_at <= %s
        GROUP BY r.level_id
    ),
    promised AS (
        SELECT r.level_id, r.channel_id, SUM(r.open) AS units FROM level
        JOIN inventory_reservation r ON r.level_id = level.id AND r.state = '{_ACTIVE}'
        WHERE r.channel_id IS NOT NULL AND (r.expires_at IS NULL OR r.expires_at > %s)
        GROUP BY r.level_id, r.channel_id
    )
    SELECT level.sku_id, level.warehouse_id, c.id AS channel_id,
        COALESCE(rule.policy, '{ChannelPolicy.SHARED.value}') AS policy, rule.allocation AS allocation,
        COALESCE(rule.buffer, c.buffer, 0) AS channel_buffer,
        CAST(COALESCE(promised.units, 0) AS bigint) AS channel_reserved,
        c.is_active AS channel_is_active, rule.id IS NOT NULL AS has_rule,
        COALESCE(level.on_hand, 0) AS on_hand,
        CAST(COALESCE(parts.not_sellable, 0) AS bigint) AS not_sellable,
        CAST(COALESCE(parts.quarantined, 0) AS bigint) AS quarantined,
        CAST(COALESCE(parts.expired, 0) AS bigint) AS expired,
        CAST(COALESCE(level.reserved, 0) - COALESCE(run_out.units, 0) AS bigint) AS reserved,
        CAST(COALESCE(parts.held, 0) AS bigint) AS held,
        COALESCE(level.safety_stock, 0) AS safety_stock,
        place.is_active AS location_is_active
    FROM level JOIN warehouses_warehouse place ON place.id = level.warehouse_id
    LEFT JOIN {named} ON {"true" if connection.vendor == "postgresql" else "1"}
    LEFT JOIN parts ON parts.level_id = level.id
    LEFT JOIN run_out ON run_out.level_id = level.id
    LEFT JOIN promised ON promised.level_id = level.id AND promised.channel_id = c.id
    LEFT JOIN inventory_channelrule rule
        ON rule.channel_id = c.id AND rule.warehouse_id = level.warehouse_id AND rule.sku_id = level.sku_id
    """
    return statement, [*parameters, today, instant, instant, *ids]


def _channels(channel_ids: Sequence[UUID]) -> tuple[str, list[Any]]:
    """A derived table `c` of the channels."""
    columns = "c.id, c.buffer, c.is_active FROM inventory_channel c"
    if not channel_ids:
        return f"(SELECT {columns} WHERE 1 = 0) AS c", []
    key = field_of(Channel, "id")
    source, parameters = table_of((key,), [(channel_id,) for channel_id in sorted(set(channel_ids))])
    return f"(SELECT {columns} JOIN {source} ON v.id = c.id) AS c", parameters


def _fields() -> tuple[Any, ...]:
    number, yes = field_of(StockLevel, "on_hand"), field_of(Room, "is_sellable")
    return (
        field_of(StockLevel, "sku"),
        field_of(StockLevel, "warehouse"),
        field_of(Channel, "id"),
        field_of(ChannelRule, "policy"),
        *[number] * 3,
        yes,
        yes,
        *[number] * 7,
        yes,
    )
