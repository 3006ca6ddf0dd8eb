"""Resolving a batch: its differences are posted, what is doubted is counted again, and it is done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils import timezone

from cycle_counts import abc
from cycle_counts.events import announce_resolved
from cycle_counts.models import BatchState, CountBatch, CountLine, LineState
from cycle_counts.notifications import settle_batch
from cycle_counts.review.decisions import (
    LineResolution,
    Reviewer,
    decide,
    in_words,
    lines_of,
    note_decided,
    target_of,
    unknown_yet,
    write_decided,
)
from cycle_counts.review.posting import (
    differing,
    make_lots,
    post_differences,
    require_not_posted,
    require_once,
)
from cycle_counts.review.recounts import give_number, make_recount
from cycle_counts.rights import reviewer
from cycle_counts.states import Condition, require_version, seize
from cycle_counts.wording import line_in_words, lines_in_words
from inventory import history
from inventory.models import Adjustment, Source
from inventory.transitions import every
from warehouses.access import Access
from warehouses.models import User
from warehouses.refusals import Problem, Refusal, RuleBroken, gather

__all__ = ["Resolved", "resolve_batch"]

_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Resolved:
    """`adjustment` is None where all was exact, `recount` where nothing is counted again; both while the batch is still
    in review.
    """

    batch: CountBatch
    adjustment: Adjustment | None = None
    recount: CountBatch | None = None


def resolve_batch(
    *,
    access: Access,
    batch: CountBatch,
    resolutions: Sequence[LineResolution] = (),
    accepts_rest: bool = False,
    recount_assignees: Collection[User] | None = None,
    note: str = "",
    source: Source = Source.BACKOFFICE,
    version: int | None = None,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> Resolved:
    """Decide on lines, and if every line that was counted is decided on then, post what is accepted: once, for good.

    `accepts_rest` accepts all that nobody has decided on. Where lines are named and others are left, the decisions are
    kept and the batch stays in review. Otherwise one adjustment is posted with the difference of each accepted line,
    as it was shown, what is to be recounted becomes a batch of its own, and `cycle_count.resolved` is emitted. What was
    not counted stays as it is. A constant number of statements, whatever the number of lines.

    Raises what `decide_lines` and `make_recount` raise; RuleBroken `LINES_UNDECIDED`, `SKU_UNKNOWN_YET`, Conflict
    `ITEM_COUNTED_TWICE`, `COUNTED_ELSEWHERE` (another count of the same goods was posted since); and what the ledger
    raises, with the lines by name, where the stock has left since: then nothing at all has happened.
    """
    locked = seize(
        batch,
        authorize=reviewer(access),
        states=(BatchState.REVIEW,),
        condition=every(require_version(version), condition),
    )
    at = recorded_at or timezone.now()
    lines = list(lines_of(locked))
    known = {line.pk: line for line in lines}
    critic = Reviewer.of(access)
    left = _left(lines, resolutions)
    if left and not accepts_rest and not resolutions:
        raise _undecided(locked, left)
    is_done = accepts_rest or not left
    # Naming a SKU locks its stock level, and a number comes before these.
    number = give_number(access) if is_done and _recounts(lines, resolutions) else None
    naming = decide(critic, locked, known, resolutions, at)
    rows = {target_of(known[each.line_id], naming).pk: each.index for each in resolutions}
    decided = [known[key] for key in rows]
    if accepts_rest:
        decided += _accept_rest(critic, locked, lines, at)
    write_decided(decided, naming)
    if not is_done:
        return Resolved(note_decided(access, locked, decided, at))
    accepted = [line for line in lines if line.state == LineState.ACCEPTED]
    different = differing(accepted)
    require_once(accepted, rows)
    make_lots(access=access, accepted=accepted, among=lines, rows=rows)
    adjustment: Adjustment | None = None
    if different:
        recorded = post_differences(
            access=access,
            batch=locked,
            lines=different,
            accepted=accepted,
            rows=rows,
            note=note,
            source=source,
            recorded_at=recorded_at,
        )
        adjustment, at = recorded.adjustment, recorded.posting.recorded_at
    else:
        require_not_posted(locked, accepted, rows)
    _close(access, locked, adjustment, lines, note, at)
    recount = None
    again = [line for line in lines if line.state == LineState.RECOUNT]
    if number is not None:
        recount = make_recount(
            access=access, batch=locked, lines=again, number=number, assignees=recount_assignees, at=at
        )
    abc.mark_counted(
        organization=access.organization, warehouse=locked.warehouse, counted=_counted_at(accepted)
    )
    settle_batch(access=access, batch=locked, at=at)
    announce_resolved(access=access, batch=locked, adjustment=adjustment, recount=recount, at=at)
    return Resolved(locked, adjustment, recount)


def _left(lines: Sequence[CountLine], resolutions: Sequence[LineResolution]) -> list[CountLine]:
    """The lines that are counted and that nobody has decided on, once the resolutions are made."""
    named = {each.line_id: each.resolution for each in resolutions}
    return [
        line
        for line in lines
        if line.counted is not None
        and (named[line.pk] == "undecided" if line.pk in named else line.state == LineState.COUNTED)
    ]


def _recounts(lines: Sequence[CountLine], resolutions: Sequence[LineResolution]) -> bool:
    named = {each.line_id: each.resolution for each in resolutions}
    return any(
        named[line.pk] == "recount" if line.pk in named else line.state == LineState.RECOUNT for line in lines
    )


def _accept_rest(
    critic: Reviewer, batch: CountBatch, lines: Sequence[CountLine], at: datetime
) -> list[CountLine]:
    rest = [line for line in lines if line.state == LineState.COUNTED]
    faults: list[Refusal] = []
    for line in rest:
        refusal = critic.refusal(batch, line, None)
        if line.sku_id is None:
            refusal = unknown_yet(line, None)
        if refusal is not None:
            faults.append(refusal)
    if faults:
        raise gather(faults)
    for line in rest:
        line.state = LineState.ACCEPTED
        line.reviewer_name, line.reviewed_at = critic.access.actor.name, at
    return rest


def _undecided(batch: CountBatch, left: Sequence[CountLine]) -> Refusal:
    names = ", ".join(line_in_words(line) for line in left[:_NAMED])
    rest = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
    detail = f"Of {batch.label}, {lines_in_words(len(left))} are not decided on: {names}{rest}."
    problem = Problem("LINES_UNDECIDED", detail)
    return RuleBroken("LINES_UNDECIDED", detail, problems=[problem], extra={"undecided": len(left)})


def _close(
    access: Access,
    locked: CountBatch,
    adjustment: Adjustment | None,
    lines: Sequence[CountLine],
    note: str,
    at: datetime,
) -> None:
    locked.state = BatchState.RESOLVED
    locked.closed_at = at
    locked.adjustment = adjustment
    locked.version += 1
    locked.save(update_fields=["state", "closed_at", "adjustment", "version"])
    decided = [line for line in lines if line.state in _DECIDED]
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="resolve",
        from_state=BatchState.REVIEW,
        to_state=locked.state,
        at=at,
        quantity=adjustment.line_count if adjustment is not None else 0,
        reason=history.shortened(note or in_words(decided)),
    )


_DECIDED: Final = (LineState.ACCEPTED, LineState.RECOUNT, LineState.IGNORED)


def _counted_at(accepted: Sequence[CountLine]) -> dict[UUID, datetime]:
    """When each SKU was last counted, of the lines that hold."""
    found: dict[UUID, datetime] = {}
    for line in accepted:
        if line.sku_id is not None and line.counted_at is not None:
            found[line.sku_id] = max(line.counted_at, found.get(line.sku_id, line.counted_at))
    return found
