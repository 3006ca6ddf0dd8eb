"""Invitations: a role offered to an e-mail address, by a link that is good once and until it expires."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from warehouses import transactions
from warehouses.access import Access
from warehouses.actors import Actor, ActorType
from warehouses.delegation import (
    check_grant,
    check_place,
    lock_organization,
    permissions_of,
    require_manager,
)
from warehouses.models import Invitation, Membership, Organization, RoleAssignment, User, Warehouse
from warehouses.people import join
from warehouses.records import validate
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Problem

__all__ = [
    "INVITATION_DAYS",
    "accept",
    "accept_as_new_person",
    "account_of",
    "find_invitation",
    "invite",
    "revoke",
]

INVITATION_DAYS = 7

_log = structlog.get_logger(__name__)


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
    access = require_manager(organization, actor, access)
    check_place(organization, warehouse)
    check_grant(access, permissions_of(role), warehouse)
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
        lock_organization(organization)
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
        older = Invitation.objects.for_organization(organization).pending()
        older.filter(email__iexact=invitation.email, role=role, warehouse=warehouse).update(
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
    access = require_manager(organization, actor, access)
    if invitation.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such invitation.")
    changed = Invitation.objects.pending().filter(pk=invitation.pk).update(revoked_at=timezone.now())
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
    taken = Invitation.objects.pending().filter(pk=invitation.pk, expires_at__gt=now).update(accepted_at=now)
    if not taken:
        invitation.refresh_from_db(fields=["accepted_at", "revoked_at"])
        _check_open(invitation, now)
        raise Conflict("INVITATION_EXPIRED", "This invitation has expired. Ask for a new one.")
    return join(invitation.organization, user, invitation.role, invitation.warehouse)


def _send(invitation: Invitation, token: str, site_url: str, actor: Actor) -> None:
    link = urljoin(site_url, reverse("warehouses:invitation", args=[token]))
    organization = " ".join(invitation.organization.name.split())  # a header holds no line break
    body = render_to_string(
        "warehouses/invitation_email.txt", {"invitation": invitation, "link": link, "inviter": actor.name}
    )
    send_mail(f"Join {organization} on Tallyhouse", body, settings.DEFAULT_FROM_EMAIL, [invitation.email])
