"""An organization of any size, for measuring: a catalogue and stock without a story."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from inventory.catalogue.own_barcodes import internal_ean13
from inventory.ledger.bulk_rows import Ids, begin, text_of, without_indexes, write
from inventory.ledger.seeding import Ground, rows_of, seed
from inventory.models import (
    Adjustment,
    Barcode,
    Category,
    Movement,
    Product,
    Sku,
    StockItem,
    StockLevel,
    StockSummary,
)
from inventory.reason_codes import STANDARD, find_reason_codes
from inventory.tallies import pack_due
from warehouses.models import Bin, Organization, Room
from warehouses.organizations import create_organization

__all__ = ["fill", "total_rows"]

_SEED: Final = 20260312
_SKUS_PER_PRODUCT: Final = 4
_BINS: Final = 200
_TABLES: Final = (Product, Sku, Barcode, StockLevel, StockItem, StockSummary, Adjustment, Movement)
_MANY: Final = 100_000
_CATEGORIES: Final = 20
_KINDS: Final = ("Steel", "Oak", "Cotton", "Glass", "Paper", "Linen", "Copper", "Cork", "Wool", "Felt")
_THINGS: Final = (
    "basket",
    "bottle",
    "brush",
    "candle",
    "frame",
    "hook",
    "jar",
    "lamp",
    "notebook",
    "tray",
    "vase",
)


def total_rows(*, skus: int, warehouses: int, movements: int) -> int:
    """How many rows `fill` will write, places apart."""
    products = -(-skus // _SKUS_PER_PRODUCT)
    return products + 2 * skus + rows_of(skus=skus, warehouses=warehouses, movements=movements)


def fill(
    *,
    name: str,
    skus: int,
    warehouses: int,
    movements: int,
    advance: Callable[[int], Any],
    rebuilds: bool | None = None,
) -> Organization:
    """Make the organization `name` with so many SKUs in each of so many warehouses, and so many movements.

    In one transaction; while it `rebuilds` the indexes (unless told: where that is the faster way), everybody else
    waits for it. Raises Conflict `NAME_TAKEN`: an organization that has stock is never added to.
    """
    dice = random.Random(_SEED)  # noqa: S311 - the same figures everywhere
    with transaction.atomic():
        begin()
        if rebuilds is None:
            rebuilds = movements >= _MANY and movements > Movement.objects.order_by().count()
        organization = create_organization(
            name=name, warehouses=[(f"Warehouse {number}", "own") for number in range(1, warehouses + 1)]
        )
        rooms = list(
            Room.objects.filter(warehouse__organization=organization, is_default=True).order_by(
                "warehouse_id"
            )
        )
        bins = [_bins(organization, room) for room in rooms]
        with without_indexes(_TABLES) if rebuilds else nullcontext():
            sku_ids = _write_catalogue(organization, skus, dice, advance)
            seed(
                organization=organization,
                ground=Ground(sku_ids, skus, _sort_code, [room.warehouse_id for room in rooms], bins),
                movements=movements,
                until=timezone.now(),
                random=dice,
                reasons=find_reason_codes(organization=organization, codes=[entry[0] for entry in STANDARD]),
                advance=advance,
            )
    pack_due()  # as the task would within minutes: until then every total and every deep page is counted
    _gather_statistics()
    return organization


def _bins(organization: Organization, room: Room) -> list[UUID]:
    bins = Bin.objects.bulk_create(
        Bin(
            organization=organization,
            warehouse_id=room.warehouse_id,
            room=room,
            code=f"A-{number:03d}",
            pick_sequence=10 * number,
        )
        for number in range(1, _BINS + 1)
    )
    return [shelf.pk for shelf in bins]


def _write_catalogue(
    organization: Organization, skus: int, dice: random.Random, advance: Callable[[int], Any]
) -> Ids:
    now = text_of(timezone.now())
    categories = [
        text_of(category.pk)
        for category in Category.objects.bulk_create(
            Category(organization=organization, name=f"Category {number:02d}")
            for number in range(1, _CATEGORIES + 1)
        )
    ]
    product_ids, sku_ids, barcode_ids = Ids(), Ids(), Ids()
    owner = {"organization": organization.pk}
    write(
        Product,
        ("id", "name", "category"),
        (
            (product_ids[number], _product(number), categories[number % _CATEGORIES])
            for number in range(-(-skus // _SKUS_PER_PRODUCT))
        ),
        constants=owner | {"created_at": timezone.now()},
        advance=advance,
    )

    def sku_rows() -> Iterator[tuple[int | str, ...]]:
        for number in range(skus):
            product, variant = divmod(number, _SKUS_PER_PRODUCT)
            code = _code(number)
            cost = 50 + int(4000 * dice.random() ** 3)
            yield (
                sku_ids[number],
                product_ids[product],
                code,
                code.casefold(),
                f"{_product(product)}, size {variant + 1}",
                f"{cost / 100:.2f}",
                f"{cost * 2.4 / 100:.2f}",
                now,
            )

    write(
        Sku,
        ("id", "product", "code", "code_key", "title", "unit_cost", "unit_price", "created_at"),
        sku_rows(),
        constants=owner
        | {"base_unit": "each", "is_lot_controlled": False, "is_active": True}
        | {"safety_stock": 5, "reorder_point": 20, "reorder_quantity": 50},
        advance=advance,
    )
    write(
        Barcode,
        ("id", "sku", "code"),
        ((barcode_ids[number], sku_ids[number], internal_ean13(number)) for number in range(skus)),
        constants=owner,
        advance=advance,
    )
    return sku_ids


def _code(number: int) -> str:
    """Codes whose order is not the order of making, with prefixes worth filtering by."""
    return f"{_THINGS[number % len(_THINGS)][:3].upper()}-{number:07d}"


def _sort_code(number: int) -> str:
    return _code(number).casefold()


def _product(number: int) -> str:
    kind = _KINDS[number % len(_KINDS)]
    return f"{kind} {_THINGS[number // len(_KINDS) % len(_THINGS)]} {number:06d}"


def _gather_statistics() -> None:
    """What autovacuum would do within minutes: without it the first measurements are of a planner that guesses."""
    tables = [connection.ops.quote_name(model._meta.db_table) for model in _TABLES]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if connection.in_atomic_block:
                return
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
            cursor.execute("RESET statement_timeout")
        else:
            cursor.execute("ANALYZE")
