"""What a posting has to tell: its events, with the values that it commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from inventory import formulas
from inventory.ledger.lines import PHYSICAL, DocumentRef, Line
from inventory.ledger.rows import LevelKey
from inventory.ledger.state import Change, LevelState
from inventory.models import (
    EventType,
    Product,
    StockItem,
)
from inventory.outbox import Draft
from warehouses.actors import Actor
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["Telling"]

#: A body stays well below the 20 kB that receivers of webhooks count on.
_MOST_ITEMS = 50
_MOST_WORDS = 20


class Telling:
    """The events of one posting, level by level; only of the `types` that somebody wants.

    A level that is new had neither stock nor a reorder point before: goods that arrive below theirs are low.
    """

    def __init__(
        self,
        actor: Actor,
        lines: Sequence[Line],
        document: DocumentRef | None,
        changes: Iterable[Change],
        types: Collection[str],
    ) -> None:
        self.actor = actor
        self.lines = lines
        self.document = encode(document.type.model.prefix, document.id) if document else None
        self.types = types
        self.changes: dict[UUID, list[Change]] = defaultdict(list)
        for change in changes:
            self.changes[change.level.id].append(change)
        self.first_lines = {line.level_key: line for line in reversed(lines)}
        self.promises: dict[LevelKey, list[Line]] = defaultdict(list)
        for line in lines:
            if line.mode not in PHYSICAL:
                self.promises[line.level_key].append(line)

    def drafts(self, levels: Iterable[LevelState]) -> list[Draft]:
        return [draft for level in levels for draft in self._of(level)]

    def _of(self, level: LevelState) -> Iterator[Draft]:
        base = level.base
        before = formulas.available(on_hand=base.on_hand, reserved=base.reserved, held=base.held)
        after = formulas.available(on_hand=level.on_hand, reserved=level.reserved, held=level.held)
        was = (base.on_hand, base.reserved, base.held)
        # Goods that are moved to another bin or lot change the items only.
        is_changed = was != (level.on_hand, level.reserved, level.held) or any(
            change for change in self._sums(level).values()
        )
        was_low = formulas.is_low(available=before, reorder_point=base.reorder_point)
        is_low = formulas.is_low(available=after, reorder_point=level.reorder_point)
        kinds = {
            EventType.INVENTORY_UPDATED: is_changed,
            EventType.LOW_STOCK: is_low and not was_low,
            EventType.OVERSOLD: after < 0 and after < before,
        }
        told: dict[str, Any] | None = None
        for kind, happened in kinds.items():
            if not happened or kind.value not in self.types:
                continue
            told = told or self._level(level, before, after, is_low=is_low)
            extra: dict[str, Any] = {}
            if kind is EventType.INVENTORY_UPDATED:
                extra = self._items(level)
            elif kind is EventType.OVERSOLD:
                extra = {"short_by": -after}
            yield Draft(kind, level.warehouse_id, told | extra)

    def _level(self, level: LevelState, before: int, after: int, *, is_low: bool) -> dict[str, Any]:
        line = self.first_lines[level.sku_id, level.warehouse_id]
        base = level.base
        causes = [self.lines[change.line] for change in self.changes[level.id]]
        causes += self.promises[level.sku_id, level.warehouse_id]
        return {
            "sku": line.sku.code,
            "title": line.sku.title,
            "product_id": encode(Product.prefix, line.sku.product_id),
            "warehouse_id": encode(Warehouse.prefix, level.warehouse_id),
            "warehouse_name": line.warehouse.name,
            "on_hand": level.on_hand,
            "reserved": level.reserved,
            "held": level.held,
            "available": after,
            "safety_stock": level.safety_stock,
            "reorder_point": level.reorder_point,
            "reorder_quantity": level.reorder_quantity,
            "is_low": is_low,
            "version": level.version,
            "previous": {
                "on_hand": base.on_hand,
                "reserved": base.reserved,
                "held": base.held,
                "available": before,
            },
            "change": level.on_hand - base.on_hand,
            "reason_codes": _distinct(line.reason.code for line in causes if line.reason),
            "references": _distinct(line.reference for line in causes if line.reference),
            "document_id": self.document,
            "actor": self.actor.name,
        }

    def _items(self, level: LevelState) -> dict[str, Any]:
        quantities = {change.item.id: change.item_after for change in self.changes[level.id]}
        rows = [
            {"id": encode(StockItem.prefix, key), "quantity": quantities[key], "change": change}
            for key, change in self._sums(level).items()
        ]
        return {"items": rows[:_MOST_ITEMS], "items_omitted": max(len(rows) - _MOST_ITEMS, 0)}

    def _sums(self, level: LevelState) -> Mapping[UUID, int]:
        """What the posting changed of each stock item of the level."""
        sums: dict[UUID, int] = defaultdict(int)
        for change in self.changes[level.id]:
            sums[change.item.id] += change.delta
        return sums


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))[:_MOST_WORDS]
