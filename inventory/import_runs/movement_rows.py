"""Rows that say by how much stock has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from inventory.import_runs.effects import Effect, Judged, post_good
from inventory.import_runs.warehouse_rows import StockDocuments, joined
from inventory.imports.fields import BadValue
from inventory.imports.movement_lines import (
    MovementLine,
    MovementReader,
    known_digests,
    ledger_lines,
    remember,
)
from inventory.models import ImportRow, RowOutcome, RowStage, Sku, Source, StockLevel, sku_key
from inventory.stock_documents import RESERVED_REASONS, post_adjustment

__all__ = ["MovementRows"]

_Level = tuple[UUID, UUID]


class MovementRows(StockDocuments):
    """Each row is posted once in the life of the organization: it is known by its values, as in `import_movements`.

    A row that takes more than there is waits for those that bring something, however far below they stand. Whether
    there will be enough is added up over the whole file, from what is available now; the ledger has the last word.
    """

    tries_again = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._reader = MovementReader(self.names, self.organization.zone)
        self._on_hand: dict[_Level, int] = {}
        self._available: dict[_Level, int] = {}
        self._waiting: dict[_Level, list[MovementLine]] = {}

    def read(self, row: ImportRow, cells: Mapping[str, str]) -> MovementLine:
        line = self._reader.read(cells, record=None, index=row.number)
        self.places.add(line.warehouse.pk)
        if row.stage == RowStage.READY:
            # Which of several equal rows it is, the check has told: now only some of the rows are read.
            line = replace(line, digest=row.key)
        if line.reason.code_key in RESERVED_REASONS:
            raise BadValue(
                "reason_code",
                f"{line.reason.code} is a reason of the product's own documents: choose another",
            )
        return line

    def key_of(self, entry: MovementLine) -> str:
        return entry.digest

    def post(self, entries: Sequence[MovementLine]) -> Judged:
        judged = Judged()
        good, skus = self.known(entries, judged)
        return joined(judged, post_good(good, lambda left: self._post(left, skus)))

    def _post(self, lines: Sequence[MovementLine], skus: Mapping[str, Sku]) -> dict[int, Effect]:
        digests = known_digests(self.organization, lines)
        fresh = [line for line in lines if line.digest not in digests]
        effects = {
            line.index: Effect(RowOutcome.SAME, (), skus[sku_key(line.sku_code)].pk)
            for line in lines
            if line.digest in digests
        }
        if not fresh:
            return effects
        posted = ledger_lines(fresh, skus)
        recorded = post_adjustment(
            access=self.access,
            source=Source.IMPORT,
            lines=posted,
            note=self.note(fresh),
            reference=self.run.public_id,
        )
        if recorded.adjustment is None:
            raise RuntimeError("Movements that are not 0 made no adjustment.")
        remember(self.organization, fresh, recorded.adjustment.pk)
        before: dict[int, int] = {}
        after: dict[int, int] = {}
        for change in recorded.posting.changes:
            before.setdefault(change.line, change.level_before)
            after[change.line] = change.level_after
        for place, line in enumerate(posted):
            changes = [("on_hand", str(before[place]), str(after[place]))] if place in after else []
            effects[line.index] = Effect(RowOutcome.NEW, changes, line.sku.pk, recorded.adjustment.pk)
        return effects

    # --- checking

    def judge(self, entries: Sequence[MovementLine]) -> Judged:
        judged = Judged()
        good, skus = self.known(entries, judged)
        digests = known_digests(self.organization, good)
        self._look(good, skus)
        for line in good:
            sku = skus[sku_key(line.sku_code)]
            if line.digest in digests:
                judged.good[line.index] = Effect(RowOutcome.SAME, (), sku.pk)
            elif sku.is_lot_controlled and line.quantity > 0:
                judged.bad[line.index] = [
                    (
                        "sku",
                        f"{sku.code} is received into lots only: state what is there, with its lot, instead",
                    )
                ]
            else:
                self._weigh(line, sku.pk, judged)
        return judged

    def judge_at_last(self) -> Judged:
        judged = Judged()
        for key, lines in self._waiting.items():
            # Only what takes away waits, so that one pass in their order finds all that still fit.
            left: list[MovementLine] = []
            for line in lines:
                if self._fits(line, key):
                    judged.good[line.index] = self._taken(line, key)
                else:
                    left.append(line)
            for line in left:
                there = self._available[key]
                judged.bad[line.index] = [
                    ("quantity_change", f"{-line.quantity:,} are to go, but {max(there, 0):,} are available")
                ]
        return judged

    def _look(self, lines: Sequence[MovementLine], skus: Mapping[str, Sku]) -> None:
        """What there is of levels that no row before was about. One query."""
        keys = {(skus[sku_key(line.sku_code)].pk, line.warehouse.pk) for line in lines} - self._on_hand.keys()
        if not keys:
            return
        levels = StockLevel.objects.order_by().filter(
            organization=self.organization,
            sku__in={sku for sku, _ in keys},
            warehouse__in={place for _, place in keys},
        )
        found = {
            (sku, place): (on_hand, available)
            for sku, place, on_hand, available in levels.values_list(
                "sku_id", "warehouse_id", "on_hand", "available"
            )
        }
        for key in keys:
            self._on_hand[key], self._available[key] = found.get(key, (0, 0))

    def _weigh(self, line: MovementLine, sku_id: UUID, judged: Judged) -> None:
        key = (sku_id, line.warehouse.pk)
        if self._fits(line, key):
            judged.good[line.index] = self._taken(line, key)
        else:
            self._waiting.setdefault(key, []).append(line)

    def _fits(self, line: MovementLine, key: _Level) -> bool:
        return line.quantity > 0 or self._available[key] + line.quantity >= 0

    def _taken(self, line: MovementLine, key: _Level) -> Effect:
        before = self._on_hand[key]
        self._on_hand[key] += line.quantity
        self._available[key] += line.quantity
        return Effect(RowOutcome.NEW, [("on_hand", str(before), str(self._on_hand[key]))], key[0])
