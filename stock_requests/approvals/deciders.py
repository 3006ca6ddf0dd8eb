"""Who could decide on a request now: the people who are told that it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from stock_requests.approvals.delegations import in_force
from stock_requests.approvals.rules import facts_of
from stock_requests.approvals.standing import Bench, Vote
from stock_requests.models import StockRequest
from stock_requests.rights import APPROVE
from warehouses.models import Organization, User
from warehouses.who_may import people_who_may

__all__ = ["deciders_of"]


def deciders_of(request: StockRequest, *, organization: Organization) -> list[User]:
    """Those whose approval would count for something that is still missing, by e-mail address.

    They may approve at the source, have not asked for it themselves (unless the organization allows that) and have not
    approved yet; where rules name approvers it is these, and those who stand in for them today. A constant number of
    queries.
    """
    people = people_who_may(
        organization=organization, permission=APPROVE, warehouse_id=request.from_warehouse_id
    )
    bench = Bench.of(organization.pk, [request.pk])
    if not bench.allows_self_approval:
        askers = {request.requested_by_id, request.submitted_by_id}
        people = [person for person in people if person.pk not in askers]
    ballot = bench.ballot(request, facts_of([request])[request.pk])
    stood_in_for = _delegators(organization, (person.pk for person in people))
    return [
        person
        for person in people
        if ballot.of(person.pk) is None
        and ballot.needs(Vote(person.email, person.pk, stood_in_for.get(person.pk, frozenset())))
    ]


def _delegators(organization: Organization, people: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Of each of these people, for whom of them they decide today: it takes the right of both."""
    keys = list(people)
    rows = in_force(organization).filter(delegate__in=keys, delegator__in=keys)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for delegate, delegator in rows.order_by().values_list("delegate", "delegator"):
        found[delegate].add(delegator)
    return {delegate: frozenset(delegators) for delegate, delegators in found.items()}
