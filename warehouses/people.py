"""Who belongs to an organization and what they may do there: members, their roles and extra permissions.

Two rules hold everywhere. Nobody gives a right that they do not have themselves, in that place (`delegation`); and an
organization keeps at least one owner: an active member who may manage it everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import structlog
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.utils import timezone

from warehouses import transactions
from warehouses.access import Access
from warehouses.actors import Actor
from warehouses.delegation import (
    MANAGE,
    check_grant,
    check_place,
    lock_organization,
    permissions_of,
    require_manager,
)
from warehouses.models import (
    Invitation,
    Membership,
    Organization,
    OrganizationUserPermission,
    RoleAssignment,
    User,
    Warehouse,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS, codename
from warehouses.refusals import Conflict, InvalidInput, NotFound
from warehouses.roles import vocabulary

__all__ = [
    "add_member",
    "assign_role",
    "extra_permissions",
    "join",
    "remove_member",
    "restore_member",
    "set_extra_permissions",
    "suspend_member",
    "withdraw_role",
]

_log = structlog.get_logger(__name__)


# --- members


def add_member(
    *,
    organization: Organization,
    actor: Actor,
    access: Access | None = None,
    user: User,
    role: Group | None = None,
    warehouse: Warehouse | None = None,
) -> Membership:
    """Make a person a member, active again if they were suspended, with a role if one is given.

    Raises Forbidden `PERMISSION_DENIED` and `ROLE_EXCEEDS_YOURS`, NotFound for a foreign warehouse.
    """
    access = require_manager(organization, actor, access)
    check_place(organization, warehouse)
    if role is not None:
        check_grant(access, permissions_of(role), warehouse)

    def work() -> Membership:
        return join(organization, user, role, warehouse)

    membership = transactions.run(work)
    _tell("member.added", actor, organization, user)
    return membership


def join(
    organization: Organization, user: User, role: Group | None, warehouse: Warehouse | None
) -> Membership:
    """What adding a member and accepting an invitation come to, in the transaction of the caller, who has checked."""
    lock_organization(organization)
    membership, _created = Membership.objects.get_or_create(organization=organization, user=user)
    if not membership.is_active:
        membership.is_active = True
        membership.save(update_fields=["is_active"])
    if role is not None:
        RoleAssignment.objects.get_or_create(membership=membership, role=role, warehouse=warehouse)
    return membership


def suspend_member(
    *, organization: Organization, actor: Actor, membership: Membership, access: Access | None = None
) -> None:
    """Close the organization to a member from their next request on, keeping their roles.

    What they were still inviting to is revoked. Raises Conflict `LAST_OWNER`, Forbidden, NotFound.
    """
    access = require_manager(organization, actor, access)

    def work() -> None:
        lock_organization(organization)
        current = _member(organization, membership)
        current.is_active = False
        current.save(update_fields=["is_active"])
        _revoke_invitations_of(organization, current.user)
        _check_owner_left(organization)

    transactions.run(work)
    membership.is_active = False
    _tell("member.suspended", actor, organization, membership.user)


def restore_member(
    *, organization: Organization, actor: Actor, membership: Membership, access: Access | None = None
) -> None:
    """Let a suspended member in again, with the roles they had, if the caller could grant each of them.

    Raises Forbidden `ROLE_EXCEEDS_YOURS`, NotFound.
    """
    access = require_manager(organization, actor, access)

    def work() -> None:
        lock_organization(organization)
        current = _member(organization, membership)
        for assignment in current.role_assignments.select_related("role", "warehouse"):
            check_grant(access, permissions_of(assignment.role), assignment.warehouse)
        current.is_active = True
        current.save(update_fields=["is_active"])

    transactions.run(work)
    membership.is_active = True
    _tell("member.restored", actor, organization, membership.user)


def remove_member(
    *, organization: Organization, actor: Actor, membership: Membership, access: Access | None = None
) -> None:
    """Remove a member with their roles and extra permissions; the account itself stays.

    What they were still inviting to is revoked. Raises Conflict `LAST_OWNER`, Forbidden, NotFound.
    """
    access = require_manager(organization, actor, access)

    def work() -> None:
        lock_organization(organization)
        current = _member(organization, membership)
        OrganizationUserPermission.objects.filter(user=current.user, content_object=organization).delete()
        WarehouseUserPermission.objects.filter(
            user=current.user, content_object__organization=organization
        ).delete()
        _revoke_invitations_of(organization, current.user)
        current.delete()
        _check_owner_left(organization)

    transactions.run(work)
    _tell("member.removed", actor, organization, membership.user)


# --- roles and extra permissions


def assign_role(
    *,
    organization: Organization,
    actor: Actor,
    access: Access | None = None,
    membership: Membership,
    role: Group,
    warehouse: Warehouse | None = None,
) -> RoleAssignment:
    """Give a member a role, in the whole organization or in one warehouse; giving it twice changes nothing.

    Raises Forbidden `PERMISSION_DENIED` and `ROLE_EXCEEDS_YOURS`, NotFound.
    """
    access = require_manager(organization, actor, access)
    check_place(organization, warehouse)
    check_grant(access, permissions_of(role), warehouse)

    def work() -> RoleAssignment:
        lock_organization(organization)
        current = _member(organization, membership)
        assignment, _created = RoleAssignment.objects.get_or_create(
            membership=current, role=role, warehouse=warehouse
        )
        return assignment

    assignment = transactions.run(work)
    _tell("role.assigned", actor, organization, membership.user)
    return assignment


def withdraw_role(
    *, organization: Organization, actor: Actor, assignment: RoleAssignment, access: Access | None = None
) -> None:
    """Take a role from a member. Raises Conflict `LAST_OWNER`, Forbidden, NotFound."""
    access = require_manager(organization, actor, access)

    def work() -> User:
        lock_organization(organization)
        current = (
            RoleAssignment.objects.select_related("membership__user")
            .filter(pk=assignment.pk, membership__organization=organization)
            .first()
        )
        if current is None:
            raise NotFound("NOT_FOUND", "There is no such role assignment.")
        user = current.membership.user
        current.delete()
        _check_owner_left(organization)
        return user

    _tell("role.withdrawn", actor, organization, transactions.run(work))


def extra_permissions(
    *, organization: Organization, membership: Membership
) -> dict[UUID | None, frozenset[str]]:
    """What a member was given beside roles: warehouse id (None: the whole organization) → permissions."""
    names = vocabulary()
    found: dict[UUID | None, set[str]] = {}
    everywhere = OrganizationUserPermission.objects.filter(
        user=membership.user_id, content_object=organization
    ).values_list("permission__codename", flat=True)
    for code in everywhere:
        if code in names:
            found.setdefault(None, set()).add(names[code])
    somewhere = WarehouseUserPermission.objects.filter(
        user=membership.user_id, content_object__organization=organization
    ).values_list("content_object_id", "permission__codename")
    for place, code in somewhere:
        if code in names:
            found.setdefault(place, set()).add(names[code])
    return {place: frozenset(permissions) for place, permissions in found.items()}


def set_extra_permissions(
    *,
    organization: Organization,
    actor: Actor,
    access: Access | None = None,
    membership: Membership,
    permissions: Iterable[str],
    warehouse: Warehouse | None = None,
) -> None:
    """Make `permissions` what the member has beside roles in the organization, or in one warehouse.

    Only what is added must be the caller's own. Raises Forbidden `ROLE_EXCEEDS_YOURS`, Conflict `LAST_OWNER`,
    InvalidInput `UNKNOWN_PERMISSION`, NotFound.
    """
    access = require_manager(organization, actor, access)
    check_place(organization, warehouse)
    wanted = frozenset(permissions)
    if unknown := wanted - DESCRIPTIONS.keys():
        raise InvalidInput("UNKNOWN_PERMISSION", f"There is no permission {', '.join(sorted(unknown))}.")

    def work() -> None:
        lock_organization(organization)
        current = _member(organization, membership)
        place = warehouse.pk if warehouse else None
        held = extra_permissions(organization=organization, membership=current).get(place, frozenset())
        check_grant(access, wanted - held, warehouse)
        rows = _permission_rows(organization, warehouse, current.user)
        rows.filter(permission__codename__in=[codename(name) for name in held - wanted]).delete()
        target = warehouse or organization
        content_type = ContentType.objects.get_for_model(target)
        for name in sorted(wanted - held):
            # Made here as well: guardian wants the permission of the object's own model.
            permission, _created = Permission.objects.get_or_create(
                content_type=content_type,
                codename=codename(name),
                defaults={"name": DESCRIPTIONS[name]},
            )
            _grant(current.user, permission, organization, warehouse)
        _check_owner_left(organization)

    transactions.run(work)
    _tell("permissions.set", actor, organization, membership.user)


# --- what the above is made of


def _member(organization: Organization, membership: Membership) -> Membership:
    current = (
        Membership.objects.select_related("user").filter(organization=organization, pk=membership.pk).first()
    )
    if current is None:
        raise NotFound("NOT_FOUND", "There is no such member.")
    return current


def _check_owner_left(organization: Organization) -> None:
    managing = Q(
        role_assignments__warehouse=None, role_assignments__role__permissions__codename=codename(MANAGE)
    )
    directly = OrganizationUserPermission.objects.filter(
        content_object=organization, permission__codename=codename(MANAGE)
    ).values("user")
    left = Membership.objects.filter(organization=organization, is_active=True, user__is_active=True)
    if not left.filter(managing | Q(user__in=directly)).exists():
        raise Conflict(
            "LAST_OWNER", "An organization keeps at least one owner: make another member an owner first."
        )


def _permission_rows(
    organization: Organization, warehouse: Warehouse | None, user: User
) -> QuerySet[OrganizationUserPermission] | QuerySet[WarehouseUserPermission]:
    if warehouse is None:
        return OrganizationUserPermission.objects.filter(user=user, content_object=organization)
    return WarehouseUserPermission.objects.filter(user=user, content_object=warehouse)


def _grant(
    user: User, permission: Permission, organization: Organization, warehouse: Warehouse | None
) -> None:
    if warehouse is None:
        OrganizationUserPermission.objects.create(
            user=user, permission=permission, content_object=organization
        )
    else:
        WarehouseUserPermission.objects.create(user=user, permission=permission, content_object=warehouse)


def _revoke_invitations_of(organization: Organization, user: User) -> None:
    invitations = Invitation.objects.for_organization(organization).pending()
    invitations.filter(invited_by=user).update(revoked_at=timezone.now())


def _tell(event: str, actor: Actor, organization: Organization, user: User) -> None:
    _log.info(
        event,
        organization=organization.public_id,
        user=user.public_id,
        actor_type=actor.type.value,
        actor_id=str(actor.id or ""),
    )
