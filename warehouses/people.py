"""Who belongs to an organization and what they may do there: members, roles, extra permissions, invitations.

Two rules hold everywhere. Nobody gives a right that they do not have themselves, in that place; and an organization
keeps at least one owner: an active member who may manage it everywhere. Changes to an organization's people take the
organization's row as their lock, so that two owners cannot remove each other at the same time.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urljoin
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
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
from warehouses.permissions import DESCRIPTIONS, codename, expand
from warehouses.records import validate
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem
from warehouses.roles import vocabulary

__all__ = [
    "INVITATION_DAYS",
    "accept",
    "accept_as_new_person",
    "account_of",
    "add_member",
    "assign_role",
    "extra_permissions",
    "find_invitation",
    "invite",
    "may_grant_role",
    "remove_member",
    "restore_member",
    "revoke",
    "set_extra_permissions",
    "suspend_member",
    "withdraw_role",
]

MANAGE = "organization.manage"
INVITATION_DAYS = 7

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
    access = _manager(organization, actor, access)
    _check_place(organization, warehouse)
    if role is not None:
        _check_grant(access, _permissions_of(role), warehouse)

    def work() -> Membership:
        return _join(organization, user, role, warehouse)

    membership = transactions.run(work)
    _tell("member.added", actor, organization, user)
    return membership


def suspend_member(
    *, organization: Organization, actor: Actor, membership: Membership, access: Access | None = None
) -> None:
    """Close the organization to a member from their next request on, keeping their roles.

    What they were still inviting to is revoked. Raises Conflict `LAST_OWNER`, Forbidden, NotFound.
    """
    access = _manager(organization, actor, access)

    def work() -> None:
        _lock(organization)
        current = _member(organization, membership)
        current.is_active = False
        current.save(update_fields=["is_active"])
        _revoke_all_of(organization, current.user)
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
    access = _manager(organization, actor, access)

    def work() -> None:
        _lock(organization)
        current = _member(organization, membership)
        for assignment in current.role_assignments.select_related("role", "warehouse"):
            _check_grant(access, _permissions_of(assignment.role), assignment.warehouse)
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
    access = _manager(organization, actor, access)

    def work() -> None:
        _lock(organization)
        current = _member(organization, membership)
        OrganizationUserPermission.objects.filter(user=current.user, content_object=organization).delete()
        WarehouseUserPermission.objects.filter(
            user=current.user, content_object__organization=organization
        ).delete()
        _revoke_all_of(organization, current.user)
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
    access = _manager(organization, actor, access)
    _check_place(organization, warehouse)
    _check_grant(access, _permissions_of(role), warehouse)

    def work() -> RoleAssignment:
        _lock(organization)
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
    access = _manager(organization, actor, access)

    def work() -> User:
        _lock(organization)
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


def may_grant_role(access: Access, role: Group, warehouse: Warehouse | None = None) -> bool:
    """Whether the caller has, in that place, everything that the role would give."""
    return not _missing(access, _permissions_of(role), warehouse)


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
    access = _manager(organization, actor, access)
    _check_place(organization, warehouse)
    wanted = frozenset(permissions)
    if unknown := wanted - DESCRIPTIONS.keys():
        raise InvalidInput("UNKNOWN_PERMISSION", f"There is no permission {', '.join(sorted(unknown))}.")

    def work() -> None:
        _lock(organization)
        current = _member(organization, membership)
        place = warehouse.pk if warehouse else None
        held = extra_permissions(organization=organization, membership=current).get(place, frozenset())
        _check_grant(access, wanted - held, warehouse)
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


# --- invitations


def invite(
    *,
    organization: Organization,
    actor: Actor,
    access: Access | None = None,
    email: str,
    role: Group,
    warehouse: Warehouse | None = None,
    site_url: str = "",
) -> tuple[Invitation, str]:
    """Offer a role to an e-mail address: the invitation, and the token that is in no database.

    The mail goes out after the commit when `site_url` (such as `https://stock.example.com/`) says where the product
    is. An older open invitation to the same address and place is replaced.

    Raises Forbidden `PERMISSION_DENIED` and `ROLE_EXCEEDS_YOURS`, Conflict `ALREADY_HAS_ROLE`, InvalidInput
    `INVALID_INPUT`, NotFound for a foreign warehouse.
    """
    access = _manager(organization, actor, access)
    _check_place(organization, warehouse)
    _check_grant(access, _permissions_of(role), warehouse)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        organization=organization,
        email=User.objects.normalize_email(email.strip()),
        role=role,
        warehouse=warehouse,
        digest=_digest(token),
        invited_by_id=actor.id if actor.type == ActorType.USER else None,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    validate(invitation)

    def work() -> None:
        _lock(organization)
        if RoleAssignment.objects.filter(
            membership__organization=organization,
            membership__user__email__iexact=invitation.email,
            membership__is_active=True,
            role=role,
            warehouse=warehouse,
        ).exists():
            detail = f"{invitation.email} already is a member with this role."
            raise Conflict(
                "ALREADY_HAS_ROLE", detail, problems=[Problem("ALREADY_HAS_ROLE", detail, field="email")]
            )
        _open(organization).filter(email__iexact=invitation.email, role=role, warehouse=warehouse).update(
            revoked_at=timezone.now()
        )
        invitation.save(force_insert=True)
        if site_url:
            transaction.on_commit(lambda: _send(invitation, token, site_url, actor), robust=True)

    transactions.run(work)
    _log.info("invitation.created", id=invitation.public_id, organization=organization.public_id)
    return invitation, token


def revoke(
    *, organization: Organization, actor: Actor, invitation: Invitation, access: Access | None = None
) -> None:
    """Withdraw an invitation that nobody has accepted. Raises Conflict `INVITATION_USED`, Forbidden, NotFound."""
    access = _manager(organization, actor, access)
    if invitation.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such invitation.")
    changed = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    invitation.refresh_from_db(fields=["accepted_at", "revoked_at"])
    if not changed and invitation.accepted_at is not None:
        raise Conflict(
            "INVITATION_USED", f"{invitation.email} has already accepted; remove the member instead."
        )
    _log.info("invitation.revoked", id=invitation.public_id, actor_type=actor.type.value)


def find_invitation(token: str) -> Invitation:
    """The open invitation behind a token.

    Raises NotFound `INVITATION_UNKNOWN`, Conflict `INVITATION_USED`, `INVITATION_REVOKED`, `INVITATION_EXPIRED`.
    """
    invitation = (
        Invitation.objects.select_related("organization", "role", "warehouse", "invited_by")
        .filter(digest=_digest(token), organization__is_active=True)
        .first()
    )
    if invitation is None:
        raise NotFound("INVITATION_UNKNOWN", "This link is not an invitation; was all of it copied?")
    _check_open(invitation, timezone.now())
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """The account that the invited address already has."""
    return User.objects.filter(email__iexact=invitation.email).first()


def accept_as_new_person(*, token: str, name: str, password: str) -> User:
    """Make the account that the invitation is for, and the membership.

    Raises what `find_invitation` raises, Conflict `ACCOUNT_EXISTS`, InvalidInput `INVALID_INPUT` (fields `name`,
    `password`).
    """

    def work() -> User:
        invitation = find_invitation(token)
        user = User(email=invitation.email, name=name.strip())
        validate(user, exclude=("password",))
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise InvalidInput(
                "INVALID_INPUT",
                " ".join(error.messages),
                problems=[Problem("INVALID_INPUT", message, field="password") for message in error.messages],
            ) from error
        user.set_password(password)
        if account_of(invitation) is not None:
            raise _account_exists()
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as error:
            raise _account_exists() from error
        _take(invitation, user)
        return user

    user = transactions.run(work)
    _log.info("invitation.accepted", user=user.public_id)
    return user


def accept(*, token: str, user: User) -> Membership:
    """Join the organization with an account that exists.

    Raises what `find_invitation` raises, and Forbidden `INVITATION_FOR_ANOTHER` to anyone but the invited person.
    """

    def work() -> Membership:
        invitation = find_invitation(token)
        if not user.is_active or invitation.email.casefold() != user.email.casefold():
            raise Forbidden("INVITATION_FOR_ANOTHER", f"This invitation is for {invitation.email}.")
        return _take(invitation, user)

    membership = transactions.run(work)
    _log.info("invitation.accepted", user=user.public_id)
    return membership


# --- what the above is made of


def _manager(organization: Organization, actor: Actor, access: Access | None) -> Access:
    """The access that the change answers to; the system's own commands need not bring one."""
    if access is None:
        if actor.type != ActorType.SYSTEM:
            raise Forbidden("PERMISSION_DENIED", f"This needs the permission {MANAGE}.")
        access = access_of_system(organization)
    if access.organization.pk != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such organization.")
    access.require(MANAGE)
    if not access.everywhere(MANAGE):
        raise Forbidden("PERMISSION_DENIED", f"This needs the permission {MANAGE} in the whole organization.")
    return access


def _check_place(organization: Organization, warehouse: Warehouse | None) -> None:
    if warehouse is not None and warehouse.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such warehouse.")


def _permissions_of(role: Group) -> frozenset[str]:
    names = vocabulary()
    codes = role.permissions.values_list("codename", flat=True)
    return expand(names[code] for code in codes if code in names)


def _missing(access: Access, permissions: Iterable[str], warehouse: Warehouse | None) -> list[str]:
    if warehouse is None:
        return sorted(name for name in permissions if not access.everywhere(name))
    return sorted(name for name in permissions if not access.covers(name, warehouse.pk))


def _check_grant(access: Access, permissions: Iterable[str], warehouse: Warehouse | None) -> None:
    if missing := _missing(access, expand(permissions), warehouse):
        raise Forbidden(
            "ROLE_EXCEEDS_YOURS",
            f"You cannot give what you do not have: {', '.join(missing)}.",
            extra={"missing": missing},
        )


def _lock(organization: Organization) -> None:
    # Other rows of the organization are written meanwhile: their foreign keys ask for a weaker lock than this one.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


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


def _join(
    organization: Organization, user: User, role: Group | None, warehouse: Warehouse | None
) -> Membership:
    _lock(organization)
    membership, _created = Membership.objects.get_or_create(organization=organization, user=user)
    if not membership.is_active:
        membership.is_active = True
        membership.save(update_fields=["is_active"])
    if role is not None:
        RoleAssignment.objects.get_or_create(membership=membership, role=role, warehouse=warehouse)
    return membership


def _open(organization: Organization) -> QuerySet[Invitation]:
    return Invitation.objects.filter(organization=organization, accepted_at=None, revoked_at=None)


def _revoke_all_of(organization: Organization, user: User) -> None:
    _open(organization).filter(invited_by=user).update(revoked_at=timezone.now())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _check_open(invitation: Invitation, now: datetime) -> None:
    if invitation.accepted_at is not None:
        raise Conflict("INVITATION_USED", "This invitation has already been accepted.")
    if invitation.revoked_at is not None:
        raise Conflict("INVITATION_REVOKED", "This invitation was withdrawn. Ask for a new one.")
    if not invitation.is_open(now):
        raise Conflict("INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.")


def _account_exists() -> Conflict:
    return Conflict("ACCOUNT_EXISTS", "There is an account with this e-mail address: log in to accept.")


def _take(invitation: Invitation, user: User) -> Membership:
    """Use the invitation up, by compare-and-set: of two people with one link, one gets in."""
    now = timezone.now()
    taken = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None, expires_at__gt=now
    ).update(accepted_at=now)
    if not taken:
        invitation.refresh_from_db(fields=["accepted_at", "revoked_at"])
        _check_open(invitation, now)
        raise Conflict("INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.")
    return _join(invitation.organization, user, invitation.role, invitation.warehouse)


def _send(invitation: Invitation, token: str, site_url: str, actor: Actor) -> None:
    link = urljoin(site_url, reverse("warehouses:invitation", args=[token]))
    organization = " ".join(invitation.organization.name.split())  # a header holds no line break
    body = render_to_string(
        "warehouses/invitation_email.txt", {"invitation": invitation, "link": link, "inviter": actor.name}
    )
    send_mail(f"Join {organization} on Tallyhouse", body, settings.DEFAULT_FROM_EMAIL, [invitation.email])


def _tell(event: str, actor: Actor, organization: Organization, user: User) -> None:
    _log.info(
        event,
        organization=organization.public_id,
        user=user.public_id,
        actor_type=actor.type.value,
        actor_id=str(actor.id or ""),
    )
