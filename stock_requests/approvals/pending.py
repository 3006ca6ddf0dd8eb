"""The queue of an approver: what somebody may decide on now, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from inventory.models import StateChange
from stock_requests.approvals.rules import Rule
from stock_requests.approvals.standing import Bench
from stock_requests.approvals.verdicts import Verdict, judged, verdict_on, verdicts_on
from stock_requests.models import Approval, RequestState, Snooze, StockRequest
from stock_requests.rights import APPROVE
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.who_may import person_behind

__all__ = ["Verdict", "pending_for", "verdict_on", "verdicts_on"]


def pending_for(access: Access, *, with_snoozed: bool = True) -> QuerySet[StockRequest]:
    """The submitted requests that the caller may approve now, in no order; none without the permission.

    The database narrows: to the warehouses where the caller may approve, to what is not their own, and, where rules
    name approvers, to what waits for them or for somebody whom they stand in for. Only the requests that somebody has
    approved already are looked at one by one, for what is still missing: how many are waiting makes no difference, how
    many are half approved does. A constant number of queries, and one when the answer is read.
    """
    if not access.may(APPROVE):
        return StockRequest.objects.none()
    person = person_behind(access.actor)
    submitted = access.narrow(StockRequest.objects.all(), APPROVE, warehouse="from_warehouse_id")
    rows = submitted.filter(state=RequestState.SUBMITTED, deleted_at__isnull=True).order_by()
    begun = Exists(Approval.objects.filter(request=OuterRef("pk"), withdrawn_at__isnull=True))
    half_approved = list(rows.filter(begun))
    bench = Bench.of(
        access.organization.pk,
        [request.pk for request in half_approved],
        organization=access.organization,
        person=person,
    )
    verdicts = judged(bench, access, person, half_approved) if half_approved else {}
    mine = [key for key, verdict in verdicts.items() if verdict.may]
    if not bench.allows_self_approval:
        rows = rows.exclude(_own(access, person))
    if person is not None and not with_snoozed:
        asleep = Snooze.objects.filter(request=OuterRef("pk"), user=person, until__gt=timezone.now())
        rows = rows.exclude(Exists(asleep))
    untouched = ~begun & _asked(bench, person or access.actor.id)
    return rows.filter(untouched | Q(pk__in=mine) if mine else untouched)


def _own(access: Access, person: UUID | None) -> Q:
    if person is not None:
        return Q(requested_by=person) | Q(submitted_by=person)
    if access.actor.type != ActorType.KEY:
        return Q(pk__in=())
    submitted = StateChange.objects.filter(
        organization=access.organization,
        subject_id=OuterRef("pk"),
        action="submit",
        actor_id=access.actor.id,
    )
    return Q(actor_id=access.actor.id) | Q(Exists(submitted))


def _asked(bench: Bench, voter: UUID | None) -> Q:
    """That a rule which the request meets wants this voter, or that it meets none; nobody has approved it yet."""
    of_others = [rule for rule in bench.rules if rule.approvers and voter not in rule.approvers]
    if not of_others:
        return Q()
    condition = Q(pk__in=())
    for rule in bench.rules:
        if rule not in of_others:
            condition |= rule.condition
            continue
        for delegator in bench.delegators & rule.approvers.keys() & bench.people.keys():
            stood_in = rule.condition
            some = bench.people[delegator]
            if some is not None:
                stood_in &= Q(from_warehouse__in=some)
            if not bench.allows_self_approval:
                stood_in &= ~_asked_by(delegator)
            condition |= stood_in
    return condition | _meets_none(of_others)


def _asked_by(person: UUID) -> Q:
    # Spelled out for those whom nobody asked for: unknown is not "somebody else" to a database.
    return Q(requested_by__isnull=False, requested_by=person) | Q(
        submitted_by__isnull=False, submitted_by=person
    )


def _meets_none(rules: Sequence[Rule]) -> Q:
    condition = Q()
    for rule in rules:
        condition &= ~rule.condition
    return condition
