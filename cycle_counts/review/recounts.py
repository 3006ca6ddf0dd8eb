"""Counting again what was counted: a batch of its own, for somebody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cycle_counts import planning
from cycle_counts.models import BatchState, CountBatch, CountLine, CountNumber, Origin
from cycle_counts.notifications import tell_assigned
from inventory import history
from inventory.numbers import next_number
from warehouses.access import Access
from warehouses.models import User
from warehouses.refusals import Problem, Refusal, RuleBroken, readdressed
from warehouses.who_may import person_behind

__all__ = ["give_number", "make_recount"]


def give_number(access: Access) -> int:
    """The number of a recount. Locks it, which comes before the stock levels in the order of locks."""
    return next_number(CountNumber, access.organization)


def make_recount(
    *,
    access: Access,
    batch: CountBatch,
    lines: Sequence[CountLine],
    number: int,
    assignees: Collection[User] | None,
    at: datetime,
) -> CountBatch:
    """A planned count of `lines`, due today: as blind and as tolerant as the first one, in the same order.

    `assignees` None: those of the first batch who have counted none of these lines. Nobody is left where all of them
    have: then it is for whoever may count there. A constant number of statements, and one more for each time that the
    lines were recounted before. Raises RuleBroken `ASSIGNEE_MAY_NOT_COUNT`, `NOBODY_TO_RECOUNT`.
    """
    counters = _counters_of(lines)
    people = _chosen(access, batch, lines, counters, assignees)
    recount = CountBatch.objects.create(
        organization=access.organization,
        number=number,
        name=f"Recount of {batch.label}",
        warehouse=batch.warehouse,
        state=BatchState.DRAFT,
        origin=Origin.RECOUNT,
        is_blind=batch.is_blind,
        tolerance_units=batch.tolerance_units,
        tolerance_percent=batch.tolerance_percent,
        tolerance_value=batch.tolerance_value,
        due_on=access.organization.today(),
        recount_of=batch,
        planned_by_id=person_behind(access.actor),
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=at,
    )
    through: Any = CountBatch.assignees.through
    through.objects.bulk_create(through(countbatch=recount, user=person) for person in people)
    planning.write_lines(
        recount,
        [
            planning.PlannedLine(
                bin_id=line.bin_id,
                sku_id=line.sku_id,
                lot_id=line.lot_id,
                abc_class=line.abc_class,
                code=line.code if line.sku_id is None else "",
                lot_code=line.lot_code,
                is_found=line.sku_id is None,
                recount_of_id=line.pk,
            )
            for line in lines
        ],
    )
    planning.write_bins(recount, list(dict.fromkeys(line.bin_id for line in lines)))
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=recount,
        action="create",
        to_state=recount.state,
        at=at,
        quantity=len(lines),
        reason=recount.name,
    )
    tell_assigned(access=access, batch=recount, users=people, at=at)
    return recount


def _chosen(
    access: Access,
    batch: CountBatch,
    lines: Sequence[CountLine],
    counters: dict[UUID, set[UUID]],
    assignees: Collection[User] | None,
) -> list[User]:
    if assignees is None:
        have = set().union(*counters.values()) if counters else set()
        return [person for person in batch.assignees.order_by("email") if person.pk not in have]
    try:
        chosen = planning.require_assignees(access, batch.warehouse, assignees)
    except Refusal as refusal:
        fields = {"assignees": "recount_assignees"}
        raise readdressed(refusal, range(len(assignees)), fields=fields) from refusal
    if not chosen:
        return []
    wanted = {person.pk for person in chosen}
    barred = [line for line in lines if wanted <= counters.get(line.pk, set())]
    if barred:
        told = f"{len(barred)} of the lines" if len(barred) > 1 else "A line"
        detail = f"{told} to be recounted would have nobody else to count: {_names(chosen)} counted before."
        raise _refusal("NOBODY_TO_RECOUNT", detail)
    return chosen


def _counters_of(lines: Sequence[CountLine]) -> dict[UUID, set[UUID]]:
    """Who has counted each line, or what it counts again, as far as they are persons."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    heirs: dict[UUID, list[UUID]] = defaultdict(list)  # of each earlier line, those that ask about it
    for line in lines:
        if line.counted_by_id is not None:
            found[line.pk].add(line.counted_by_id)
        if line.recount_of_id is not None:
            heirs[line.recount_of_id].append(line.pk)
    while heirs:
        earlier = CountLine.objects.order_by().filter(pk__in=list(heirs))
        rows: Iterable[Any] = earlier.values_list("pk", "counted_by", "recount_of")
        following: dict[UUID, list[UUID]] = defaultdict(list)
        for key, person, before in rows:
            for heir in heirs[key]:
                if person is not None:
                    found[heir].add(person)
                if before is not None:
                    following[before].append(heir)
        heirs = following
    return found


def _names(people: Iterable[User]) -> str:
    return ", ".join(person.get_full_name() or person.email for person in people)


def _refusal(code: str, detail: str) -> RuleBroken:
    return RuleBroken(code, detail, problems=[Problem(code, detail, field="recount_assignees")])
