"""Somebody says what they have counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from cycle_counts.counting.bins import find_visits, write_visits
from cycle_counts.counting.counters import Counter, counters_before
from cycle_counts.counting.counts import Counted, Counts, Visited, require_well_formed
from cycle_counts.counting.instants import CLOCKS_DIFFER, Clock
from cycle_counts.counting.replays import find_replays
from cycle_counts.counting.targets import Target, find_targets
from cycle_counts.models import BatchState, Classification, CountBatch, CountEntry, CountLine, LineState
from cycle_counts.models.entry import ENTRY_COLUMNS
from cycle_counts.rights import counter
from cycle_counts.states import Condition, require_state, seize
from inventory import statements
from inventory.book import Asked, Booked, read_book
from warehouses.access import Access
from warehouses.identifiers import new_id
from warehouses.refusals import Refusal, gather

__all__ = ["count_lines"]


def count_lines(
    *,
    access: Access,
    batch: CountBatch,
    counts: Sequence[Counted],
    visited: Sequence[Visited] = (),
    sent_at: datetime | None = None,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> Counts:
    """Write down what was counted, all or nothing, each against what the books say at the instant of its count.

    A line is counted by one: again by the same, never by another. Of the counts of a line, that holds which was counted
    last, not which arrived last. A count that was sent before changes nothing, in whatever state the batch is by now.
    What the batch has no line for gets one, as found; also where nobody knows what the scanned code means. With
    `sent_at`, the sender's clock when it sent, only how long ago each count was is believed. `recorded_at` is the
    clock, for seeded demonstrations.

    Needs `inventory.cyclecount` in the warehouse, and a transaction of the caller's. Locks the batch, then the stock
    levels; a constant number of statements. What counters said is kept in their entries: the history has no line of it.

    Raises Forbidden `PERMISSION_DENIED`, `RECOUNT_BY_ANOTHER`, NotFound `CYCLE_COUNT_NOT_FOUND`,
    `COUNT_LINE_NOT_FOUND`, `BIN_NOT_FOUND`, `INVENTORY_NOT_FOUND`, `LOT_NOT_FOUND`, InvalidInput `INVALID_QUANTITY`,
    `INVALID_INPUT`, `COUNTED_IN_FUTURE`, RuleBroken `TOO_MANY_COUNTS`, `CLIENT_ID_REUSED`, `COUNTED_BEFORE_START`,
    Conflict `INVALID_TRANSITION`, `COUNTED_BY_ANOTHER` (it says by whom and when), and what `condition` raises; of
    several bad counts one refusal with every problem.
    """
    locked = seize(batch, authorize=counter(access), states=tuple(BatchState))
    locked.organization = access.organization
    require_well_formed(counts)
    replays = find_replays(locked, counts)
    fresh = [(place, count) for place, count in enumerate(counts) if place not in replays]
    lines: dict[int, CountLine] = {}
    visits = find_visits(locked, visited)
    if fresh or visits.unseen:
        require_state(locked, (BatchState.COUNTING,))
        if condition is not None:
            condition(locked)
        clock = Clock(recorded_at or timezone.now(), sent_at)
        entering = _Entering(access, locked, clock, is_past=recorded_at is not None)
        lines = entering.enter(fresh)
        bins = [target.line.bin_id for target in entering.made]
        write_visits(locked, visits, also=bins, clock=clock, visitor=access.actor.name)
        locked.version += 1
        locked.save(update_fields=["version"])
    for place, line in replays.items():
        lines[place] = lines[line] if isinstance(line, int) else line
    return Counts(locked, [lines[place] for place in range(len(counts))], len(replays))


@dataclass(slots=True)
class _New:
    """An entry to be. `is_now`: it was counted when it arrived, whatever any clock says."""

    count: Counted
    target: Target
    key: UUID
    at: datetime
    is_now: bool
    booked: Booked | None


class _Entering:
    """Writing counts of one batch, which the caller has locked."""

    def __init__(self, access: Access, batch: CountBatch, clock: Clock, *, is_past: bool) -> None:
        self.batch = batch
        self.clock = clock
        #: The clock was given: what is counted "now" is counted then.
        self.is_past = is_past
        self.who = Counter.of(access)
        self.made: list[Target] = []

    def enter(self, counts: Sequence[tuple[int, Counted]]) -> dict[int, CountLine]:
        """The line of each count, by its place."""
        if not counts:
            return {}
        targets = find_targets(self.batch, counts)
        refused = [*targets.refused, *self._faults(counts, targets.found)]
        if refused:
            raise gather(sorted(refused, key=_row))
        entries = self._entries([(count, targets.found[place]) for place, count in counts])
        self.made = list(
            {id(entry.target): entry.target for entry in entries if entry.target.is_new}.values()
        )
        self._place()
        changed = self._apply(entries)
        statements.insert(CountLine, _LINE, [_line(target.line) for target in self.made])
        made = {target.line.pk for target in self.made}
        old = [line for line in changed if line.pk not in made]
        statements.update(CountLine, _COUNTED, [(line.pk, *_counted(line)) for line in old])
        statements.insert(CountEntry, ENTRY_COLUMNS, [self._entry(entry) for entry in entries])
        return {place: targets.found[place].line for place, _ in counts}

    def _faults(self, counts: Sequence[tuple[int, Counted]], targets: Mapping[int, Target]) -> list[Refusal]:
        earlier = counters_before(target.line for target in targets.values())
        refused: list[Refusal | None] = []
        for place, count in counts:
            refused.append(self.clock.fault(self.batch, count))
            target = targets.get(place)
            if target is not None:
                refused.append(self.who.may_not_recount(earlier.get(target.line.pk, ()), count.index))
                refused.append(self.who.counted_before(target.line, count.index))
        return [refusal for refusal in refused if refusal is not None]

    def _entries(self, counts: Sequence[tuple[Counted, Target]]) -> list[_New]:
        """What is to be written, with what the books say to each count of something that is known."""
        instants = [self.clock.instant(count.counted_at) for count, _ in counts]
        if self.is_past:
            instants = [at or self.clock.now for at in instants]
        asked: dict[int, Asked] = {}
        for place, ((count, target), at) in enumerate(zip(counts, instants, strict=True)):
            line = target.line
            if line.sku_id is None or line.sku is None or count.quantity is None:
                continue
            # Of a lot that nobody knows there is nothing in the books, where goods are kept by lot.
            is_new = bool(line.lot_code) and line.sku.is_lot_controlled
            asked[place] = Asked((line.sku_id, line.bin_id, line.lot_id), at, is_new)
        answers = read_book(warehouse_id=self.batch.warehouse_id, asked=list(asked.values()))
        booked = dict(zip(asked, answers, strict=True))
        entries = []
        for place, ((count, target), at) in enumerate(zip(counts, instants, strict=True)):
            book = booked.get(place)
            when = book.at if book is not None else at or self.clock.now
            entries.append(_New(count, target, new_id(), when, at is None, book))
        return entries

    def _place(self) -> None:
        """Put what was found behind the last line, with the class of its SKU. Two queries, none where nothing was."""
        if not self.made:
            return
        found = {target.line.sku_id for target in self.made if target.line.sku_id is not None}
        rows = Classification.objects.filter(sku__in=found).values_list("sku", "abc_class")
        classes: dict[UUID | None, str] = dict(rows)
        last = CountLine.objects.filter(batch=self.batch).aggregate(last=Max("position"))["last"] or 0
        for position, target in enumerate(self.made, start=last + 1):
            target.line.position = position
            target.line.abc_class = classes.get(target.line.sku_id, "")

    def _apply(self, entries: Sequence[_New]) -> list[CountLine]:
        """Let the lines hold what was counted last; those that have changed. One query."""
        latest = self._latest({entry.target.line.pk for entry in entries})
        changed: dict[UUID, CountLine] = {}
        for entry in entries:
            line = entry.target.line
            last = latest.get(line.pk)
            if last is not None and self._is_late(entry, last):
                continue
            latest[line.pk] = entry.at
            self._hold(line, entry)
            changed[line.pk] = line
        return list(changed.values())

    def _latest(self, keys: set[UUID]) -> dict[UUID, datetime]:
        rows = CountEntry.objects.filter(line__in=keys).order_by()
        return dict(rows.values_list("line").annotate(last=Max("counted_at")))

    def _is_late(self, entry: _New, last: datetime) -> bool:
        """Whether something that was counted later is known already.

        What is counted now is counted last, also where another machine's clock is ahead. A phone sends in the order in
        which it counts, but some answers take longer on their way: what it counted after may seem a little earlier.
        Both are moved behind.
        """
        is_sent_in_order = self.clock.sent_at is not None and last - entry.at <= CLOCKS_DIFFER
        if entry.at <= last and (entry.is_now or is_sent_in_order):
            entry.at = last + _NEXT
        return entry.at < last

    def _hold(self, line: CountLine, entry: _New) -> None:
        count, booked = entry.count, entry.booked
        line.counted = count.quantity
        line.expected = line.variance = line.level_version = line.unit_cost = None
        if booked is not None and count.quantity is not None:
            line.expected = booked.expected
            line.variance = count.quantity - booked.expected
            line.level_version = booked.level_version
            line.unit_cost = line.sku.unit_cost if line.sku is not None else None
        if count.quantity is None:
            # Found, and then not: nobody is to look for it.
            line.state = LineState.IGNORED if line.is_found else LineState.PENDING
            line.counted_at, line.counter_type, line.counter_id = None, "", None
            line.counter_name, line.counted_by_id = "", None
        else:
            line.state = LineState.COUNTED
            line.counted_at, line.counted_by_id = entry.at, self.who.person
            line.counter_type, line.counter_id = self.who.actor.type.value, self.who.actor.id
            line.counter_name = self.who.actor.name
        line.remark, line.note = count.remark, count.note

    def _entry(self, entry: _New) -> tuple[Any, ...]:
        count, booked, actor = entry.count, entry.booked, self.who.actor
        return (
            *(
                entry.key,
                self.batch.pk,
                entry.target.line.pk,
                count.client_id or str(entry.key),
                count.quantity,
            ),
            booked.expected if booked is not None else None,
            booked.level_version if booked is not None else None,
            *(entry.at, self.clock.now, actor.type.value, actor.id, actor.name, count.remark, count.note),
        )


_NEXT: Final = timedelta(microseconds=1)
_COUNTED: Final = (
    *(
        "lot",
        "lot_code",
        "state",
        "counted",
        "expected",
        "variance",
        "unit_cost",
        "level_version",
        "counted_at",
    ),
    *("counter_type", "counter_id", "counter_name", "counted_by", "remark", "note"),
)
_LINE: Final = (
    *("id", "batch", "position", "bin", "sku", "code", "is_found", "abc_class"),
    *("is_within", "root_cause", "review_note", "reviewer_name", *_COUNTED),
)


def _counted(line: CountLine) -> tuple[Any, ...]:
    return (
        *(line.lot_id, line.lot_code, str(line.state), line.counted, line.expected, line.variance),
        *(line.unit_cost, line.level_version, line.counted_at, line.counter_type, line.counter_id),
        *(line.counter_name, line.counted_by_id, line.remark, line.note),
    )


def _line(line: CountLine) -> tuple[Any, ...]:
    return (
        *(line.pk, line.batch_id, line.position, line.bin_id, line.sku_id, line.code, line.is_found),
        *(line.abc_class, False, "", "", "", *_counted(line)),
    )


def _row(refusal: Refusal) -> int:
    return refusal.problems[0].index or 0 if refusal.problems else 0
