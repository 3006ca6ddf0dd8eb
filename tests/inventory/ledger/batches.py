"""Batches for the ledger in few words, and what is in its tables before and after them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.adjustments import Recorded, adjust
from inventory.ledger import Line, Mode
from inventory.models import Movement, Reservation, Sku, Source, StockItem, StockLevel, StockSummary
from tests import factories
from warehouses import transactions
from warehouses.actors import SYSTEM
from warehouses.models import Warehouse
from warehouses.refusals import Refusal

__all__ = [
    "by",
    "figures",
    "fingerprint",
    "hold",
    "move",
    "on_hand",
    "picked",
    "problems",
    "promise",
    "record",
    "refused",
    "reserve",
    "statements",
    "to",
]

TABLES = (
    *("inventory_stocklevel", "inventory_stockitem", "inventory_stocksummary"),
    *("inventory_movement", "inventory_adjustment", "inventory_event"),
    *("inventory_reservation", "inventory_hold", "inventory_holdpart", "inventory_statechange"),
    *("inventory_transfer", "inventory_transferline", "inventory_transferpick"),
    *("inventory_putaway", "inventory_destruction", "inventory_lot"),
)


def by(sku: Sku, warehouse: Warehouse, quantity: int | None, code: str = "ADJUSTMENT", **fields: Any) -> Line:
    """A line that changes stock by `quantity` for the reason `code`."""
    return Line(
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        reason=factories.reason(sku.organization, code),
        **fields,
    )


def to(sku: Sku, warehouse: Warehouse, quantity: int, code: str = "ADJUSTMENT", **fields: Any) -> Line:
    """A line that makes stock `quantity`."""
    return by(sku, warehouse, quantity, code, mode=Mode.TO, **fields)


def move(sku: Sku, warehouse: Warehouse, quantity: int, code: str = "put_away", **fields: Any) -> Line:
    """A line that brings `quantity` to another bin or lot."""
    return by(sku, warehouse, quantity, code, mode=Mode.MOVE, **fields)


def reserve(sku: Sku, warehouse: Warehouse, quantity: int, **fields: Any) -> Line:
    """A line that promises `quantity`, or frees it where it is negative."""
    return Line(sku=sku, warehouse=warehouse, quantity=quantity, reason=None, mode=Mode.RESERVE, **fields)


def hold(sku: Sku, warehouse: Warehouse, quantity: int, **fields: Any) -> Line:
    """A line that holds `quantity`, or releases it where it is negative."""
    return Line(sku=sku, warehouse=warehouse, quantity=quantity, reason=None, mode=Mode.HOLD, **fields)


def promise(sku: Sku, warehouse: Warehouse, quantity: int, expires_at: datetime | None = None) -> Reservation:
    """A reservation, as its service makes it: the units in the ledger and the record beside them."""
    posting = record(reserve(sku, warehouse, quantity)).posting
    reservation = Reservation(
        organization=sku.organization,
        level=StockLevel.objects.get(sku=sku, warehouse=warehouse),
        sku=sku,
        warehouse=warehouse,
        quantity=quantity,
        open=quantity,
        reference="R",
        expires_at=expires_at,
        actor_type=SYSTEM.type,
        actor_name=SYSTEM.name,
        created_at=posting.recorded_at,
    )
    reservation.save(force_insert=True)
    return reservation


def figures(sku: Sku, warehouse: Warehouse) -> tuple[int, int, int, int]:
    """On hand, reserved, held and available of a stock level; its SKU's summary agrees where it is the only one."""
    columns = ("on_hand", "reserved", "held", "available")
    level: tuple[int, int, int, int] = StockLevel.objects.values_list(*columns).get(
        sku=sku, warehouse=warehouse
    )
    if StockLevel.objects.filter(sku=sku).count() == 1:
        assert StockSummary.objects.values_list(*columns).get(sku=sku) == level
    return level


def statements(work: Callable[[], Any]) -> int:
    """How many SQL statements `work` sends, savepoints included."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def record(*lines: Line, **options: Any) -> Recorded:
    """Post `lines` as one adjustment; their indexes are their places."""
    numbered = [replace(line, index=index) for index, line in enumerate(lines)]
    owner = lines[0].sku.organization
    options = {"organization": owner, "actor": SYSTEM, "source": Source.SYSTEM, **options}
    return transactions.run(lambda: adjust(lines=numbered, **options))


def refused(*lines: Line, **options: Any) -> Refusal:
    """The refusal of `lines`, of which nothing was written."""
    before = fingerprint()
    with pytest.raises(Refusal) as caught:
        record(*lines, **options)
    assert fingerprint() == before
    return caught.value


def problems(refusal: Refusal) -> list[tuple[int | None, str]]:
    return [(problem.index, problem.code) for problem in refusal.problems]


def picked(recorded: Recorded) -> list[tuple[str, str | None, int]]:
    """Bin, lot and change of every movement of an adjustment, in the order in which the level saw them."""
    assert recorded.adjustment is not None
    rows: Sequence[tuple[str, str | None, int]] = list(
        Movement.objects.filter(document_id=recorded.adjustment.pk)
        .order_by("level_id", "level_version")
        .values_list("stock_item__bin__code", "stock_item__lot__code", "delta")
    )
    return list(rows)


def on_hand(sku: Sku, warehouse: Warehouse) -> dict[tuple[str, str | None], int]:
    """What is where: (bin, lot) → units, without empty places; the level agrees with it."""
    items = StockItem.objects.filter(sku=sku, warehouse=warehouse, on_hand__gt=0)
    found = {
        (shelf, lot): units for shelf, lot, units in items.values_list("bin__code", "lot__code", "on_hand")
    }
    level = StockLevel.objects.get(sku=sku, warehouse=warehouse)
    assert level.on_hand == sum(found.values())
    return found


def fingerprint() -> dict[str, str]:
    """A checksum of every row of the tables that the ledger and its documents write."""
    sums = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own names
            rows = sorted(repr(row) for row in cursor.fetchall())
            sums[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return sums
