"""What each channel may be promised in all, and in each location: added up in the database, whatever the size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory.availability.cells import cells_statement
from inventory.availability.formula import ATP
from inventory.models import Category, Channel, StockLevel
from inventory.statements import fetch, field_of, table_of
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["MOST_PLACES", "Total", "summarize", "summarize_by_location"]

#: A page waits for the sums of so many SKUs in locations, and of no more.
MOST_PLACES: Final = 100_000

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
    rows = _sums(access, channels, _everything(access, warehouse=warehouse), by=("channel_id",))
    found = {channel_id: total for (channel_id,), total in rows}
    return {channel.pk: found.get(channel.pk, Total()) for channel in channels}


def summarize_by_location(
    *, access: Access, channels: Sequence[Channel], category: Category | None = None
) -> dict[tuple[UUID, UUID], Total] | None:
    """The totals of each (warehouse, channel) in which the caller may read, of a category or of everything.

    None where that would be more than MOST_PLACES SKUs in locations. Two queries; none without channels.
    """
    if not channels:
        return {}
    everything, parameters = _everything(access, category=category)
    bounded = (
        f"SELECT COUNT(*) FROM (SELECT 1 FROM ({everything}) AS place LIMIT {MOST_PLACES + 1}) AS counted"
    )
    ((count,),) = fetch(bounded, parameters, (field_of(StockLevel, "on_hand"),))
    if count > MOST_PLACES:
        return None
    rows = _sums(access, channels, (everything, parameters), by=("warehouse_id", "channel_id"))
    return {(warehouse_id, channel_id): total for (warehouse_id, channel_id), total in rows}


def _sums(
    access: Access, channels: Sequence[Channel], places: tuple[str, list[Any]], *, by: tuple[str, ...]
) -> Iterator[tuple[tuple[UUID, ...], Total]]:
    """The total of each group of `places`, whose columns are named. One query."""
    cells, parameters = cells_statement(
        organization=access.organization,
        wanted=places[0],
        parameters=places[1],
        channel_ids=[channel.pk for channel in channels],
        now=timezone.now(),
    )
    groups = ", ".join(f"found.{column}" for column in by)
    statement = f"""
    SELECT {groups},
        COUNT(DISTINCT CASE WHEN found.atp > 0 THEN found.sku_id END),
        CAST(SUM(found.atp) AS bigint),
        {_VALUE[connection.vendor]},
        CAST(SUM(COALESCE(found.allocation, 0)) AS bigint),
        CAST(SUM(found.channel_reserved) AS bigint)
    FROM (
        SELECT cell.sku_id, cell.warehouse_id, cell.channel_id, cell.allocation, cell.channel_reserved, {ATP} AS atp
        FROM ({cells}) AS cell
    ) AS found JOIN inventory_sku sku ON sku.id = found.sku_id
    GROUP BY {groups}
    """
    number = field_of(StockLevel, "on_hand")
    rows = fetch(statement, parameters, (*[field_of(Channel, "id")] * len(by), *[number] * 5))
    for row in rows:
        skus, units, value, *rest = row[len(by) :]
        yield tuple(row[: len(by)]), Total(skus, units, _money(value), *rest)


def _money(value: Decimal | float) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(round(value)) / _PARTS


def _everything(
    access: Access, *, warehouse: Warehouse | None = None, category: Category | None = None
) -> tuple[str, list[Any]]:
    """A SELECT of every place with stock or a rule that the caller may read, of a category or of all."""
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
    if category is not None:
        narrowed += (
            " AND sku_id IN (SELECT sku.id FROM inventory_sku sku"
            " JOIN inventory_product product ON product.id = sku.product_id WHERE product.category_id = %s)"
        )
        ids = [*ids, field_of(Category, "id").get_db_prep_value(category.pk, connection)]
    halves = [
        f"SELECT sku_id, warehouse_id FROM {table} WHERE organization_id = %s{narrowed}"
        for table in ("inventory_stocklevel", "inventory_channelrule")
    ]
    return " UNION ".join(halves), [owner, *ids, owner, *ids]
