"""The demonstration's lots: which expire when, and which went out with what (first expired, first out)."""

from __future__ import annotations

import bisect
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from inventory.demo.catalogue import Article
from inventory.models import Lot
from warehouses.models import Organization

__all__ = ["LotBook"]


@dataclass(slots=True)
class _Batch:
    lot: Lot
    units: int

    def expiry(self) -> date:
        return self.lot.expires_on or date.max


@dataclass(slots=True)
class LotBook:
    """Keeps count of the lots of every (SKU, warehouse) while the story is told in the order of time."""

    organization: Organization
    today: date
    random: random.Random
    _unwritten: list[Lot] = field(default_factory=list)
    _kept: dict[tuple[UUID, UUID], list[_Batch]] = field(default_factory=lambda: defaultdict(list))
    _numbers: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))

    def new_lot(self, article: Article, received: datetime, *, expires_on: date | None = None) -> Lot:
        """A lot as suppliers deliver it: most of its shelf life before it, and none that is over by today."""
        life = article.shelf_life or 365
        if expires_on is None:
            fresh = received.date() + timedelta(days=round(life * self.random.uniform(0.55, 0.95)))
            expires_on = max(fresh, self.today + timedelta(days=self.random.randint(21, 45)))
        self._numbers[article.sku.pk] += 1
        lot = Lot(
            organization=self.organization,
            sku=article.sku,
            code=f"L{received:%y%m%d}-{self._numbers[article.sku.pk]:02d}",
            expires_on=expires_on,
            received_at=received,
        )
        self._unwritten.append(lot)
        return lot

    def write(self) -> None:
        """Save the lots made since the last time: the ledger is about to name them."""
        Lot.objects.bulk_create(self._unwritten)
        self._unwritten.clear()

    def put(self, warehouse_id: UUID, lot: Lot, units: int) -> None:
        bisect.insort(self._kept[lot.sku_id, warehouse_id], _Batch(lot, units), key=_Batch.expiry)

    def take(self, sku_id: UUID, warehouse_id: UUID, units: int) -> list[tuple[Lot, int]]:
        """The lots that `units` came from."""
        batches = self._kept[sku_id, warehouse_id]
        taken: list[tuple[Lot, int]] = []
        while units:
            batch = batches[0]
            part = min(units, batch.units)
            taken.append((batch.lot, part))
            batch.units -= part
            units -= part
            if not batch.units:
                batches.pop(0)
        return taken

    def newest(self, sku_id: UUID, warehouse_id: UUID) -> Lot | None:
        batches = self._kept[sku_id, warehouse_id]
        return batches[-1].lot if batches else None
