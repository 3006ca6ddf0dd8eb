"""Deciding in somebody else's place: for some days, one person is asked where another is named.

A day begins and ends in the organization's time zone. Whoever stands in hands nothing on: a delegation of a delegation
is none.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory import history
from stock_requests.approvals.approvers import places_of_people
from stock_requests.models import Delegation
from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.delegation import MANAGE, lock_organization
from warehouses.identifiers import decode
from warehouses.models import Organization, User
from warehouses.models.base import OrganizationQuerySet
from warehouses.refusals import Conflict, Forbidden, NotFound, Problem, RuleBroken

__all__ = [
    "create_delegation",
    "delegators_of",
    "find_delegation",
    "in_force",
    "revoke_delegation",
    "visible_delegations",
]

_ACTIVE: Final = "active"
_REVOKED: Final = "revoked"


def in_force(organization: Organization) -> OrganizationQuerySet[Delegation]:
    """Those by which somebody decides in another's place today."""
    today = organization.today()
    return Delegation.objects.for_organization(organization).filter(
        revoked_at__isnull=True, starts_on__lte=today, ends_on__gte=today
    )


def delegators_of(organization: Organization, person: UUID) -> frozenset[UUID]:
    """Those in whose place the person decides today. One query."""
    rows = in_force(organization).filter(delegate=person)
    return frozenset(rows.order_by().values_list("delegator", flat=True))


def visible_delegations(*, access: Access) -> OrganizationQuerySet[Delegation]:
    """All of the organization for those who manage it, else those from and to the person who asks."""
    rows = Delegation.objects.for_organization(access.organization)
    if access.everywhere(MANAGE):
        return rows
    if access.actor.type != ActorType.USER:
        return rows.none()
    return rows.filter(delegator=access.actor.id) | rows.filter(delegate=access.actor.id)


def find_delegation(*, access: Access, public_id: str) -> Delegation:
    """The delegation of this id with its two people, if the caller sees it. Raises NotFound `DELEGATION_NOT_FOUND`."""
    key = decode(Delegation.prefix, public_id)
    rows = visible_delegations(access=access).select_related("delegator", "delegate")
    found = rows.filter(pk=key).first() if key is not None else None
    if found is None:
        raise _not_found()
    return found


def create_delegation(
    *,
    access: Access,
    delegator: User,
    delegate: User,
    starts_on: date,
    ends_on: date,
    note: str = "",
) -> Delegation:
    """Let `delegate` be asked where `delegator` is named, from one day to the other, both included.

    People delegate what is asked of themselves; who manages the organization does it for others, who may be ill.
    Runs in the caller's transaction; locks the organization, as every change to what its people may do.

    Raises Forbidden `PERMISSION_DENIED`; RuleBroken `DELEGATE_IS_DELEGATOR`, `ENDS_BEFORE_START`, `ENDS_IN_PAST`,
    `DELEGATOR_LACKS_RIGHT` (they approve nowhere), `DELEGATE_LACKS_RIGHT` (they approve nowhere that the other does);
    Conflict `DELEGATION_OVERLAPS`.
    """
    _require_own(access, delegator.pk)
    if delegator.pk == delegate.pk:
        raise _broken("DELEGATE_IS_DELEGATOR", "Nobody stands in for themselves.", "delegate")
    if ends_on < starts_on:
        raise _broken("ENDS_BEFORE_START", "The last day is not before the first.", "ends_on")
    if ends_on < access.organization.today():
        raise _broken("ENDS_IN_PAST", f"{ends_on.isoformat()} has passed already.", "ends_on")
    lock_organization(access.organization)
    _require_rights(access.organization, delegator, delegate)
    same = Delegation.objects.filter(
        organization=access.organization, delegator=delegator, delegate=delegate, revoked_at__isnull=True
    )
    other = same.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).order_by("starts_on").first()
    if other is not None:
        detail = (
            f"{delegate} stands in for {delegator} already from {other.starts_on.isoformat()}"
            f" to {other.ends_on.isoformat()}."
        )
        problem = Problem("DELEGATION_OVERLAPS", detail, field="starts_on")
        raise Conflict("DELEGATION_OVERLAPS", detail, problems=[problem])
    delegation = Delegation.objects.create(
        organization=access.organization,
        delegator=delegator,
        delegate=delegate,
        starts_on=starts_on,
        ends_on=ends_on,
        note=note,
    )
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=delegation,
        action="create",
        to_state=_ACTIVE,
        at=delegation.created_at,
        reason=note,
    )
    return delegation


def revoke_delegation(*, access: Access, delegation: Delegation) -> Delegation:
    """End a delegation now. What the delegate has approved in the other's place stays approved.

    Runs in the caller's transaction and locks the delegation. Raises Forbidden `PERMISSION_DENIED`, NotFound
    `DELEGATION_NOT_FOUND`, Conflict `ALREADY_REVOKED`.
    """
    rows = Delegation.objects.for_organization(access.organization).select_for_update(no_key=True)
    locked = rows.filter(pk=delegation.pk).first()
    if locked is None:
        raise _not_found()
    _require_own(access, locked.delegator_id)
    if locked.revoked_at is not None:
        raise Conflict("ALREADY_REVOKED", "This delegation has been revoked already.")
    locked.revoked_at = timezone.now()
    locked.save(update_fields=["revoked_at"])
    history.note(
        organization=access.organization,
        actor=access.actor,
        subject=locked,
        action="revoke",
        from_state=_ACTIVE,
        to_state=_REVOKED,
        at=locked.revoked_at,
    )
    return locked


def _require_own(access: Access, delegator: UUID) -> None:
    if access.actor.type == ActorType.USER and access.actor.id == delegator:
        return
    if not access.everywhere(MANAGE):
        raise Forbidden(
            "PERMISSION_DENIED",
            f"To delegate for somebody else needs the permission {MANAGE} in the whole organization.",
            extra={"missing": [MANAGE]},
        )


def _require_rights(organization: Organization, delegator: User, delegate: User) -> None:
    places = places_of_people(organization.pk, {delegator.pk, delegate.pk})
    if delegator.pk not in places:
        detail = f"{delegator} may approve stock requests nowhere: there is nothing to delegate."
        raise _broken("DELEGATOR_LACKS_RIGHT", detail, "delegator")
    theirs, others = places[delegator.pk], places.get(delegate.pk, frozenset())
    shared = others if theirs is None else theirs if others is None else theirs & others
    if shared is not None and not shared:
        detail = f"{delegate} may approve stock requests nowhere that {delegator} may."
        raise _broken("DELEGATE_LACKS_RIGHT", detail, "delegate")


def _broken(code: str, detail: str, field: str) -> RuleBroken:
    return RuleBroken(code, detail, problems=[Problem(code, detail, field=field)])


def _not_found() -> NotFound:
    return NotFound("DELEGATION_NOT_FOUND", "There is no such delegation.")
