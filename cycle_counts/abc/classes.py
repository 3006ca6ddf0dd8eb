"""Which SKUs matter most: classes by the value of what was consumed of them, computed for an organization at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count, Sum

from cycle_counts.models import Classification, CountSettings
from cycle_counts.preferences import settings_of
from inventory import statements
from inventory.consumption import consumption
from inventory.models import Movement
from warehouses.models import Organization

__all__ = ["classify", "take_time"]

#: What the column takes; on SQLite, what sums of whole numbers take. A nonsensical cost times a nonsensical quantity is
#: no reason to have no classes at all.
_MOST: Final = {"postgresql": 10**16 - 1, "sqlite": 10**15}

#: The SKU with which the sum of the values before it is still short of a line belongs above the line. What nobody asked
#: for comes last: before it the sum is all, which is short of no line. SQLite keeps
#: decimals as floating point: there the costs are counted in their last digit, so that sums are exact.
_CLASSIFY: Final = """
    INSERT INTO cycle_counts_classification AS c
        (sku_id, organization_id, abc_class, rank, units, value, share, cumulative_share, classified_at)
    WITH demand (sku_id, units) AS ({demand}),
    valued AS (
        SELECT s.id, s.code_key, COALESCE(-d.units, 0) AS units,
            CASE WHEN -d.units * {cost} > {most} THEN {most} ELSE COALESCE(-d.units * {cost}, 0) END AS worth
        FROM inventory_sku s LEFT JOIN demand d ON d.sku_id = s.id
        WHERE s.organization_id = %s
    ), ranked AS (
        SELECT id, units, worth,
            ROW_NUMBER() OVER walk AS rank,
            SUM(worth) OVER (walk ROWS UNBOUNDED PRECEDING) AS until_here,
            SUM(worth) OVER () AS total
        FROM valued
        WINDOW walk AS (ORDER BY worth DESC, units DESC, code_key)
    )
    SELECT id, %s,
        CASE
            WHEN (until_here - worth) * 10000 < total * %s THEN 'A'
            WHEN (until_here - worth) * 10000 < total * %s THEN 'B'
            ELSE 'C'
        END,
        rank, units, {value},
        CASE WHEN total > 0 THEN ROUND({share}, 6) ELSE 0 END,
        CASE WHEN total > 0 THEN ROUND({cumulative_share}, 6) ELSE 0 END,
        %s
    FROM ranked
    WHERE true
    ORDER BY rank
    ON CONFLICT (sku_id) DO UPDATE SET
        abc_class = excluded.abc_class, rank = excluded.rank, units = excluded.units, value = excluded.value,
        share = excluded.share, cumulative_share = excluded.cumulative_share,
        classified_at = excluded.classified_at
"""
_EXPRESSIONS: Final = {
    "postgresql": {
        "cost": "s.unit_cost",
        "value": "worth",
        "share": "worth * 100 / total",
        "cumulative_share": "until_here * 100 / total",
    },
    "sqlite": {
        "cost": "CAST(ROUND(s.unit_cost * 10000) AS integer)",
        "value": "worth / 10000.0",
        "share": "worth * 100.0 / total",
        "cumulative_share": "until_here * 100.0 / total",
    },
}


def classify(*, organization: Organization, now: datetime) -> int:
    """Give every SKU of the organization its class, rank and share anew; how many SKUs that were.

    The value of a SKU is what was consumed of it (`inventory.consumption`) within the settings' window, at its cost of
    today; what was not asked for, or has no cost, is in the last class. One statement over movements and SKUs, for
    which the connection's time limit is lifted, in the caller's transaction. It asks nobody's rights.
    """
    settings = settings_of(organization)
    rows = Movement.objects.order_by().filter(organization=organization)
    recent = rows.filter(recorded_at__gte=now - timedelta(days=settings.window_days), recorded_at__lt=now)
    consumed = consumption(organization=organization, movements=recent)
    demand, parameters = consumed.values("sku_id").annotate(units=Sum("delta")).query.sql_with_params()
    statement = _CLASSIFY.format(
        demand=demand, most=_MOST[connection.vendor], **_EXPRESSIONS[connection.vendor]
    )
    key = statements.field_of(Classification, "organization").get_db_prep_value(organization.pk, connection)
    instant = statements.field_of(Classification, "classified_at").get_db_prep_value(now, connection)
    lines = (int(settings.a_share * 100), int(settings.b_share * 100))
    take_time()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, key, key, *lines, instant])
        count: int = cursor.rowcount
    _stamp(organization, now)
    return count


def _stamp(organization: Organization, now: datetime) -> None:
    """Note when the classes were computed, and what each comes to. Three statements, more for the first time."""
    rows = Classification.objects.order_by().filter(organization=organization).values_list("abc_class")
    sums = {
        letter: {"skus": skus, "value": f"{value:f}", "share": f"{share:f}"}
        for letter, skus, value, share in rows.annotate(Count("pk"), Sum("value"), Sum("share"))
    }
    settings = CountSettings.objects.filter(organization=organization)
    if not settings.update(classified_at=now, class_sums=sums):
        CountSettings.objects.get_or_create(organization=organization)
        settings.update(classified_at=now, class_sums=sums)


def take_time() -> None:
    """The statements of the caller's transaction may read a whole ledger."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
