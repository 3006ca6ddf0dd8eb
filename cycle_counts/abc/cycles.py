"""When each SKU is due to be counted in each warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from cycle_counts.abc.classes import take_time
from cycle_counts.models import AbcClass, Classification, CountCycle, CountSettings
from cycle_counts.preferences import settings_of
from inventory import statements
from warehouses.models import Organization, Warehouse

__all__ = ["NEVER", "interval_of", "mark_counted", "refresh_cycles"]

#: The due date where there is nothing to count: neither stock nor a promise of it.
NEVER: Final = date(9999, 12, 31)

_NEW: Final = """
    INSERT INTO cycle_counts_countcycle (organization_id, warehouse_id, sku_id, last_counted_at, next_due_on)
    SELECT l.organization_id, l.warehouse_id, l.sku_id, NULL, %s
    FROM inventory_stocklevel l
    WHERE l.organization_id = %s AND (l.on_hand <> 0 OR l.reserved <> 0) AND NOT EXISTS (
        SELECT 1 FROM cycle_counts_countcycle c WHERE c.warehouse_id = l.warehouse_id AND c.sku_id = l.sku_id
    )
    ORDER BY l.warehouse_id, l.sku_id
    ON CONFLICT DO NOTHING
"""
_EMPTY: Final = """
    UPDATE cycle_counts_countcycle AS c SET next_due_on = %s
    WHERE c.organization_id = %s AND c.next_due_on <> %s AND NOT EXISTS (
        SELECT 1 FROM inventory_stocklevel l
        WHERE l.warehouse_id = c.warehouse_id AND l.sku_id = c.sku_id AND (l.on_hand <> 0 OR l.reserved <> 0)
    )
"""
_DUE: Final = """
    UPDATE cycle_counts_countcycle AS c SET next_due_on = d.due_on
    FROM (
        SELECT e.id, CASE WHEN e.last_counted_at IS NULL THEN {today} ELSE {due} END AS due_on
        FROM cycle_counts_countcycle e
        JOIN inventory_stocklevel l ON l.warehouse_id = e.warehouse_id AND l.sku_id = e.sku_id
        LEFT JOIN cycle_counts_classification k ON k.sku_id = e.sku_id
        WHERE e.organization_id = %s AND (l.on_hand <> 0 OR l.reserved <> 0)
            AND (e.last_counted_at IS NOT NULL OR e.next_due_on = %s)
    ) d
    WHERE c.id = d.id AND c.next_due_on <> d.due_on
"""
_DAYS: Final = "CASE k.abc_class WHEN 'A' THEN %s WHEN 'B' THEN %s ELSE %s END"
_DATES: Final = {
    "postgresql": {
        "today": "%s::date",
        "due": f"(e.last_counted_at AT TIME ZONE %s)::date + {_DAYS}",
    },
    "sqlite": {
        "today": "%s",
        "due": f"date(django_datetime_cast_date(e.last_counted_at, %s, 'UTC'), '+' || ({_DAYS}) || ' days')",
    },
}


def refresh_cycles(*, organization: Organization, now: datetime) -> None:
    """See to it that every stock level with something in it has its due date, by the classes as they are.

    What was never counted is due from the day on which its level was first seen; what was, after its class's days,
    which begin on the organization's own day of the count. Where there is nothing, nothing is due. Three statements, in
    the caller's transaction. It asks nobody's rights.
    """
    settings = settings_of(organization)
    today = now.astimezone(organization.zone).date()
    field = statements.field_of(CountCycle, "next_due_on")
    day, never = (field.get_db_prep_value(value, connection) for value in (today, NEVER))
    key = statements.field_of(CountCycle, "organization").get_db_prep_value(organization.pk, connection)
    days = (settings.a_interval, settings.b_interval, settings.c_interval)
    take_time()
    with connection.cursor() as cursor:
        cursor.execute(_NEW, [day, key])
        cursor.execute(_EMPTY, [never, key, never])
        statement = _DUE.format(**_DATES[connection.vendor])
        cursor.execute(statement, [day, organization.time_zone, *days, key, never])


def mark_counted(
    *, organization: Organization, warehouse: Warehouse, counted: Mapping[UUID, datetime]
) -> None:
    """Note for SKUs when they were counted in the warehouse; an earlier count than the last changes nothing.

    Locks their rows, in the order of the SKUs; six statements, whatever the number of SKUs, none for none. It asks
    nobody's rights.
    """
    if not counted:
        return
    settings = settings_of(organization)
    keys = sorted(counted)
    classes = dict(Classification.objects.order_by().filter(pk__in=keys).values_list("pk", "abc_class"))
    statements.insert(
        CountCycle,
        ("organization", "warehouse", "sku", "last_counted_at", "next_due_on"),
        [(organization.pk, warehouse.pk, key, None, NEVER) for key in keys],
        or_ignore=True,
    )
    rows = CountCycle.objects.select_for_update(no_key=True).order_by("sku_id")
    there = list(rows.filter(warehouse=warehouse, sku__in=keys))
    statements.update(
        CountCycle,
        ("last_counted_at", "next_due_on"),
        [
            (
                row.pk,
                at,
                at.astimezone(organization.zone).date() + interval_of(classes.get(row.sku_id), settings),
            )
            for row, at in ((row, counted[row.sku_id]) for row in there)
            if row.last_counted_at is None or row.last_counted_at < at
        ],
    )


def interval_of(abc_class: str | None, settings: CountSettings) -> timedelta:
    """The days between two counts; what has no class yet is in the last one."""
    days = {AbcClass.A: settings.a_interval, AbcClass.B: settings.b_interval}
    return timedelta(days=days.get(AbcClass(abc_class or AbcClass.C), settings.c_interval))
