"""What the ledger has locked and read: levels and their items, changed in memory before they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from inventory.models import LotState
from warehouses.models.room import RoomType

__all__ = [
    "ITEM_COLUMNS",
    "Base",
    "BinState",
    "Change",
    "HeldChange",
    "ItemState",
    "LevelState",
    "on_hand_of",
]

_NEVER = date.max

#: Where the first fields of an ItemState, in their order, are read from a stock item.
ITEM_COLUMNS: Final = (
    "id",
    "bin_id",
    "lot_id",
    "on_hand",
    "held",
    "bin__room__is_sellable",
    "lot__expires_on",
    "lot__received_at",
    "lot__state",
    "bin__room__room_type",
    "bin__room_id",
)


@dataclass(frozen=True, slots=True)
class BinState:
    """A bin that stock may go to, and whether its warehouse may be written, at the instant of the posting."""

    id: UUID
    warehouse_id: UUID
    is_default: bool
    is_active: bool
    is_sellable: bool
    warehouse_is_active: bool
    warehouse_is_readonly: bool
    capacity: int | None
    room_type: str


@dataclass(slots=True)
class ItemState:
    """One stock item. `expires_on`, `lot_state` and `received_at` are those of its lot, None without one."""

    id: UUID
    bin_id: UUID
    lot_id: UUID | None
    on_hand: int = 0
    held: int = 0
    is_sellable: bool = True
    expires_on: date | None = None
    received_at: datetime | None = None
    lot_state: str | None = None
    room_type: str | None = None
    room_id: UUID | None = None
    is_new: bool = False
    is_changed: bool = False

    def is_pickable(self, today: date) -> bool:
        """Whether goods may leave from here: no destruction room, the lot neither expired nor quarantined."""
        if self.room_type == RoomType.DESTRUCTION:
            return False
        if self.lot_state not in (None, LotState.ACTIVE):
            return False
        return self.expires_on is None or today <= self.expires_on

    @property
    def free(self) -> int:
        return max(self.on_hand - self.held, 0)

    def fefo(self) -> tuple[bool, date, float, UUID]:
        """First expired, first out: expiry (none last), then received, then id; sellable rooms before the others."""
        received = self.received_at.timestamp() if self.received_at else float("inf")
        return not self.is_sellable, self.expires_on or _NEVER, received, self.id


@dataclass(frozen=True, slots=True)
class Base:
    """What the level was before this batch, which is what the SKU's summary has counted: nothing, for a new one."""

    on_hand: int = 0
    reserved: int = 0
    held: int = 0
    safety_stock: int = 0
    reorder_point: int = 0
    version: int = 0


@dataclass(slots=True)
class LevelState:
    """One locked stock level with the items that matter to the batch, and whether its SKU is lot-controlled now."""

    id: UUID
    sku_id: UUID
    warehouse_id: UUID
    on_hand: int
    reserved: int
    held: int
    safety_stock: int
    reorder_point: int
    reorder_quantity: int
    version: int
    updated_at: datetime
    is_lot_controlled: bool = False
    items: list[ItemState] = field(default_factory=list)
    is_changed: bool = False
    is_new: bool = False
    base: Base = field(init=False)

    def __post_init__(self) -> None:
        self.base = Base(
            self.on_hand, self.reserved, self.held, self.safety_stock, self.reorder_point, self.version
        )

    def matching(
        self,
        *,
        stock_item_id: UUID | None,
        bin_id: UUID | None,
        lot_id: UUID | None,
        is_lotless: bool = False,
    ) -> list[ItemState]:
        """The items in a line's scope, in the order in which stock leaves them."""
        return sorted(
            (
                item
                for item in self.items
                if (stock_item_id is None or item.id == stock_item_id)
                and (bin_id is None or item.bin_id == bin_id)
                and (lot_id is None or item.lot_id == lot_id)
                and (not is_lotless or item.lot_id is None)
            ),
            key=ItemState.fefo,
        )

    def item_at(self, bin_id: UUID, lot_id: UUID | None) -> ItemState | None:
        for item in self.items:
            if item.bin_id == bin_id and item.lot_id == lot_id:
                return item
        return None


@dataclass(frozen=True, slots=True)
class Change:
    """One movement to be: `line` is the index into the batch given to the ledger."""

    level: LevelState
    item: ItemState
    line: int
    delta: int
    level_before: int
    level_after: int
    item_after: int
    level_version: int


@dataclass(frozen=True, slots=True)
class HeldChange:
    """What a line holds of one stock item, or releases there (negative)."""

    item: ItemState
    line: int
    delta: int


def on_hand_of(items: Iterable[ItemState]) -> int:
    return sum(item.on_hand for item in items)
