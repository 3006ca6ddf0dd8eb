"""The counts that the documentation's examples name, each of one documented SKU."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from cycle_counts.demo.documented import COUNTING, DRAFT, LINES, OTHER_REVIEW, REVIEW
from cycle_counts.demo.telling import COUNTER, MANAGER, Teller
from inventory.demo.documented import STORE, WAREHOUSE_A, key_of
from inventory.models import Sku
from warehouses.models import Warehouse

__all__ = ["add_examples"]

#: Which SKU each is of, where, how many hours ago it was planned, and by how much the count is off.
_COUNTS: Final = (
    (DRAFT, "REGEN-001", WAREHOUSE_A, 5, None),
    (COUNTING, "SKU-001", WAREHOUSE_A, 4, None),
    (REVIEW, "REGEN-002", WAREHOUSE_A, 26, -2),
    (OTHER_REVIEW, "BD-EIGHTH-001", STORE, 28, 1),
)


def add_examples(teller: Teller, *, now: datetime) -> None:
    """Bring each of them to its state."""
    organization = teller.people.organization
    for public_id, code, place, hours, off in _COUNTS:
        at = now - timedelta(hours=hours)
        sku = Sku.objects.get(organization=organization, code=code)
        warehouse = Warehouse.objects.get(pk=key_of(place))
        batch = teller.plan(warehouse, [sku], at=at, name=sku.title, public_id=public_id)
        if public_id in LINES:
            # Nothing names it yet.
            batch.lines.filter(position=1).update(id=key_of(LINES[public_id]))
        if public_id == DRAFT:
            continue
        teller.start(batch, by=COUNTER if off is not None else MANAGER, at=at + timedelta(minutes=20))
        if off is not None:
            lines = list(batch.lines.order_by("position"))
            # Each line is of the one SKU: only the first is off.
            done = teller.count(
                batch, lines[:1], by=COUNTER, at=at + timedelta(minutes=30), off={sku.pk: off}
            )
            done = teller.count(batch, lines[1:], by=COUNTER, at=done) if lines[1:] else done
            teller.submit(batch, by=COUNTER, at=done + timedelta(minutes=2))
