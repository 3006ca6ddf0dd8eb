"""The gateway's writes: from a checked body to one call of the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from inventory.adjustments import adjust
from inventory.api.gateway.objects import LevelRow, row_of
from inventory.api.shortcuts import answered_quickly
from inventory.api.tags import condition_on
from inventory.ledger import Line, Mode, Settings
from inventory.models import Source
from inventory.quick_adjustments import QuickLine
from inventory.resolution import Wanted, resolve
from warehouses.access import Access
from warehouses.http.etags import Expected
from warehouses.idempotency_records import Claim

__all__ = ["adjust_quantity", "adjust_quickly", "set_quantities"]

# The contract has free-text reasons only; every change of it is a correction of the record.
REASON = "ADJUSTMENT"


def set_quantities(
    *,
    access: Access,
    rows: Sequence[Mapping[str, Any]],
    warehouse: str | None,
    note: str,
    expected: Expected = None,
) -> list[UUID]:
    """Set absolute quantities (and thresholds where given); the keys of the stock levels, in the order of `rows`."""
    wanted = [
        Wanted(index, row["sku"], row.get("warehouseId", warehouse), REASON) for index, row in enumerate(rows)
    ]
    resolved, refused = resolve(access=access, permission="inventory.write", wanted=wanted)
    lines = [
        Line(
            sku=found.sku,
            warehouse=found.warehouse,
            quantity=rows[index]["quantity"],
            mode=Mode.TO,
            reason=found.reason,
            note=note,
            settings=Settings(
                reorder_point=rows[index].get("reorderPoint"),
                reorder_quantity=rows[index].get("reorderQuantity"),
            ),
            index=index,
        )
        for index, found in resolved.items()
    ]
    return _post(access, lines, refused, note=note, reference="", expected=expected)


def adjust_quantity(
    *,
    access: Access,
    sku: str,
    change: int,
    warehouse: str | None,
    note: str,
    reference: str,
    expected: Expected,
) -> list[UUID]:
    """Change one SKU by a signed amount; the key of its stock level."""
    resolved, refused = resolve(
        access=access, permission="inventory.adjust", wanted=[Wanted(0, sku, warehouse, REASON)]
    )
    lines = [
        Line(
            sku=found.sku,
            warehouse=found.warehouse,
            quantity=change,
            reason=found.reason,
            note=note,
            reference=reference,
        )
        for found in resolved.values()
    ]
    return _post(access, lines, refused, note=note, reference=reference, expected=expected)


def adjust_quickly(
    *,
    access: Access,
    sku: str,
    change: int,
    warehouse: str | None,
    note: str,
    reference: str,
    claim: Claim | None,
    shown: Callable[[Sequence[LevelRow]], HttpResponse],
) -> HttpResponse | None:
    """`adjust_quantity` by the short way, with its answer; None where that way is not open."""
    return answered_quickly(
        access=access,
        permission="inventory.adjust",
        source=Source.GATEWAY,
        lines=[QuickLine(sku, warehouse, REASON, Mode.BY, change, note, reference)],
        note=note,
        reference=reference,
        claim=claim,
        shown=lambda after: shown([row_of(reading) for reading in after]),
        with_product=True,
    )


def _post(
    access: Access,
    lines: Sequence[Line],
    refused: Sequence[Any],
    *,
    note: str,
    reference: str,
    expected: Expected,
) -> list[UUID]:
    recorded = adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.GATEWAY,
        lines=lines,
        note=note,
        reference=reference,
        precondition=condition_on(lines, expected),
        refused=refused,
    )
    return [recorded.posting.levels[line.level_key].id for line in lines]
