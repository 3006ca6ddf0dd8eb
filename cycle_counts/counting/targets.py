"""Which line each count is about: one that is there, or one that somebody has just found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from cycle_counts.counting.codes import read_codes
from cycle_counts.counting.counts import Counted, line_not_found
from cycle_counts.models import CountBatch, CountLine, LineState
from inventory.lots.finding import find_lots
from inventory.models import Lot, Sku
from inventory.resolution import inventory_not_found
from warehouses.identifiers import new_id
from warehouses.refusals import NotFound, Problem, Refusal

__all__ = ["Target", "Targets", "find_targets"]


@dataclass(slots=True)
class Target:
    """`is_new`: nobody knew of the line before; it has its place when it is written."""

    line: CountLine
    is_new: bool


@dataclass(frozen=True, slots=True)
class Targets:
    """The target of each count, by its place in what was given; and a refusal for each count that has none."""

    found: dict[int, Target]
    refused: list[Refusal]


#: Bin, SKU, and the lot: known, or only its code.
_Place = tuple[UUID, UUID, UUID | None, str]


def find_targets(batch: CountBatch, counts: Sequence[tuple[int, Counted]]) -> Targets:
    """The line that each of `counts` (its place, and it) is about, in memory where it is new. Five queries at most.

    Refusals: NotFound `COUNT_LINE_NOT_FOUND` (also a count to be taken back of what nobody counted), `BIN_NOT_FOUND`,
    `INVENTORY_NOT_FOUND`, `LOT_NOT_FOUND`.
    """
    finder = _Finder(batch, [count for _, count in counts])
    found: dict[int, Target] = {}
    refused: list[Refusal] = []
    for place, count in counts:
        try:
            found[place] = finder.find(count)
        except Refusal as refusal:
            refused.append(refusal)
    return Targets(found, refused)


class _Finder:
    def __init__(self, batch: CountBatch, counts: Sequence[Counted]) -> None:
        self.batch = batch
        self.skus = read_codes(
            organization=batch.organization,
            codes=[count.code for count in counts if count.sku is None and count.line_id is None],
        )
        self.lots = find_lots(
            batch.organization,
            {
                (sku.pk, count.lot_code)
                for count in counts
                if count.lot_code and count.lot is None and (sku := self._sku(count)) is not None
            },
        )
        self.by_key: dict[UUID, Target] = {}
        self.by_place: dict[_Place, Target] = {}
        self.by_code: dict[tuple[UUID, str], Target] = {}
        for line in self._lines(counts):
            self._keep(Target(line, is_new=False))

    def find(self, count: Counted) -> Target:
        if count.line_id is not None:
            target = self.by_key.get(count.line_id)
            if target is None:
                raise line_not_found(count.index)
            return target
        shelf = count.bin
        if shelf is None or shelf.warehouse_id != self.batch.warehouse_id:
            raise _not_found("BIN_NOT_FOUND", f"{self.batch.warehouse.name} has no such bin.", count, "bin")
        code = count.code.strip()
        if count.sku is None and (shelf.pk, code) in self.by_code:
            # Since it was found unknown, somebody may have given a SKU this code: it is the same thing still.
            return self.by_code[shelf.pk, code]
        sku = self._sku(count)
        if sku is not None and sku.organization_id != self.batch.organization_id:
            raise inventory_not_found(sku.code, count.index)
        lot = self._lot(count, sku)
        target = self._there(shelf.pk, sku, lot, count.lot_code)
        if target is not None:
            return target
        if count.quantity is None:
            raise line_not_found(count.index)
        line = CountLine(
            pk=new_id(),
            batch=self.batch,
            bin=shelf,
            sku=sku,
            lot=lot,
            code=code if count.sku is None else "",
            lot_code="" if lot is not None else count.lot_code,
            is_found=True,
            state=LineState.PENDING,
        )
        return self._keep(Target(line, is_new=True))

    def _sku(self, count: Counted) -> Sku | None:
        return count.sku or self.skus.get(count.code)

    def _lot(self, count: Counted, sku: Sku | None) -> Lot | None:
        if count.lot is None:
            return self.lots.get((sku.pk, count.lot_code)) if sku is not None else None
        if sku is None or count.lot.sku_id != sku.pk:
            raise _not_found("LOT_NOT_FOUND", "The SKU has no such lot.", count, "lot")
        return count.lot

    def _there(self, bin_id: UUID, sku: Sku | None, lot: Lot | None, lot_code: str) -> Target | None:
        if sku is None:
            return None
        key = lot.pk if lot is not None else None
        target = self.by_place.get((bin_id, sku.pk, key, "" if key else lot_code.casefold()))
        if target is None and lot is not None:
            # What was counted while nobody knew the lot: now somebody does.
            target = self.by_place.get((bin_id, sku.pk, None, lot.code.casefold()))
            if target is not None:
                target.line.lot, target.line.lot_code = lot, ""
                self._keep(target)
        return target

    def _keep(self, target: Target) -> Target:
        line = target.line
        self.by_key[line.pk] = target
        if line.sku_id is None:
            self.by_code[line.bin_id, line.code] = target
        else:
            self.by_place[line.bin_id, line.sku_id, line.lot_id, line.lot_code.casefold()] = target
        return target

    def _lines(self, counts: Sequence[Counted]) -> Iterable[CountLine]:
        """The lines of the batch that the counts may be about. One query."""
        named = {count.line_id for count in counts if count.line_id is not None}
        others = [count for count in counts if count.line_id is None and count.bin is not None]
        bins = {count.bin.pk for count in others if count.bin is not None}
        skus = {sku.pk for count in others if (sku := self._sku(count)) is not None}
        codes = {count.code.strip() for count in others if count.sku is None}
        wanted = Q(pk__in=named)
        if bins:
            wanted |= Q(bin__in=bins, sku__in=skus) | Q(bin__in=bins, sku__isnull=True, code__in=codes)
        rows = CountLine.objects.filter(wanted, batch=self.batch).order_by()
        return rows.select_related("bin", "sku", "lot")


def _not_found(code: str, detail: str, count: Counted, field: str) -> NotFound:
    return NotFound(code, detail, problems=[Problem(code, detail, count.index, field)])
