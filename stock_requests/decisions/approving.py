"""The decision on a stock request: approved, by one or by several, or rejected; and one's own approval taken back.

Each runs in the caller's transaction and locks the request first: of two who decide at once, the second waits, and is
then told who was faster. Checked in this order: the right, the state, the version that the caller saw, whose request
it is, whose approval it needs, its lines, and last the stock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from inventory import history, statements
from inventory.ledger import DocumentRef
from inventory.models import DocumentType, EventType, Reservation, Sku
from inventory.reservations import Promise, reserve_for
from inventory.transitions import every
from stock_requests.approvals.rules import facts_of_lines, rules_met
from stock_requests.approvals.standing import Ballot, Bench, Vote, voter_of
from stock_requests.approvals.verdicts import objection, refuse_self
from stock_requests.decisions.line_decisions import Decided, LineDecision, Substitute, decide
from stock_requests.drafting import withdraw_decisions
from stock_requests.events import announce_request
from stock_requests.models import Approval, Remainder, RequestLine, RequestState, StockRequest
from stock_requests.notifications import tell_approved, tell_rejected
from stock_requests.rights import approver
from stock_requests.states import Condition, require_version, seize
from warehouses.access import Access
from warehouses.refusals import Conflict, Problem, Refusal, RuleBroken, readdressed
from warehouses.who_may import person_behind

__all__ = ["LineDecision", "Substitute", "approve_request", "reject_request", "withdraw_approval"]

_SUBMITTED: Final = (RequestState.SUBMITTED,)


def approve_request(
    *,
    access: Access,
    request: StockRequest,
    lines: Sequence[LineDecision] = (),
    note: str = "",
    remainder: Remainder | None = None,
    reason: str = "",
    version: int | None = None,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> StockRequest:
    """Approve the request as it was in `version`: line by line, or all that was asked for.

    While some rule still wants others, the request stays `submitted` and nothing is promised: the lines hold what was
    approved so far. With the last approval it is `approved`, everything is reserved at the source in one posting, and
    `stock_request.approved` is emitted. `remainder` and `reason` hold for all lines that name none. A constant number
    of statements, whatever the number of lines.

    Raises Forbidden `PERMISSION_DENIED`, `SELF_APPROVAL`, `APPROVAL_NOT_NEEDED_FROM_YOU`, NotFound
    `STOCK_REQUEST_NOT_FOUND`, Conflict `INVALID_TRANSITION`, `VERSION_CONFLICT`, `ALREADY_APPROVED`,
    `STOCK_UNAVAILABLE` with what is `available`, what `decide` raises of the lines, what the ledger raises, and what
    `condition` raises.
    """
    locked = seize(
        request,
        authorize=approver(access),
        states=_SUBMITTED,
        condition=every(require_version(version), condition),
    )
    person = person_behind(access.actor)
    bench = Bench.of(locked.organization_id, [locked.pk], organization=access.organization, person=person)
    there = list(locked.lines.select_related("sku__product").order_by("position"))
    ballot = bench.ballot(locked, facts_of_lines(locked, there))
    refusal = objection(bench, ballot, access.actor, person, locked)
    if refusal is not None:
        raise refusal
    decided = decide(
        organization=access.organization,
        request=locked,
        lines=there,
        decisions=lines,
        remainder=remainder,
        reason=reason,
    )
    _read_skus(decided.added)
    vote = bench.vote(locked, access.actor, person)
    # Substitutes may be dear, or of a category of their own: what is asked about is what comes.
    after = Ballot(
        rules_met(bench.rules, facts_of_lines(locked, decided.lines)),
        votes=ballot.votes if _has_voted(ballot, vote) else (*ballot.votes, vote),
    )
    reserved: dict[UUID, Reservation] = {}
    if not after.unsatisfied:
        reserved = _reserve(access, locked, decided, note, recorded_at)
    at = max((each.created_at for each in reserved.values()), default=recorded_at) or timezone.now()
    if ballot.of(vote.voter) is None:
        _write_approval(access, locked, person, vote, note, at)
    _write_lines(decided, reserved)
    if reserved:
        locked.state = RequestState.APPROVED
        locked.decided_at = at
    _finish(
        access, locked, "approve", RequestState.SUBMITTED, at, note, decided.units, entries=decided.entries
    )
    if reserved:
        announce_request(EventType.REQUEST_APPROVED, access=access, request=locked, at=at, reason=note)
        tell_approved(access=access, request=locked, at=at, reason=note)
    return locked


def reject_request(
    *,
    access: Access,
    request: StockRequest,
    reason: str,
    version: int | None = None,
    condition: Condition | None = None,
    recorded_at: datetime | None = None,
) -> StockRequest:
    """Say no to the whole request, and why. Emits `stock_request.rejected`.

    Whoever may approve at the source may reject, whether or not a rule names them: one good reason is enough. What
    others have approved so far stays written down, and is withdrawn when the rejection is rolled back. `recorded_at`
    is the clock, for seeded demonstrations.

    Raises Forbidden `PERMISSION_DENIED`, `SELF_APPROVAL` (the requester cancels), NotFound `STOCK_REQUEST_NOT_FOUND`,
    Conflict `INVALID_TRANSITION`, `VERSION_CONFLICT`, RuleBroken `REASON_REQUIRED`, and what `condition` raises.
    """
    locked = seize(
        request,
        authorize=approver(access),
        states=_SUBMITTED,
        condition=every(require_version(version), condition),
    )
    refuse_self(locked, access.actor, person_behind(access.actor))
    reason = reason.strip()
    if not reason:
        detail = f"Say why {locked.name} is rejected."
        problem = Problem("REASON_REQUIRED", detail, field="reason")
        raise RuleBroken("REASON_REQUIRED", detail, problems=[problem])
    now = recorded_at or timezone.now()
    locked.state = RequestState.REJECTED
    locked.decided_at = now
    _finish(access, locked, "reject", RequestState.SUBMITTED, now, reason)
    announce_request(EventType.REQUEST_REJECTED, access=access, request=locked, at=now, reason=reason)
    tell_rejected(access=access, request=locked, at=now, reason=reason)
    return locked


def withdraw_approval(
    *, access: Access, request: StockRequest, reason: str = "", condition: Condition | None = None
) -> StockRequest:
    """Take one's own approval back, while others are still asked.

    The lines stay at what was approved so far, which is no more than any of those approved who are left; with the
    last approval they are set back to what was asked for, and substitutes are gone.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `STOCK_REQUEST_NOT_FOUND`, Conflict `INVALID_TRANSITION`,
    `NOT_APPROVED_BY_YOU`, and what `condition` raises.
    """
    locked = seize(request, authorize=approver(access), states=_SUBMITTED, condition=condition)
    voter = voter_of(access.actor, person_behind(access.actor))
    given = list(Approval.objects.filter(request=locked, withdrawn_at__isnull=True))
    mine = next((each for each in given if voter in {each.user_id, each.actor_id}), None)
    if mine is None:
        detail = f"There is no approval of {locked.name} that is yours."
        raise Conflict("NOT_APPROVED_BY_YOU", detail)
    now = timezone.now()
    if len(given) == 1:
        lost = str(withdraw_decisions(locked, at=now))
        reason = "; ".join(part for part in (reason, lost) if part)
    else:
        mine.withdrawn_at = now
        mine.save(update_fields=["withdrawn_at"])
    _finish(access, locked, "withdraw_approval", RequestState.SUBMITTED, now, reason)
    return locked


def _has_voted(ballot: Ballot, vote: Vote) -> bool:
    return any(each.voter == vote.voter for each in ballot.votes)


def _read_skus(added: Sequence[RequestLine]) -> None:
    """The SKUs of substitutes with their products, as they are now. One query, none without substitutes."""
    if added:
        found = Sku.objects.select_related("product").in_bulk({line.sku_id for line in added})
        for line in added:
            line.sku = found[line.sku_id]


def _reserve(
    access: Access, locked: StockRequest, decided: Decided, note: str, recorded_at: datetime | None
) -> dict[UUID, Reservation]:
    """What was reserved for each line, by the line's key; nothing for a line of which nothing is approved."""
    wanted = [place for place, line in enumerate(decided.lines) if line.approved]
    lines = [decided.lines[place] for place in wanted]
    try:
        reservations = reserve_for(
            access=access,
            document=DocumentRef(DocumentType.STOCK_REQUEST, locked.pk),
            warehouse=locked.from_warehouse,
            promises=[
                Promise(line.sku, line.approved or 0, index=place)
                for place, line in zip(wanted, lines, strict=True)
            ],
            reference=locked.name,
            note=note,
            recorded_at=recorded_at,
        )
    except Refusal as refusal:
        raise readdressed(refusal, decided.rows) from refusal
    return {line.pk: reservation for line, reservation in zip(lines, reservations, strict=True)}


def _write_approval(
    access: Access, locked: StockRequest, person: UUID | None, vote: Vote, note: str, at: datetime
) -> None:
    approval = Approval.objects.create(
        organization=access.organization,
        request=locked,
        user_id=person,
        version=locked.version,
        note=note,
        actor_type=access.actor.type,
        actor_id=access.actor.id,
        actor_name=access.actor.name,
        created_at=at,
    )
    others = Approval.on_behalf_of.through
    others._default_manager.bulk_create(
        others(approval_id=approval.pk, user_id=user) for user in sorted(vote.stands_for)
    )


_CHANGED: Final = "approved substituted back_ordered closed change_reason reservation".split()
_NEW: Final = (
    "id request position sku note requested approved picked fulfilled substituted back_ordered closed"
    " change_reason shortage_reason substitute_for reservation"
).split()
_RELATED: Final = frozenset({"request", "sku", "substitute_for", "reservation"})


def _write_lines(decided: Decided, reserved: dict[UUID, Reservation]) -> None:
    """Two statements at most."""
    for line in decided.lines:
        line.reservation = reserved.get(line.pk)
    new = {line.pk for line in decided.added}
    statements.insert(RequestLine, _NEW, [_values(line, _NEW) for line in decided.added])
    statements.update(
        RequestLine,
        _CHANGED,
        [_values(line, ("id", *_CHANGED)) for line in decided.lines if line.pk not in new],
    )


def _values(line: RequestLine, columns: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(line, f"{name}_id" if name in _RELATED else name) for name in columns)


def _finish(
    access: Access,
    locked: StockRequest,
    action: str,
    before: RequestState,
    at: datetime,
    reason: str,
    quantity: int | None = None,
    entries: Sequence[history.Entry] = (),
) -> None:
    locked.version += 1
    locked.save(update_fields=["state", "version", "decided_at"])
    # The act itself last: it is what the request is said to have come from.
    history.note_all(organization=access.organization, actor=access.actor, entries=entries, at=at)
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action=action,
        from_state=before,
        to_state=locked.state,
        at=at,
        quantity=quantity,
        reason=reason,
    )
