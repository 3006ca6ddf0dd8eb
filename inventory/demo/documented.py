"""What the contracts' documentation names: in the demonstration it exists, so that pasted examples work."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from warehouses.identifiers import decode

__all__ = [
    "DELIVERY",
    "FBA_EU",
    "FIXED",
    "ITEMS",
    "STORE",
    "SYNC",
    "WAREHOUSE_A",
    "WEBHOOK",
    "Fixed",
    "key_of",
]

# Valid public ids of UUIDv7s. The documentation elides the rest of `wh_01HX...` and `wh_01HY...`.
WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
FBA_EU: Final = "wh_01hy000000e008000000000001"
STORE: Final = "wh_01hz000000e008000000000001"
SYNC: Final = "sync_01hz000000e008000000000003"
WEBHOOK: Final = "whk_01hx000000e008000000000003"
DELIVERY: Final = "dlv_01hx000000e008000000000004"

#: The stock items that the pos contract's examples name: where the SKU has its place in that warehouse.
ITEMS: Final = {
    ("BD-EIGHTH-001", STORE): "inv_01hz000000e008000000000002",
    ("REGEN-001", WAREHOUSE_A): "inv_01hx000000e008000000000002",
}


def key_of(public_id: str) -> UUID:
    """The primary key behind one of the ids above."""
    key = decode(public_id.rpartition("_")[0], public_id)
    if key is None:
        raise ValueError(f"{public_id} is no public id.")
    return key


class Fixed(NamedTuple):
    """A documented SKU; `stock` maps a warehouse's name to (on hand, safety stock, reorder point) of today."""

    code: str
    product: str
    title: str
    category: str
    cost: Decimal
    price: Decimal
    stock: dict[str, tuple[int, int, int]]
    reorder_quantity: int
    units_a_day: float


# Gateway's writes name no warehouse, so its SKUs are stocked in one. Nexus's example shows 350 and 137 units.
FIXED: Final = (
    Fixed(
        "REGEN-001",
        "Regen recovery gel",
        "Regen recovery gel 100 ml",
        "Wellness",
        Decimal("11.20"),
        Decimal("24.90"),
        {"Warehouse A": (142, 12, 30)},
        100,
        2.4,
    ),
    Fixed(
        "REGEN-002",
        "Regen joint patches",
        "Regen joint patches, pack of 10",
        "Wellness",
        Decimal("8.60"),
        Decimal("19.90"),
        {"Warehouse A": (118, 10, 25)},
        80,
        1.7,
    ),
    Fixed(
        "REGEN-003",
        "Regen warming balm",
        "Regen warming balm 50 ml",
        "Wellness",
        Decimal("6.40"),
        Decimal("14.90"),
        {"Warehouse A": (64, 8, 20)},
        60,
        1.1,
    ),
    Fixed(
        "SKU-001",
        "Blue Widget",
        "Blue Widget 500ml",
        "Drinkware",
        Decimal("4.10"),
        Decimal("12.90"),
        {"Warehouse A": (350, 15, 60), "FBA EU": (137, 0, 40)},
        240,
        5.5,
    ),
    Fixed(
        "SKU-002",
        "Blue Widget",
        "Blue Widget 750ml",
        "Drinkware",
        Decimal("4.90"),
        Decimal("14.90"),
        {"Warehouse A": (185, 12, 45)},
        120,
        3.2,
    ),
    Fixed(
        "BD-EIGHTH-001",
        "Blue Dream",
        "Blue Dream 1/8",
        "Botanicals",
        Decimal("25.00"),
        Decimal("45.00"),
        {"Store Berlin Mitte": (45, 5, 12)},
        30,
        1.3,
    ),
)
