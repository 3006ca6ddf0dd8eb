"""What each channel may be promised in all: added up in the database, whatever the size of the stock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory.availability.cells import cells_statement
from inventory.availability.formula import ATP
from inventory.models import Channel, StockLevel
from inventory.statements import fetch, field_of, table_of
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["Total", "summarize"]

#: Unit costs have four decimals. SQLite has them as floats: whole numbers of the smallest part add up exactly there.
_PARTS: Final = 10_000
_VALUE: Final = {
    "postgresql": "SUM(found.atp * COALESCE(sku.unit_cost, 0))",
    "sqlite": f"TOTAL(found.atp * CAST(ROUND(COALESCE(sku.unit_cost, 0) * {_PARTS}) AS bigint))",
}


@dataclass(frozen=True, slots=True)
class Total:
    """`skus` have something to promise; `units` of them, worth `value` at cost. `allocated`: by rules of that policy;
    `reserved`: open reservations of the channel.
    """

    skus: int = 0
    units: int = 0
    value: Decimal = Decimal(0)
    allocated: int = 0
    reserved: int = 0


def summarize(
    *, access: Access, channels: Sequence[Channel], warehouse: Warehouse | None = None
) -> dict[UUID, Total]:
    """Each channel's total over the locations where the caller may read, or in the one. One query.

    Nothing is read row by row: the database computes every cell, clamps it, and adds up. What is allocated counts where
    there is no stock too.
    """
    if not channels:
        return {}
    wanted, parameters = _everything(access, warehouse)
    cells, more = cells_statement(
        organization=access.organization,
        wanted=wanted,
        parameters=parameters,
        channel_ids=[channel.pk for channel in channels],
        now=timezone.now(),
    )
    statement = f"""
    SELECT found.channel_id,
        COUNT(DISTINCT CASE WHEN found.atp > 0 THEN found.sku_id END),
        CAST(SUM(found.atp) AS bigint),
        {_VALUE[connection.vendor]},
        CAST(SUM(COALESCE(found.allocation, 0)) AS bigint),
        CAST(SUM(found.channel_reserved) AS bigint)
    FROM (
        SELECT cell.sku_id, cell.channel_id, cell.allocation, cell.channel_reserved, {ATP} AS atp
        FROM ({cells}) AS cell
    ) AS found JOIN inventory_sku sku ON sku.id = found.sku_id
    GROUP BY found.channel_id
    """
    number = field_of(StockLevel, "on_hand")
    rows = fetch(statement, more, (field_of(Channel, "id"), *[number] * 5))
    found = {
        channel_id: Total(skus, units, _money(value), *rest) for channel_id, skus, units, value, *rest in rows
    }
    return {channel.pk: found.get(channel.pk, Total()) for channel in channels}


def _money(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(round(value)) / _PARTS


def _everything(access: Access, warehouse: Warehouse | None) -> tuple[str, list[Any]]:
    """A SELECT of every place with stock or a rule that the caller may read."""
    owner = field_of(StockLevel, "organization").get_db_prep_value(access.organization.pk, connection)
    places = access.warehouse_ids("inventory.read")
    if warehouse is not None:
        places = frozenset({warehouse.pk}) & (places if places is not None else {warehouse.pk})
    narrowed = ""
    ids: list[Any] = []
    if places is not None:
        key = field_of(StockLevel, "warehouse")
        if places:
            source, ids = table_of((key,), [(place,) for place in sorted(places)])
            narrowed = f" AND warehouse_id IN (SELECT v.warehouse_id FROM {source})"
        else:
            narrowed = " AND 1 = 0"
    halves = [
        f"SELECT sku_id, warehouse_id FROM {table} WHERE organization_id = %s{narrowed}"
        for table in ("inventory_stocklevel", "inventory_channelrule")
    ]
    return " UNION ".join(halves), [owner, *ids, owner, *ids]
