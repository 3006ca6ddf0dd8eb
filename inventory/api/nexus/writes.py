"""Nexus's writes: from a checked body to one call of the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from inventory.adjustments import adjust
from inventory.api.shortcuts import answered_quickly
from inventory.api.tags import condition_on
from inventory.ledger import Line, Mode
from inventory.ledger.shortcut import Reading
from inventory.models import Source
from inventory.quick_adjustments import QuickLine
from inventory.resolution import Wanted, resolve
from warehouses.access import Access
from warehouses.http.etags import Expected
from warehouses.idempotency_records import Claim

__all__ = ["set_levels", "set_quickly"]


def set_levels(*, access: Access, rows: Sequence[Mapping[str, Any]], expected: Expected = None) -> list[UUID]:
    """Set absolute quantities of SKUs in warehouses; the keys of the SKUs, in the order of `rows`.

    `expected` are the entity tags of `If-Match`, for a single row.
    """
    wanted = [Wanted(index, row["sku"], row["warehouse_id"], row["reason"]) for index, row in enumerate(rows)]
    resolved, refused = resolve(access=access, permission="inventory.write", wanted=wanted)
    lines = [
        Line(
            sku=found.sku,
            warehouse=found.warehouse,
            quantity=rows[index]["quantity"],
            mode=Mode.TO,
            reason=found.reason,
            note=rows[index].get("note", ""),
            index=index,
        )
        for index, found in resolved.items()
    ]
    adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.NEXUS,
        lines=lines,
        note=rows[0].get("note", "") if len(rows) == 1 else "",
        precondition=condition_on(lines, expected),
        refused=refused,
    )
    return [line.sku.pk for line in lines]


def set_quickly(
    *,
    access: Access,
    rows: Sequence[Mapping[str, Any]],
    claim: Claim | None,
    shown: Callable[[Sequence[Reading]], HttpResponse],
) -> HttpResponse | None:
    """`set_levels` by the short way, with its answer; None where that way is not open."""
    return answered_quickly(
        access=access,
        permission="inventory.write",
        source=Source.NEXUS,
        lines=[
            QuickLine(
                row["sku"],
                row["warehouse_id"],
                row["reason"],
                Mode.TO,
                row["quantity"],
                row.get("note", ""),
            )
            for row in rows
        ],
        note=rows[0].get("note", "") if len(rows) == 1 else "",
        claim=claim,
        shown=shown,
    )
