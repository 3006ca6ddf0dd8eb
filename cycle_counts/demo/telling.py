"""Telling a count: each thing that is done to it, through the doors that people use, at its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from cycle_counts.counting import Counted, count_lines, start_batch, submit_batch
from cycle_counts.models import CountBatch, CountLine, Origin
from cycle_counts.planning import Scope, create_batch
from cycle_counts.review import LineResolution, Resolved, resolve_batch
from cycle_counts.tolerances import Tolerance
from inventory.book import quantities_at
from inventory.demo.documented import key_of
from inventory.demo.people import People
from inventory.models import Sku
from warehouses.models import Bin, User, Warehouse

__all__ = ["APPROVER", "COUNTER", "MANAGER", "OWNER", "SECOND_COUNTER", "Teller"]

OWNER: Final = "owner"
MANAGER: Final = "manager"
APPROVER: Final = "approver"
COUNTER: Final = "counter"
SECOND_COUNTER: Final = "second.counter"

_A_LINE: Final = timedelta(seconds=40)


@dataclass(frozen=True, slots=True)
class Teller:
    """Acts run in the caller's transaction. A count of which nobody says otherwise finds what the books say."""

    people: People
    planner: str = MANAGER
    tolerance: Tolerance = field(default_factory=Tolerance)

    def plan(
        self,
        warehouse: Warehouse,
        skus: Sequence[Sku],
        *,
        at: datetime,
        name: str = "",
        origin: Origin = Origin.PLANNED,
        assignee: str = "",
        due_on: date | None = None,
        public_id: str = "",
    ) -> CountBatch:
        """A blind draft for these SKUs, due on the day after `at` where nothing else is said."""
        person: User | None = self.people.people.get(assignee)
        day = at.astimezone(self.people.organization.zone).date()
        return create_batch(
            access=self.people.access(self.planner),
            warehouse=warehouse,
            scope=Scope(skus=tuple(skus)),
            name=name,
            is_blind=True,
            tolerance=self.tolerance,
            assignees=[person] if person is not None else [],
            due_on=due_on or day + timedelta(days=1),
            origin=origin,
            key=key_of(public_id) if public_id else None,
            recorded_at=at,
        )

    def start(self, batch: CountBatch, *, by: str, at: datetime) -> None:
        start_batch(access=self.people.access(by), batch=batch, recorded_at=at)

    def count(
        self,
        batch: CountBatch,
        lines: Sequence[CountLine],
        *,
        by: str,
        at: datetime,
        off: Mapping[UUID, int] | None = None,
    ) -> datetime:
        """Count lines one after the other from `at` on, SKUs by so many off; when the last is done.

        A SKU that lies in several bins is off where most of it is. Each line is counted in the past of now, so that a
        count is told of goods that have moved since.
        """
        times = [at + _A_LINE * place for place in range(len(lines))]
        items = [(line.sku_id or line.pk, line.bin_id, line.lot_id) for line in lines]
        booked = quantities_at(warehouse_id=batch.warehouse_id, wanted=list(zip(items, times, strict=True)))
        most = sorted(range(len(lines)), key=lambda place: booked[place].expected)
        # Of the lines of a SKU, the last one written is the one with the most.
        off_at = {
            place: off[key]
            for key, place in {items[place][0]: place for place in most}.items()
            if off and key in off
        }
        counts = [
            Counted(
                max(book.expected + off_at.get(place, 0), 0),
                line_id=line.pk,
                counted_at=when,
                index=place,
            )
            for place, (line, item, when, book) in enumerate(zip(lines, items, times, booked, strict=True))
        ]
        done = at + _A_LINE * len(lines)
        count_lines(access=self.people.access(by), batch=batch, counts=counts, recorded_at=done)
        return done

    def find(self, batch: CountBatch, shelf: Bin, *, code: str, quantity: int, by: str, at: datetime) -> None:
        """Something lies there whose code nobody knows."""
        found = Counted(quantity, bin=shelf, code=code, counted_at=at, note="Label half torn off")
        count_lines(access=self.people.access(by), batch=batch, counts=[found], recorded_at=at)

    def submit(self, batch: CountBatch, *, by: str, at: datetime) -> None:
        submit_batch(access=self.people.access(by), batch=batch, recorded_at=at)

    def resolve(
        self,
        batch: CountBatch,
        *,
        by: str,
        at: datetime,
        resolutions: Sequence[LineResolution] = (),
        recounters: Sequence[str] = (),
    ) -> Resolved:
        """Decide as said, and accept all else."""
        people = [self.people.people[name] for name in recounters if name in self.people.people]
        return resolve_batch(
            access=self.people.access(by),
            batch=batch,
            resolutions=resolutions,
            accepts_rest=True,
            recount_assignees=people or None,
            recorded_at=at,
        )
