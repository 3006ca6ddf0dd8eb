"""What should be ordered for a location, and every number behind it.

Which SKUs need something is one statement over the location's stock levels, however many they are; the numbers are then
read for one page of them, and the formula is computed from these (`inventory.replenishment.formula`).

Demand is what has left the location for good (`inventory.consumption`). Looking for those that need something, it is
summed only for SKUs whose reorder point nobody has set: for them the statement reads the organization's movements of
the longest window once. Where every level has its reorder point, no movement is read but those of the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone

from inventory.consumption import consumption
from inventory.inbound import Inbound, inbound_of, units_in_transit, units_on_order
from inventory.models import Movement, ReasonCode, ReplenishmentRule, Sku, StockLevel
from inventory.replenishment import formula
from inventory.replenishment.formula import Need
from inventory.replenishment.rules import READ, Rule, find_rules
from inventory.resolution import permission_denied
from inventory.statements import fetch, field_of
from warehouses.access import Access
from warehouses.models import Organization, Warehouse

__all__ = ["Suggestion", "Suggestions", "suggest"]

_SENT_BACK: Final = "supplier_return"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One SKU that needs something. `demand` are the units of the rule's window; `rule.level` has SKU and stock."""

    rule: Rule
    inbound: Inbound
    demand: int
    reorder_point: int
    need: Need

    @property
    def level(self) -> StockLevel:
        return self.rule.level

    @property
    def position(self) -> int:
        return self.level.available + self.inbound.total

    @property
    def demand_per_day(self) -> Decimal:
        return formula.demand_per_day(units=self.demand, window_days=self.rule.window_days)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """One page of them, in the order of the SKUs' codes; `total` over all pages."""

    rows: Sequence[Suggestion]
    total: int


def suggest(
    *,
    access: Access,
    warehouse: Warehouse,
    category_id: UUID | None = None,
    skus: Collection[Sku] | None = None,
    offset: int = 0,
    limit: int = 50,
) -> Suggestions:
    """What should be ordered for the location: of its active SKUs, those below their reorder point.

    Of one category, or of some `skus`, where these are given; a SKU that has no stock level there has no suggestion.
    Seven statements, whatever the number of SKUs. Needs `replenishment.read` there: raises Forbidden
    `PERMISSION_DENIED`.
    """
    access.require(READ)
    if not access.covers(READ, warehouse.pk):
        raise permission_denied(READ, warehouse, None)
    levels = StockLevel.objects.order_by().filter(
        organization=access.organization, warehouse=warehouse, sku__is_active=True
    )
    if category_id is not None:
        levels = levels.filter(sku__product__category=category_id)
    if skus is not None:
        if not skus:
            return Suggestions([], 0)
        levels = levels.filter(sku__in=[sku.pk for sku in skus])
    now = timezone.now()
    search = _Search(access.organization, warehouse, levels, now)
    keys, total = search.page(offset, limit)
    return Suggestions(_explained(access.organization, warehouse, keys, now), total)


def _explained(
    organization: Organization, warehouse: Warehouse, keys: Sequence[UUID], now: datetime
) -> list[Suggestion]:
    """The suggestions of the stock levels `keys`, in their order; none for one that has just been filled up."""
    levels = {level.pk: level for level in StockLevel.objects.filter(pk__in=keys).select_related("sku")}
    rows = find_rules(levels.values())
    rules = [Rule.of(levels[key], rows.get(key)) for key in keys if key in levels]
    inbound = inbound_of(
        organization=organization,
        warehouse_id=warehouse.pk,
        sku_ids={rule.level.sku_id for rule in rules},
    )
    demand = _demand(organization, warehouse, rules, now)
    found = (
        _suggestion(rule, inbound.get(rule.level.sku_id, Inbound()), demand.get(rule.level.sku_id, 0))
        for rule in rules
    )
    return [suggestion for suggestion in found if suggestion is not None]


def _suggestion(rule: Rule, inbound: Inbound, demand: int) -> Suggestion | None:
    level = rule.level
    point = formula.reorder_point(
        setting=level.reorder_point,
        safety_stock=level.safety_stock,
        units=demand,
        window_days=rule.window_days,
        lead_time_days=rule.lead_time_days,
    )
    need = formula.need(
        position=level.available + inbound.total,
        reorder_point=point,
        reorder_quantity=level.reorder_quantity,
        maximum=rule.maximum,
        order_multiple=rule.order_multiple,
    )
    return Suggestion(rule, inbound, demand, point, need) if need is not None else None


def _demand(
    organization: Organization, warehouse: Warehouse, rules: Sequence[Rule], now: datetime
) -> dict[UUID, int]:
    """Units in demand in each rule's own window, by SKU. One query, by the index of a SKU's movements."""
    together: dict[int, list[UUID]] = defaultdict(list)
    for rule in rules:
        together[rule.window_days].append(rule.level.sku_id)
    wanted = Q(pk__in=())
    for days, sku_ids in together.items():
        wanted |= Q(sku__in=sku_ids, recorded_at__gte=now - timedelta(days=days))
    rows = _leaving(organization, warehouse).filter(wanted).values_list("sku").annotate(units=Sum("delta"))
    return {sku_id: -int(units) for sku_id, units in rows}


def _leaving(organization: Organization, warehouse: Warehouse) -> QuerySet[Movement]:
    """The movements that are demand: what was consumed there. Goods sent back to a supplier are none."""
    rows = Movement.objects.order_by().filter(organization=organization, warehouse=warehouse)
    sent_back = ReasonCode.objects.order_by().filter(organization=organization, code_key=_SENT_BACK)
    return consumption(organization=organization, movements=rows.exclude(reason_code__in=sent_back))


#: What `formula.reorder_point` and `formula.is_needed` say, over all levels at once; a test holds the two together.
_NEEDED: Final = """
    WITH levels (id, sku_id, warehouse_id, sort_code, available, safety_stock, reorder_point) AS ({levels}),
    on_order (sku_id, units) AS ({on_order}),
    in_transit (sku_id, units) AS ({in_transit}),
    leaving (sku_id, recorded_at, delta) AS ({leaving}),
    wanted AS (
        SELECT l.id, l.sku_id, l.sort_code, l.safety_stock, l.reorder_point,
            COALESCE(r.lead_time_days, %s) AS lead_days, COALESCE(r.window_days, %s) AS window_days,
            l.available + CAST(COALESCE(o.units, 0) + COALESCE(t.units, 0) AS bigint) AS position
        FROM levels l
        LEFT JOIN inventory_replenishmentrule r ON r.sku_id = l.sku_id AND r.warehouse_id = l.warehouse_id
        LEFT JOIN on_order o ON o.sku_id = l.sku_id
        LEFT JOIN in_transit t ON t.sku_id = l.sku_id
    ), demand AS (
        SELECT w.sku_id, CAST(-SUM(m.delta) AS bigint) AS units
        FROM wanted w JOIN leaving m ON m.sku_id = w.sku_id AND m.recorded_at >= {since}
        WHERE w.reorder_point = 0
        GROUP BY w.sku_id
    ), needed AS (
        SELECT w.id, w.sort_code FROM wanted w LEFT JOIN demand d ON d.sku_id = w.sku_id
        WHERE w.position < CASE
            WHEN w.reorder_point > 0 THEN w.reorder_point
            ELSE (COALESCE(d.units, 0) * w.lead_days + w.window_days - 1) / w.window_days + w.safety_stock
        END
    )
"""
_SINCE: Final = {
    "postgresql": "%s::timestamptz - w.window_days * interval '1 day'",
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f', %s, '-' || w.window_days || ' days')",
}


class _Search:
    """The levels that need something, among `levels`."""

    def __init__(
        self,
        organization: Organization,
        warehouse: Warehouse,
        levels: QuerySet[StockLevel],
        now: datetime,
    ) -> None:
        rules = ReplenishmentRule.objects.filter(organization=organization, warehouse=warehouse)
        longest = rules.aggregate(days=Max("window_days"))["days"] or 0
        start = now - timedelta(days=max(longest, formula.WINDOW_DAYS))
        columns = ("id", "sku_id", "warehouse_id", "sort_code", "available", "safety_stock", "reorder_point")
        leaving = _leaving(organization, warehouse).filter(recorded_at__gte=start)
        parts: dict[str, tuple[str, tuple[Any, ...]]] = {
            "levels": _sql(levels.values(*columns)),
            "on_order": _sql(units_on_order(organization, warehouse.pk)),
            "in_transit": _sql(units_in_transit(organization, warehouse.pk)),
            "leaving": _sql(leaving.values("sku_id", "recorded_at", "delta")),
        }
        instant = field_of(Movement, "recorded_at").get_db_prep_value(now, connection)
        self.statement = _NEEDED.format(
            since=_SINCE[connection.vendor], **{name: statement for name, (statement, _) in parts.items()}
        )
        self.parameters = [
            *(value for _, parameters in parts.values() for value in parameters),
            formula.LEAD_TIME_DAYS,
            formula.WINDOW_DAYS,
            instant,
        ]

    def page(self, offset: int, limit: int) -> tuple[list[UUID], int]:
        """The keys of one page, and how many there are on all. One statement, and one more past the end."""
        key, count = field_of(StockLevel, "id"), field_of(StockLevel, "on_hand")
        rows = fetch(
            f"{self.statement} SELECT id, COUNT(*) OVER () FROM needed ORDER BY sort_code LIMIT %s OFFSET %s",
            [*self.parameters, limit, offset],
            (key, count),
        )
        if rows:
            return [row[0] for row in rows], int(rows[0][1])
        if not offset:
            return [], 0
        ((total,),) = fetch(f"{self.statement} SELECT COUNT(*) FROM needed", self.parameters, (count,))
        return [], int(total)


def _sql(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """A query as a part of another one, which names its columns."""
    statement, parameters = rows.query.get_compiler(connection=connection).as_sql()
    return statement, tuple(parameters)
