"""Lot control: whether lines that name a lot could be picked as they stand, and if not, why not. It changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from inventory.ledger.state import ItemState
from inventory.lots.finding import find_lots
from inventory.lots.states import state_on
from inventory.models import Lot, LotState, Sku, StockItem
from inventory.names import Names
from warehouses.access import Access
from warehouses.identifiers import decode
from warehouses.models import Warehouse
from warehouses.refusals import Refusal, gather

__all__ = ["AskedLine", "LotProblem", "Verdict", "check_lots"]


@dataclass(frozen=True, slots=True)
class AskedLine:
    """What is to be picked: a SKU's code, a lot's code or public id or neither, a location's public id.

    `index` is the row of the request, None where there is one line only.
    """

    sku: str
    location: str
    quantity: int
    lot_code: str | None = None
    lot_id: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class LotProblem:
    """`available` is how much there is instead (`LOT_SHORT`), `lot` what goes first (`NOT_FEFO`)."""

    code: str
    detail: str
    available: int | None = None
    lot: Lot | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`available` is what could be picked of the lot there, without a lot of the SKU."""

    sku: Sku
    warehouse: Warehouse
    lot: Lot | None
    quantity: int
    available: int
    problems: Sequence[LotProblem]


@dataclass(slots=True)
class _Shelf:
    """The stock of one SKU in one location."""

    items: list[ItemState]
    promised: int = 0


def check_lots(*, access: Access, lines: Sequence[AskedLine]) -> list[Verdict]:
    """A verdict for each line, in their order; lines about the same lot in the same location are added up.

    What can be picked is what the ledger would let leave: neither held nor expired, and not promised to others.
    Reservations that have run out are the caller's to take off first (`inventory.reservations.expire_due`). A constant
    number of queries.
    Raises Forbidden `PERMISSION_DENIED`, NotFound `INVENTORY_NOT_FOUND`, `WAREHOUSE_NOT_FOUND`, for every bad line.
    """
    names = Names(
        access,
        "inventory.read",
        skus=[line.sku for line in lines],
        locations=[line.location for line in lines],
    )
    asked: list[tuple[AskedLine, Sku, Warehouse]] = []
    refused: list[Refusal] = []
    for line in lines:
        try:
            asked.append((line, names.sku(line.sku, line.index), names.location(line.location, line.index)))
        except Refusal as refusal:
            refused.append(refusal)
    if refused:
        raise gather(refused)
    control = _Control(access, asked)
    return [control.judge(*each) for each in asked]


class _Control:
    def __init__(self, access: Access, asked: Sequence[tuple[AskedLine, Sku, Warehouse]]) -> None:
        self.today: date = access.organization.today()
        self._read_lots(access, asked)
        self._read_stock(asked)
        self.wanted: dict[tuple[UUID, UUID, UUID | None], int] = defaultdict(int)
        for line, sku, warehouse in asked:
            lot = self.lot_of(line, sku)
            self.wanted[sku.pk, warehouse.pk, lot.pk if lot else None] += line.quantity

    def _read_lots(self, access: Access, asked: Sequence[tuple[AskedLine, Sku, Warehouse]]) -> None:
        organization = access.organization
        codes = [(sku.pk, line.lot_code) for line, sku, _ in asked if line.lot_code is not None]
        self.by_code = find_lots(organization, codes) if codes else {}
        named = (decode(Lot.prefix, line.lot_id) for line, _, _ in asked)
        keys = {key for key in named if key is not None}
        rows = Lot.objects.order_by().filter(organization=organization, pk__in=keys) if keys else ()
        self.by_key = {lot.pk: lot for lot in rows}

    def _read_stock(self, asked: Sequence[tuple[AskedLine, Sku, Warehouse]]) -> None:
        self.shelves: dict[tuple[UUID, UUID], _Shelf] = defaultdict(lambda: _Shelf([]))
        self.lots: dict[UUID, Lot] = {}
        rows: Any = (
            StockItem.objects.order_by()
            .filter(
                sku__in={sku.pk for _, sku, _ in asked},
                warehouse__in={place.pk for _, _, place in asked},
                on_hand__gt=0,
            )
            .select_related("lot", "bin__room", "level")
        )
        for item in rows:
            lot: Lot | None = item.lot
            shelf = self.shelves[item.sku_id, item.warehouse_id]
            shelf.promised = item.level.reserved
            shelf.items.append(
                ItemState(
                    id=item.pk,
                    bin_id=item.bin_id,
                    lot_id=item.lot_id,
                    on_hand=item.on_hand,
                    held=item.held,
                    is_sellable=item.bin.room.is_sellable,
                    expires_on=lot.expires_on if lot else None,
                    received_at=lot.received_at if lot else None,
                    lot_state=lot.state if lot else None,
                    room_type=item.bin.room.room_type,
                )
            )
            if lot is not None:
                self.lots[lot.pk] = lot

    def lot_of(self, line: AskedLine, sku: Sku) -> Lot | None:
        if line.lot_code is not None:
            return self.by_code.get((sku.pk, line.lot_code))
        key = decode(Lot.prefix, line.lot_id)
        found = self.by_key.get(key) if key is not None else None
        return found if found is not None and found.sku_id == sku.pk else None

    def judge(self, line: AskedLine, sku: Sku, warehouse: Warehouse) -> Verdict:
        lot = self.lot_of(line, sku)
        shelf = self.shelves[sku.pk, warehouse.pk]
        is_named = line.lot_code is not None or line.lot_id is not None
        if is_named and lot is None:
            unknown = LotProblem("LOT_UNKNOWN", f"{sku.code} has no such lot.")
            return Verdict(sku, warehouse, None, line.quantity, 0, [unknown])
        mine = [item for item in shelf.items if lot is None or item.lot_id == lot.pk]
        available = self._available(shelf, mine)
        problems: list[LotProblem] = []
        if lot is None and sku.is_lot_controlled:
            problems.append(LotProblem("LOT_REQUIRED", f"{sku.code} is lot-controlled: name the lot."))
        wanted = self.wanted[sku.pk, warehouse.pk, lot.pk if lot else None]
        if lot is not None:
            problems += self._of_state(lot, mine, warehouse, wanted)
        # Of a lot that may not leave at all it has been said why.
        if available < wanted and (lot is None or lot.is_pickable(self.today)):
            what = f"lot {lot.code}" if lot is not None else sku.code
            detail = (
                f"{warehouse.name} has {available} units of {what} that may leave; {wanted} are asked for."
            )
            problems.append(LotProblem("LOT_SHORT", detail, available=available))
        first = self._first(shelf, lot, mine) if lot is not None else None
        if lot is not None and first is not None:
            detail = f"Lot {first.code} expires on {first.expires_on:%Y-%m-%d}, before lot {lot.code}: it goes first."
            problems.append(LotProblem("NOT_FEFO", detail, lot=first))
        return Verdict(sku, warehouse, lot, line.quantity, available, problems)

    def _available(self, shelf: _Shelf, mine: Sequence[ItemState]) -> int:
        """As the ledger reckons it: what is promised is taken from anywhere in the location."""
        everywhere = sum(item.free for item in shelf.items if item.is_pickable(self.today))
        here = sum(item.free for item in mine if item.is_pickable(self.today))
        return max(min(here, everywhere - shelf.promised), 0)

    def _of_state(
        self, lot: Lot, mine: Sequence[ItemState], warehouse: Warehouse, wanted: int
    ) -> list[LotProblem]:
        found = []
        state = state_on(lot, self.today)
        if state is LotState.EXPIRED:
            found.append(LotProblem("LOT_EXPIRED", f"Lot {lot.code} {_expired(lot, self.today)}."))
        held = sum(item.held for item in mine)
        if state is LotState.QUARANTINED:
            found.append(LotProblem("LOT_ON_HOLD", f"Lot {lot.code} is in quarantine."))
        elif held and sum(item.free for item in mine) < wanted:
            detail = f"{held} units of lot {lot.code} in {warehouse.name} are on hold."
            found.append(LotProblem("LOT_ON_HOLD", detail))
        return found

    def _first(self, shelf: _Shelf, lot: Lot, mine: Sequence[ItemState]) -> Lot | None:
        """The lot that would be picked before this one because it expires earlier; None where there is none."""
        own = min((_turn(item) for item in mine), default=(False, lot.expires_on or date.max))
        others = [
            item
            for item in shelf.items
            if item.lot_id not in (None, lot.pk) and item.free and item.is_pickable(self.today)
        ]
        best = min(others, key=ItemState.fefo, default=None)
        if best is None or best.lot_id is None or best.expires_on is None or _turn(best) >= own:
            return None
        return self.lots[best.lot_id] if best.expires_on < (lot.expires_on or date.max) else None


def _turn(item: ItemState) -> tuple[bool, date]:
    return not item.is_sellable, item.expires_on or date.max


def _expired(lot: Lot, today: date) -> str:
    if lot.expires_on is not None and lot.expires_on < today:
        return f"expired: its last day was {lot.expires_on:%Y-%m-%d}"
    return "was marked as expired"
