"""The ledger's own reading: each statement locks or looks at a whole batch at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from inventory.models import Reservation, Sku, StockItem, StockLevel, StockSummary, WebhookEndpoint
from inventory.outbox import SUBSCRIBED
from inventory.statements import fetch, field_of, quote, table_of
from warehouses.models import Bin, Organization, Room, Warehouse

__all__ = [
    "LevelKey",
    "contents_of",
    "lock_bins",
    "lock_levels",
    "lock_summaries",
    "places",
    "survey",
]

LevelKey = tuple[UUID, UUID]  # SKU and warehouse, in the order in which levels are locked
_ORGANIZATION = field_of(WebhookEndpoint, "organization")


def survey(
    organization: Organization, keys: Sequence[LevelKey], now: datetime
) -> list[tuple[UUID, UUID, str, UUID | None, UUID | None, bool, bool, bool]]:
    """What there is of (sku, warehouse) `keys`: sku, warehouse, the SKU's code key, level or None, summary or None,
    whether the organization has anybody who wants to hear of changes, whether a reservation of the level has run out
    by `now`, and whether the SKU is lot-controlled.

    Holds the SKUs against being renamed meanwhile (FOR KEY SHARE): a rename copies the code to levels and summaries,
    and would miss one that is only being made. Whoever switches lot control on locks the SKU too, and then looks for
    stock without a lot.
    """
    sku, warehouse = field_of(StockLevel, "sku"), field_of(StockLevel, "warehouse")
    source, parameters = table_of((sku, warehouse), keys)
    owner = _ORGANIZATION.get_db_prep_value(organization.pk, connection)
    statement = (
        "SELECT v.sku_id, v.warehouse_id, k.code_key, l.id, u.sku_id,"
        f" EXISTS (SELECT 1 FROM inventory_webhookendpoint WHERE organization_id = %s AND {SUBSCRIBED}),"
        " EXISTS (SELECT 1 FROM inventory_reservation r"
        " WHERE r.level_id = l.id AND r.state = 'active' AND r.expires_at <= %s), k.is_lot_controlled"
        f" FROM {source} JOIN inventory_sku k ON k.id = v.sku_id"
        " LEFT JOIN inventory_stocklevel l ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        " LEFT JOIN inventory_stocksummary u ON u.sku_id = v.sku_id"
        " ORDER BY v.sku_id, v.warehouse_id" + _lock("KEY SHARE", "k")
    )
    fields = (
        sku,
        warehouse,
        field_of(Sku, "code_key"),
        field_of(StockLevel, "id"),
        field_of(StockSummary, "sku"),
        *[field_of(Sku, "is_lot_controlled")] * 3,  # the first two are any boolean
    )
    instant = field_of(Reservation, "expires_at").get_db_prep_value(now, connection)
    return fetch(statement, [owner, instant, *parameters], fields)


def lock_levels(keys: Sequence[LevelKey]) -> list[tuple[Any, ...]]:
    """Lock the stock levels of (sku, warehouse) `keys` in one global order and return them.

    Rows: id, sku_id, warehouse_id, on_hand, reserved, held, safety_stock, reorder_point, reorder_quantity, version,
    updated_at. PostgreSQL locks in the order of ORDER BY, so two batches never wait for each other in a circle; on
    SQLite the transaction already holds the only write lock.
    """
    names = (
        "id sku warehouse on_hand reserved held safety_stock reorder_point reorder_quantity version updated_at"
    ).split()
    fields = [field_of(StockLevel, name) for name in names]
    source, parameters = table_of((field_of(StockLevel, "sku"), field_of(StockLevel, "warehouse")), keys)
    columns = ", ".join(f"l.{quote(field.column)}" for field in fields)
    statement = (
        f"SELECT {columns} FROM inventory_stocklevel l"
        f" JOIN {source} ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        " ORDER BY l.sku_id, l.warehouse_id" + _lock("NO KEY UPDATE", "l")
    )
    return fetch(statement, parameters, fields)


def lock_summaries(sku_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lock the summaries of SKUs in key order, always after the levels; SKU → version."""
    ordered = [(sku_id,) for sku_id in sorted(set(sku_ids))]
    fields = (field_of(StockSummary, "sku"), field_of(StockSummary, "version"))
    source, parameters = table_of(fields[:1], ordered)
    statement = (
        "SELECT u.sku_id, u.version FROM inventory_stocksummary u"
        f" JOIN {source} ON u.sku_id = v.sku_id ORDER BY u.sku_id" + _lock("NO KEY UPDATE", "u")
    )
    return dict(fetch(statement, parameters, fields))


def places(
    warehouse_ids: Iterable[UUID], bin_ids: Iterable[UUID]
) -> list[tuple[UUID, UUID, bool, bool, bool, bool, bool, int | None, str]]:
    """The default bins of the warehouses, and the named bins, with what matters about them at this instant.

    Rows: bin, warehouse, is the bin the default, is it active, is its room sellable, is the warehouse active, is it
    read-only, the bin's capacity, its room's type. Holds both as they are (FOR SHARE): a place that is just being
    closed is closed before or after.
    """
    warehouse, key = field_of(Bin, "warehouse"), field_of(Bin, "id")
    parameters = [warehouse.get_db_prep_value(value, connection) for value in sorted(set(warehouse_ids))]
    in_warehouses = ", ".join(["%s"] * len(parameters))
    named = [key.get_db_prep_value(value, connection) for value in sorted(set(bin_ids))]
    or_named = f" OR b.id IN ({', '.join(['%s'] * len(named))})" if named else ""
    statement = (
        "SELECT b.id, b.warehouse_id, b.is_default, b.is_active, r.is_sellable, w.is_active, w.is_readonly,"
        " b.capacity, r.room_type"
        " FROM warehouses_bin b JOIN warehouses_room r ON r.id = b.room_id"
        " JOIN warehouses_warehouse w ON w.id = b.warehouse_id"
        f" WHERE b.is_default AND b.warehouse_id IN ({in_warehouses}){or_named}"
        " ORDER BY w.id, b.id" + _lock("SHARE", "w, b")
    )
    fields = (
        key,
        warehouse,
        field_of(Bin, "is_default"),
        field_of(Bin, "is_active"),
        field_of(Room, "is_sellable"),
        field_of(Warehouse, "is_active"),
        field_of(Warehouse, "is_readonly"),
        field_of(Bin, "capacity"),
        field_of(Room, "room_type"),
    )
    return fetch(statement, [*parameters, *named], fields)


def lock_bins(warehouse_ids: Iterable[UUID], bin_ids: Iterable[UUID]) -> None:
    """Let nobody else fill those of the bins meanwhile that have a capacity: the ones that `places` holds afterwards,
    and in its order.
    """
    if connection.vendor != "postgresql":
        return
    key = field_of(Bin, "id")
    statement = (
        "SELECT b.id FROM warehouses_bin b WHERE b.capacity IS NOT NULL"
        " AND (b.id = ANY(%s) OR (b.is_default AND b.warehouse_id = ANY(%s)))"
        " ORDER BY b.warehouse_id, b.id" + _lock("NO KEY UPDATE", "b")
    )
    fetch(statement, [sorted(set(bin_ids)), sorted(set(warehouse_ids))], (key,))


def contents_of(bin_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many units are in each of the bins; none for an empty one."""
    found = StockItem.objects.order_by().filter(bin__in=set(bin_ids), on_hand__gt=0)
    return dict(found.values_list("bin").annotate(units=Sum("on_hand")))


def _lock(strength: str, alias: str) -> str:
    return f" FOR {strength} OF {alias}" if connection.vendor == "postgresql" else ""
