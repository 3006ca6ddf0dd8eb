"""The rules of replenishment: one record for each SKU in each location, half of which is its stock level's.

Safety stock, reorder point and reorder quantity are columns of the level, which only the ledger writes; the rest is a
ReplenishmentRule, which is written only while its level is locked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from inventory.ledger import Line, Settings, post
from inventory.ledger.locking import Locked
from inventory.models import (
    ReplenishmentRule,
    ReplenishmentSource,
    Sku,
    StockLevel,
)
from inventory.replenishment.formula import LEAD_TIME_DAYS, ORDER_MULTIPLE, WINDOW_DAYS
from inventory.resolution import permission_denied
from warehouses.access import Access
from warehouses.models import Warehouse
from warehouses.models.base import OrganizationQuerySet
from warehouses.records import validate
from warehouses.refusals import NotFound, Problem, RuleBroken

__all__ = [
    "READ",
    "WRITE",
    "Condition",
    "Rule",
    "Source",
    "configure",
    "drop_rule",
    "find_rules",
    "rule_version",
    "same_location",
    "visible_levels",
]

READ: Final = "replenishment.read"
WRITE: Final = "replenishment.write"

#: Called with the version of the locked record, None where there is none yet. Raises Stale.
Condition = Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class Source:
    """Where goods are ordered: another location, or a supplier by name. `name` is empty where nobody has said."""

    type: ReplenishmentSource = ReplenishmentSource.SUPPLIER
    from_warehouse: Warehouse | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is set for one SKU in one location, or what holds where nothing is: then `is_set` is False."""

    level: StockLevel
    lead_time_days: int = LEAD_TIME_DAYS
    window_days: int = WINDOW_DAYS
    maximum: int | None = None
    order_multiple: int = ORDER_MULTIPLE
    source: Source = Source()
    is_set: bool = False

    @classmethod
    def of(cls, level: StockLevel, row: ReplenishmentRule | None) -> Rule:
        """`row` with its source location at hand."""
        if row is None:
            return cls(level)
        return cls(
            level,
            lead_time_days=row.lead_time_days,
            window_days=row.window_days,
            maximum=row.maximum,
            order_multiple=row.order_multiple,
            source=Source(ReplenishmentSource(row.source_type), row.from_warehouse, row.supplier),
            is_set=True,
        )


def rule_version(level: Any, row: ReplenishmentRule | None) -> str:
    """Moves with whatever is set, and not with the stock. `level`: the row, or its locked state."""
    parts: list[Any] = [level.safety_stock, level.reorder_point, level.reorder_quantity]
    if row is not None:
        parts += [row.lead_time_days, row.window_days, row.maximum, row.order_multiple]
        parts += [row.source_type, str(row.from_warehouse_id), row.supplier]
    return f"{level.id.hex}-{hashlib.blake2s(json.dumps(parts).encode(), digest_size=6).hexdigest()}"


def visible_levels(*, access: Access) -> OrganizationQuerySet[StockLevel]:
    """The stock levels whose rules the caller may read. Raises Forbidden `PERMISSION_DENIED`."""
    access.require(READ)
    found: Any = access.narrow(StockLevel.objects.all(), READ)
    rows: OrganizationQuerySet[StockLevel] = found
    return rows


def find_rules(levels: Collection[StockLevel]) -> dict[UUID, ReplenishmentRule]:
    """The rules that are set for stock levels, by level, with their source locations. One query."""
    places = {(level.sku_id, level.warehouse_id): level.pk for level in levels}
    rows = ReplenishmentRule.objects.order_by().filter(
        sku__in={level.sku_id for level in levels}, warehouse__in={level.warehouse_id for level in levels}
    )
    return {
        places[row.sku_id, row.warehouse_id]: row
        for row in rows.select_related("from_warehouse")
        if (row.sku_id, row.warehouse_id) in places
    }


def configure(
    *,
    access: Access,
    sku: Sku,
    warehouse: Warehouse,
    safety_stock: int | None = None,
    reorder_point: int | None = None,
    reorder_quantity: int | None = None,
    changes: dict[str, Any] | None = None,
    source: Source | None = None,
    condition: Condition | None = None,
) -> ReplenishmentRule:
    """Set the rule of a SKU in a location; what is not given stays as it is, or gets its default in a new rule.

    `changes` are columns of the rule: lead_time_days, window_days, maximum (None: no maximum), order_multiple. Needs
    `replenishment.write` there, and a transaction of the caller's. Locks the stock level, making it where there is
    none, writes its thresholds through the ledger, and then the rule. `condition` sees the locked record.

    Raises Forbidden `PERMISSION_DENIED`, RuleBroken `MAXIMUM_TOO_LOW` (below the reorder point), `SAME_LOCATION` (a
    location does not supply itself), InvalidInput `INVALID_INPUT`, and what the ledger does: `READONLY_WAREHOUSE`,
    `WAREHOUSE_INACTIVE`.
    """
    access.require(WRITE)
    if not access.covers(WRITE, warehouse.pk):
        raise permission_denied(WRITE, warehouse, None)
    if source is not None and source.from_warehouse == warehouse:
        raise same_location(warehouse)
    rule = ReplenishmentRule(organization=access.organization, sku=sku, warehouse=warehouse)

    def prepare(locked: Locked) -> None:
        nonlocal rule
        level = locked.levels[sku.pk, warehouse.pk]
        found = ReplenishmentRule.objects.filter(sku=sku, warehouse=warehouse).first()
        if condition is not None:
            condition(None if level.is_new else rule_version(level, found))
        rule = found or rule
        for name, value in (changes or {}).items():
            setattr(rule, name, value)
        if source is not None:
            rule.source_type = source.type.value
            rule.from_warehouse = source.from_warehouse
            rule.supplier = source.name
        validate(rule)
        point = level.reorder_point if reorder_point is None else reorder_point
        if rule.maximum is not None and rule.maximum < point:
            detail = f"A maximum of {rule.maximum} is below the reorder point, {point}."
            problem = Problem("MAXIMUM_TOO_LOW", detail, field="maximum")
            raise RuleBroken("MAXIMUM_TOO_LOW", detail, problems=[problem])

    settings = Settings(safety_stock, reorder_point, reorder_quantity)
    line = Line(sku=sku, warehouse=warehouse, quantity=None, reason=None, settings=settings)
    post(
        organization=access.organization,
        actor=access.actor,
        lines=[line],
        document=None,
        precondition=prepare,
    )
    rule.updated_at = timezone.now()
    rule.save()
    return rule


def drop_rule(*, access: Access, rule: ReplenishmentRule) -> None:
    """Forget a rule: its SKU is replenished by the defaults again. The level keeps its thresholds.

    Needs `replenishment.write` there. Raises Forbidden `PERMISSION_DENIED`, NotFound `RULE_NOT_FOUND`.
    """
    access.require(WRITE)
    if rule.organization_id != access.organization.pk:
        raise NotFound("RULE_NOT_FOUND", "There is no such rule.")
    if not access.covers(WRITE, rule.warehouse_id):
        raise permission_denied(WRITE, rule.warehouse, None)
    rule.delete()


def same_location(warehouse: Warehouse, index: int | None = None) -> RuleBroken:
    detail = f"{warehouse.name} does not supply itself: name another location."
    problem = Problem("SAME_LOCATION", detail, index, "from_warehouse")
    return RuleBroken("SAME_LOCATION", detail, problems=[problem])
