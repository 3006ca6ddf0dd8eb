"""Taking over one batch of rows: the ledger's movements, the rows' keys, their problems, the counts and the place to
go on from, all in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from inventory import statements
from inventory.adjustments import adjust
from inventory.catalogue import find_skus
from inventory.imports.batches import keep_good
from inventory.ledger import Line, Mode
from inventory.ledger.locking import Locked
from inventory.lots import find_or_make_lots
from inventory.models import (
    Lot,
    ReasonCode,
    Sku,
    Source,
    SyncedRow,
    SyncProblem,
    SyncRun,
    SyncType,
    sku_key,
)
from inventory.reason_codes import find_reason_codes
from inventory.sync.claims import LEASE, held
from inventory.sync.feeds import Broken, Unavailable
from inventory.sync.rows import Raw, Refused, Row, read_row
from warehouses import transactions
from warehouses.actors import Actor, ActorType
from warehouses.refusals import Conflict, Problem, Refusal, RuleBroken, gather

__all__ = ["MOST_PROBLEMS", "Origin", "take_over"]

#: Rows with a problem that are kept of one run; all of them are counted.
MOST_PROBLEMS: Final = 10_000

_PROBLEM = ("run", "row", "code", "detail", "content", "is_resolved")
_SYNCED = ("warehouse", "key", "document_id")


@dataclass(frozen=True, slots=True)
class Origin:
    """What kind of rows a run takes over: FULL or INCREMENTAL. `since` is when rows that are tried again were read."""

    kind: SyncType
    since: datetime | None = None


def take_over(run: SyncRun, raws: Sequence[Raw], position: Mapping[str, Any], *, origin: Origin) -> None:
    """Apply the rows and move `run` to `position`, in one transaction; good rows are kept, bad ones become problems.

    Locks the run, then what the ledger locks. A row whose key this location has had is counted and left alone.
    Renews the lease. Raises LeaseLost, Unavailable (too much contention) and Broken (the warehouse takes nothing).
    """
    try:
        transactions.run(lambda: _Batch(held(run), raws, origin).take_over(position))
    except Conflict as conflict:
        if conflict.code == "CONTENTION":
            raise Unavailable(conflict.detail) from conflict
        raise
    # What the transaction wrote, for the next one to build on.
    run.refresh_from_db(fields=["position", "rows_read", "rows_refused", "tries", "error"])


@dataclass(slots=True)
class _Batch:
    run: SyncRun
    raws: Sequence[Raw]
    origin: Origin
    refused: dict[int, Refused] = field(default_factory=dict)  # by place in the batch
    repeated: list[Row] = field(default_factory=list)
    changed: int = 0
    skus: dict[str, Sku] = field(default_factory=dict)
    reasons: dict[str, ReasonCode] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        return self.origin.kind is SyncType.FULL

    def take_over(self, position: Mapping[str, Any]) -> None:
        rows = self._read()
        fresh = self._known(self._new(rows))
        taken = self._post(fresh) if fresh else []
        self._follow_twins(rows, taken)
        self._write_problems()
        self._write_run(taken, position)

    def _number(self, index: int) -> int:
        number = self.raws[index].number
        return self.run.rows_read + index + 1 if number is None else number

    def _read(self) -> list[Row]:
        """The rows that are well-formed."""
        rows: list[Row] = []
        for index, raw in enumerate(self.raws):
            row = read_row(raw, self.origin.kind, index=index, number=self._number(index))
            if isinstance(row, Refused):
                self.refused[index] = row
            else:
                rows.append(row)
        return rows

    def _new(self, rows: Sequence[Row]) -> list[Row]:
        """Without those that this location has had, and without a second one of the same key. One query."""
        if self.is_full or not rows:
            return list(rows)
        keys = {row.key for row in rows}
        had = SyncedRow.objects.filter(warehouse=self.run.warehouse_id, key__in=keys)
        seen = set(had.values_list("key", flat=True))
        self.repeated = [row for row in rows if row.key in seen]
        first = {row.key: row for row in reversed(rows) if row.key not in seen}
        return sorted(first.values(), key=lambda row: row.index)

    def _follow_twins(self, rows: Sequence[Row], taken: Sequence[Row]) -> None:
        """What becomes of a second row of one key: it is repeated if the first was taken over, else refused too."""
        if self.is_full:
            return
        judged = {*self.refused, *(row.index for row in (*taken, *self.repeated))}
        keys = {row.key for row in taken}
        for row in rows:
            if row.index in judged:
                continue
            if row.key in keys:
                self.repeated.append(row)
            else:
                detail = f"key: a row with the key {row.key} just before was refused."
                self.refused[row.index] = Refused("DUPLICATE_ROW", detail)

    def _known(self, rows: Sequence[Row]) -> list[Row]:
        """Those whose SKU and reason are known. Two queries."""
        organization = self.run.organization
        self.skus = find_skus(organization=organization, codes={row.sku_code for row in rows})
        self.reasons = find_reason_codes(organization=organization, codes={row.reason_code for row in rows})
        if self.is_full and rows and not self.reasons:
            raise Broken("The organization has no reason code “sync”.")
        known: list[Row] = []
        for row in rows:
            if sku_key(row.sku_code) not in self.skus:
                detail = f"sku: there is no SKU {row.sku_code}."
                self.refused[row.index] = Refused("INVENTORY_NOT_FOUND", detail)
            elif row.reason_code.casefold() not in self.reasons:
                detail = f"reason_code: there is no reason code {row.reason_code}."
                self.refused[row.index] = Refused("UNKNOWN_REASON_CODE", detail)
            else:
                known.append(row)
        return known

    def _post(self, rows: Sequence[Row]) -> list[Row]:
        """Post what the ledger takes; the rows that it took."""
        found: dict[int | None, Problem] = {}

        def post(left: Sequence[Row]) -> int:
            try:
                return self._adjust(left)
            except Refusal as refusal:
                if any(problem.code == "WAREHOUSE_INACTIVE" for problem in refusal.problems):
                    raise Broken(refusal.problems[0].detail) from refusal
                found.update({problem.index: problem for problem in reversed(refusal.problems)})
                raise

        changed, dropped = keep_good(rows, post)
        for row, words in dropped:
            self.refused[row.index] = Refused(found[row.index].code, words)
        self.changed = changed or 0
        gone = {row.index for row, _ in dropped}
        return [row for row in rows if row.index not in gone]

    def _adjust(self, rows: Sequence[Row]) -> int:
        """How many of the rows changed stock."""
        run = self.run
        actor = Actor(ActorType(run.actor_type), run.actor_id, run.actor_name)
        lots = find_or_make_lots(
            organization=run.organization,
            actor=actor,
            wanted=[
                (self.skus[sku_key(row.sku_code)].pk, row.lot_code, row.expires_on)
                for row in rows
                if row.lot_code
            ],
        )
        recorded = adjust(
            organization=run.organization,
            actor=actor,
            source=Source.SYNC,
            lines=[self._line(row, lots) for row in rows],
            reference=run.public_id,
            precondition=self._refuse_stale(rows),
            by_sync=True,
        )
        if not self.is_full:
            if recorded.adjustment is None:
                raise RuntimeError("Changes that are not 0 made no adjustment.")
            document = recorded.adjustment.pk
            statements.insert(SyncedRow, _SYNCED, [(run.warehouse_id, row.key, document) for row in rows])
        return len({change.line for change in recorded.posting.changes})

    def _line(self, row: Row, lots: Mapping[tuple[UUID, str], Lot]) -> Line:
        sku = self.skus[sku_key(row.sku_code)]
        return Line(
            sku=sku,
            warehouse=self.run.warehouse,
            quantity=row.quantity,
            reason=self.reasons[row.reason_code.casefold()],
            mode=Mode.TO if self.is_full else Mode.BY,
            lot=lots[sku.pk, row.lot_code] if row.lot_code else None,
            note=row.note,
            reference=row.key or self.run.public_id,
            occurred_at=row.occurred_at,
            is_fact=not self.is_full,
            index=row.index,
        )

    def _refuse_stale(self, rows: Sequence[Row]) -> Callable[[Locked], None] | None:
        """A quantity that was read some time ago is not set over what has happened since."""
        since = self.origin.since
        if since is None or not self.is_full:
            return None

        def check(locked: Locked) -> None:
            refusals: list[Refusal] = []
            for row in rows:
                sku = self.skus[sku_key(row.sku_code)]
                if locked.levels[sku.pk, self.run.warehouse_id].updated_at > since:
                    detail = (
                        f"The stock of {sku.code} has changed since this row was read: start a full sync."
                    )
                    problem = Problem("STALE_ROW", detail, row.index, "quantity")
                    refusals.append(RuleBroken("STALE_ROW", detail, problems=[problem]))
            if refusals:
                raise gather(refusals)

        return check

    def _write_problems(self) -> None:
        room = max(MOST_PROBLEMS - self.run.rows_refused, 0)
        statements.insert(
            SyncProblem,
            _PROBLEM,
            [
                (
                    self.run.pk,
                    self._number(index),
                    refused.code[:40],
                    refused.detail[:500],
                    self.raws[index].content(),
                    False,
                )
                for index, refused in sorted(self.refused.items())[:room]
            ],
        )

    def _write_run(self, taken: Sequence[Row], position: Mapping[str, Any]) -> None:
        run = self.run
        settled = [self._number(row.index) for row in (*taken, *self.repeated)]
        if run.retries_id is not None and settled:
            # The row stands under the same number with every run that has tried it.
            SyncProblem.objects.filter(
                Q(run=run.retries_id) | Q(run__retries=run.retries_id), row__in=settled
            ).update(is_resolved=True)
        until = timezone.now() + LEASE
        SyncRun.objects.filter(pk=run.pk).update(
            rows_read=F("rows_read") + len(self.raws),
            rows_changed=F("rows_changed") + self.changed,
            rows_unchanged=F("rows_unchanged") + len(taken) - self.changed,
            rows_repeated=F("rows_repeated") + len(self.repeated),
            rows_refused=F("rows_refused") + len(self.refused),
            position=dict(position),
            tries=0,
            error="",
            lease_until=until,
            next_attempt_at=until,
        )
