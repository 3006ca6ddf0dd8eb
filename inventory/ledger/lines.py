"""What the ledger is asked to do: a batch of lines."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from inventory.models import DocumentType, Lot, ReasonCode, Sku
from warehouses.models import Bin, Warehouse

__all__ = ["DocumentRef", "Line", "Mode", "Settings"]


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """The document that the movements belong to; it is written by the caller in the same transaction."""

    type: DocumentType
    id: UUID


class Mode(enum.Enum):
    BY = "by"  # change by `quantity`, which has a sign
    TO = "to"  # make it `quantity`


@dataclass(frozen=True, slots=True)
class Settings:
    """New thresholds of the stock level; None leaves one as it is."""

    safety_stock: int | None = None
    reorder_point: int | None = None
    reorder_quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One wish: SKU and warehouse, narrowed to a bin, a lot or one stock item where those are named.

    `quantity` is in the SKU's base unit: a signed change (`Mode.BY`) or what the named scope shall hold (`Mode.TO`).
    None changes settings only. Without bin or lot, a decrease is picked FEFO and an increase goes to the warehouse's
    default bin. `is_fact` says that it has happened already, as a sale at a till has: it may take what is promised or
    expired, though never more than is there. `new_item_id` is the key of the stock item that the line makes, if it
    makes one: for a demonstration whose documentation names the item.
    """

    sku: Sku
    warehouse: Warehouse
    quantity: int | None
    reason: ReasonCode
    mode: Mode = Mode.BY
    bin: Bin | None = None
    lot: Lot | None = None
    stock_item_id: UUID | None = None
    note: str = ""
    reference: str = ""
    occurred_at: datetime | None = None
    is_fact: bool = False
    new_item_id: UUID | None = None
    settings: Settings | None = None
    index: int = 0  # the row of the request, for the problems of a refusal

    @property
    def level_key(self) -> tuple[UUID, UUID]:
        return self.sku.pk, self.warehouse.pk

    @property
    def scope(self) -> tuple[UUID | None, UUID | None, UUID | None]:
        """What of the level the line is about; all None is the whole level."""
        return (
            self.stock_item_id,
            self.bin.pk if self.bin else None,
            self.lot.pk if self.lot else None,
        )
