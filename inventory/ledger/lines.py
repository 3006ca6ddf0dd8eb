"""What the ledger is asked to do: a batch of lines."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inventory.models import DocumentType, Lot, ReasonCode, Sku
from warehouses.models import Bin, Room, Warehouse

__all__ = ["PHYSICAL", "DocumentRef", "Line", "Mode", "Settings"]


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """The document that the movements belong to; it is written by the caller in the same transaction."""

    type: DocumentType
    id: UUID


class Mode(enum.Enum):
    BY = "by"  # change by `quantity`, which has a sign
    TO = "to"  # make it `quantity`
    MOVE = "move"  # bring `quantity` from the named scope to another bin or lot of the same warehouse
    RESERVE = "reserve"  # promise `quantity` of the level; negative: promise so much less
    HOLD = "hold"  # hold `quantity` in the named scope; negative: release so much


#: The modes that write movements.
PHYSICAL = frozenset({Mode.BY, Mode.TO, Mode.MOVE})


@dataclass(frozen=True, slots=True)
class Settings:
    """New thresholds of the stock level; None leaves one as it is."""

    safety_stock: int | None = None
    reorder_point: int | None = None
    reorder_quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One wish: SKU and warehouse, narrowed to a bin, a lot or one stock item where those are named.

    `quantity` is in the SKU's base unit; what it means is the `mode`'s. None changes settings only. Without bin or lot,
    a decrease is picked FEFO and an increase goes to the warehouse's default bin. `is_lotless` narrows to what has no
    lot, and says that what comes has none although its SKU is lot-controlled. A move goes `to_bin` and `to_lot`, and
    where one of them is None it stays as it is; what it takes is picked FEFO too, and only a line that names the lot or
    the stock item moves what is expired or quarantined. `from_outside` keeps a move off what lies in that room: goods
    that are brought to a room do not come from there.

    `reason` is needed where the mode writes movements. `is_fact` says that it has happened already, as a sale at a
    till has: it may take what is promised, held or expired, though never more than is there. `is_promised` says that
    the units are of what is reserved, which shrinks by as many in this batch: where more is promised than is there, the
    other promises do not stand in its way, and are no worse off. `keeps_capacity` refuses to put more into the named
    bin than it has room for. `takes_all` holds, beyond `quantity`, whatever else in the scope can be held.
    `new_item_id` is the key of the stock item that the line makes, if it makes one: for a demonstration whose
    documentation names the item.
    """

    sku: Sku
    warehouse: Warehouse
    quantity: int | None
    reason: ReasonCode | None
    mode: Mode = Mode.BY
    bin: Bin | None = None
    lot: Lot | None = None
    stock_item_id: UUID | None = None
    is_lotless: bool = False
    to_bin: Bin | None = None
    to_lot: Lot | None = None
    from_outside: Room | None = None
    takes_all: bool = False
    keeps_capacity: bool = False
    note: str = ""
    reference: str = ""
    occurred_at: datetime | None = None
    is_fact: bool = False
    is_promised: bool = False
    new_item_id: UUID | None = None
    settings: Settings | None = None
    index: int = 0  # the row of the request, for the problems of a refusal

    @property
    def level_key(self) -> tuple[UUID, UUID]:
        return self.sku.pk, self.warehouse.pk

    @property
    def bins(self) -> tuple[Bin, ...]:
        """The bins that it names."""
        return tuple(shelf for shelf in (self.bin, self.to_bin) if shelf is not None)

    @property
    def target(self) -> Bin | None:
        """The bin that it names to put something into."""
        if self.mode is Mode.MOVE:
            return self.to_bin
        if self.mode not in PHYSICAL:
            return None
        return self.bin if self.mode is Mode.TO or (self.quantity or 0) > 0 else None

    @property
    def is_whole_level(self) -> bool:
        """Whether it leaves the choice of stock within the level to the ledger."""
        return self.scope == (None, None, None) and not self.is_lotless

    @property
    def scope(self) -> tuple[UUID | None, UUID | None, UUID | None]:
        """The stock item, the bin and the lot that it names."""
        return (
            self.stock_item_id,
            self.bin.pk if self.bin else None,
            self.lot.pk if self.lot else None,
        )
