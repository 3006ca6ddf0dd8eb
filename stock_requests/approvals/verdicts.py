"""Whether somebody may decide on a request, and if not, why: said before the click, and checked after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from inventory.models import StateChange
from stock_requests.approvals.rules import facts_of
from stock_requests.approvals.standing import Ballot, Bench, Vote
from stock_requests.models import RequestSettings, RequestState, StockRequest
from stock_requests.rights import approver
from stock_requests.states import require_state
from warehouses.access import Access
from warehouses.actors import Actor, ActorType
from warehouses.http.instants import instant
from warehouses.refusals import Conflict, Forbidden, Refusal
from warehouses.who_may import person_behind

__all__ = ["Verdict", "is_own", "judged", "objection", "refuse_self", "verdict_on", "verdicts_on"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` and `why` are those that the approval would be refused with; both are empty where it may be given."""

    may: bool
    code: str = ""
    why: str = ""


def verdict_on(access: Access, request: StockRequest) -> Verdict:
    """Whether the caller may approve the request now, as far as that does not hang on quantities and stock."""
    return verdicts_on(access, [request])[request.pk]


def verdicts_on(access: Access, requests: Sequence[StockRequest]) -> dict[UUID, Verdict]:
    """The verdict on each request, by its key. A constant number of queries, one more for each that is decided."""
    person = person_behind(access.actor)
    keys = [request.pk for request in requests]
    bench = Bench.of(access.organization.pk, keys, organization=access.organization, person=person)
    return judged(bench, access, person, requests)


def judged(
    bench: Bench, access: Access, person: UUID | None, requests: Sequence[StockRequest]
) -> dict[UUID, Verdict]:
    """`verdicts_on`, where the bench has been read already for the person behind the caller."""
    facts = facts_of(requests)
    found: dict[UUID, Verdict] = {}
    for request in requests:
        try:
            approver(access)(request)
            require_state(request, (RequestState.SUBMITTED,))
            ballot = bench.ballot(request, facts[request.pk])
            refusal = objection(bench, ballot, access.actor, person, request)
        except Refusal as raised:
            refusal = raised
        found[request.pk] = Verdict(True) if refusal is None else Verdict(False, refusal.code, refusal.detail)
    return found


def objection(
    bench: Bench, ballot: Ballot, actor: Actor, person: UUID | None, request: StockRequest
) -> Refusal | None:
    """What speaks against an approval by somebody who has the right at the source, of a request that awaits one.

    Forbidden `SELF_APPROVAL`, `APPROVAL_NOT_NEEDED_FROM_YOU`, Conflict `ALREADY_APPROVED`. Where nothing is missing
    any more, because a rule was changed after the last approval, anybody with the right may close the matter.
    """
    if not bench.allows_self_approval and is_own(request, actor, person):
        return _self_approval(request)
    if not ballot.unsatisfied:
        return None
    vote = bench.vote(request, actor, person)
    mine = ballot.of(vote.voter)
    if mine is not None:
        at = instant(mine.created_at)
        told = f"You have approved {request.name} already, at {at}; others are still asked: {_asked(ballot)}."
        return Conflict("ALREADY_APPROVED", told, extra={"at": at, "by": mine.actor_name})
    if ballot.needs(vote):
        return None
    own = bench.own_delegators(request)
    if own and ballot.needs(replace(vote, stands_for=vote.stands_for | own)):
        return _self_approval(request)
    return _not_needed(request, ballot, vote)


def refuse_self(request: StockRequest, actor: Actor, person: UUID | None) -> None:
    """Raise Forbidden `SELF_APPROVAL` where it is the caller's own request. One query, two for a key."""
    settings = RequestSettings.objects.filter(organization=request.organization_id, allows_self_approval=True)
    if not settings.exists() and is_own(request, actor, person):
        raise _self_approval(request)


def is_own(request: StockRequest, actor: Actor, person: UUID | None) -> bool:
    """Whether it was asked for, or submitted, by the caller or the person behind. One query for a key behind which
    nobody is, else none.
    """
    if person is not None:
        return person in {request.requested_by_id, request.submitted_by_id}
    if actor.type != ActorType.KEY:
        return False
    if request.actor_id == actor.id:
        return True
    submitted = StateChange.objects.filter(
        organization=request.organization_id, subject_id=request.pk, action="submit", actor_id=actor.id
    )
    return submitted.exists()


def _self_approval(request: StockRequest) -> Forbidden:
    detail = f"{request.name} is your own request: somebody else decides on it."
    return Forbidden("SELF_APPROVAL", detail)


def _not_needed(request: StockRequest, ballot: Ballot, vote: Vote) -> Forbidden:
    detail = f"{request.name} does not need {vote.name}'s approval; it waits for {_asked(ballot)}."
    waits_for = sorted({name for rule in ballot.unsatisfied for name in rule.approvers.values()})
    return Forbidden("APPROVAL_NOT_NEEDED_FROM_YOU", detail, extra={"waitsFor": waits_for})


def _asked(ballot: Ballot) -> str:
    """Whom it waits for, rule by rule."""
    return "; ".join(
        f"{requirement.missing} of {', '.join(requirement.approvers) or 'those who may approve'}"
        f" ({requirement.name})"
        for requirement in ballot.standing.requirements
        if not requirement.is_satisfied
    )
