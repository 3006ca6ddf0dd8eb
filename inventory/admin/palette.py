"""What the palette finds of the inventory: SKUs, lots, what one can do, and a SKU for a barcode that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from inventory.lookup import FoundLot, FoundSku, lots_of, skus_of
from warehouses.access import Access
from warehouses.palette import MOST_OF_A_KIND, Hit, is_barcode, is_whole, says

__all__ = ["find"]

_LONGEST_BARCODE: Final = 80


@dataclass(frozen=True, slots=True)
class _Act:
    title: str
    icon: str
    url: str
    permission: str
    is_for_all_warehouses: bool = False

    def is_allowed(self, access: Access) -> bool:
        return (
            access.everywhere(self.permission) if self.is_for_all_warehouses else access.may(self.permission)
        )


_ACTS: Final = (
    _Act("New transfer", "local_shipping", "admin:inventory_transfer_add", "transfers.write"),
    _Act("Receive goods", "move_to_inbox", "admin:inventory_replenishment_receive", "inventory.write"),
    _Act("New hold", "front_hand", "admin:inventory_hold_add", "inventory.write"),
    _Act("New SKU", "barcode", "admin:inventory_sku_add", "products.write", is_for_all_warehouses=True),
)


def find(access: Access, term: str) -> Iterator[Hit]:
    skus = skus_of(access=access, term=term, most=MOST_OF_A_KIND) if term else []
    for found in skus:
        yield _sku(access, found)
    if term:
        for lot in lots_of(access=access, term=term, most=MOST_OF_A_KIND):
            yield _lot(lot)
    if len(skus) == 1 and access.may("inventory.adjust"):
        sku = skus[0].sku
        yield Hit(
            f"Correct {sku.code}",
            "Action",
            reverse("admin:inventory_sku_correct", args=[sku.pk]),
            "edit",
            detail="Set or change its quantity",
            is_act=True,
        )
    for act in _ACTS:
        if act.is_allowed(access) and says(act.title, term):
            yield Hit(act.title, "Action", reverse(act.url), act.icon, is_act=True)
    is_id = is_whole(term) and not is_barcode(term)
    if term and not is_id and len(term) <= _LONGEST_BARCODE and access.everywhere("products.write"):
        yield Hit(
            f"Assign this barcode: {term}",
            "Action",
            f"{reverse('admin:inventory_barcode_assign')}?{urlencode({'code': term})}",
            "barcode_scanner",
            detail="From then on it finds the SKU that you choose",
            is_offer=True,
            is_act=True,
        )


def _sku(access: Access, found: FoundSku) -> Hit:
    sku = found.sku
    facts: tuple[str, ...] = ()
    if found.on_hand is not None:
        facts = (f"{found.on_hand:,} on hand", f"{found.available:,} available")
        facts += (found.bin,) if found.bin else ()
    page = "admin:inventory_sku_page" if access.may("inventory.read") else "admin:inventory_sku_change"
    key = sku.public_id if access.may("inventory.read") else str(sku.pk)
    return Hit(
        sku.code,
        "SKU",
        reverse(page, args=[key]),
        "barcode",
        detail=sku.title,
        facts=facts,
        is_exact=found.is_exact,
    )


def _lot(found: FoundLot) -> Hit:
    lot = found.lot
    facts = [f"{found.on_hand:,} on hand"]
    if lot.expires_on is not None:
        facts.append(f"until {lot.expires_on:%-d %b %Y}")
    return Hit(
        lot.code,
        "Lot",
        reverse("admin:inventory_lot_change", args=[lot.pk]),
        "deployed_code_history",
        detail=f"of {lot.sku.code} · {lot.sku.title}",
        facts=tuple(facts),
        is_exact=True,
    )
