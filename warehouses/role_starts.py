"""The shared view that a role begins a page with. Whoever manages the organization says which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from warehouses.access import Access
from warehouses.actors import ActorType
from warehouses.models import RoleAssignment, RoleStart, SavedView
from warehouses.permissions import ROLES
from warehouses.refusals import Conflict, Forbidden, InvalidInput
from warehouses.saved_views import find_view

__all__ = ["RoleChoice", "may_set_role_starts", "role_choices", "role_start", "set_role_starts"]

_RANK = {name: rank for rank, name in enumerate(ROLES)}


@dataclass(frozen=True, slots=True)
class RoleChoice:
    key: int
    name: str
    is_chosen: bool


def may_set_role_starts(access: Access) -> bool:
    return access.actor.type == ActorType.USER and access.everywhere("organization.manage")


def role_start(*, access: Access, page: str, saved: Sequence[SavedView]) -> str:
    """The public id of the view that the caller's role begins the page with; "" without one.

    `saved` are the views that the caller sees. Who has several roles begins as the widest of them does. One query
    where some view is shared, else none.
    """
    shared = {view.pk: view for view in saved if view.is_shared}
    if not shared or access.actor.type != ActorType.USER:
        return ""
    mine = RoleAssignment.objects.filter(
        membership__user=access.actor.id,
        membership__organization=access.organization,
        membership__is_active=True,
    )
    starts = RoleStart.objects.for_organization(access.organization).filter(
        page=page, view__in=shared, role__in=mine.values("role")
    )
    found = sorted(
        (_RANK.get(name, len(_RANK)), name, view) for name, view in starts.values_list("role__name", "view")
    )
    return shared[found[0][2]].public_id if found else ""


def role_choices(*, access: Access, view: SavedView) -> list[RoleChoice]:
    """Every role, and whether it begins the view's page with it. Empty for who may not say so. Two queries."""
    if not view.is_shared or not may_set_role_starts(access):
        return []
    chosen = set(view.role_starts.values_list("role", flat=True))
    roles = sorted(Group.objects.all(), key=lambda role: (_RANK.get(role.name, len(_RANK)), role.name))
    return [RoleChoice(role.pk, role.name, role.pk in chosen) for role in roles]


def set_role_starts(*, access: Access, page: str, view: str, roles: Sequence[str]) -> SavedView:
    """Let the roles (their keys) begin the page with the view, and no other role with it.

    Raises Forbidden `PERMISSION_DENIED`, NotFound `SAVED_VIEW_NOT_FOUND`, Conflict `VIEW_NOT_SHARED`, InvalidInput
    `UNKNOWN_ROLE`.
    """
    if not may_set_role_starts(access):
        raise Forbidden(
            "PERMISSION_DENIED", "Only who manages the organization says what a role begins with."
        )
    with transaction.atomic():
        # Held, so that it is not kept for its owner alone meanwhile.
        found = find_view(access=access, page=page, public_id=view)
        held = SavedView.objects.select_for_update().for_organization(access.organization).get(pk=found.pk)
        if not held.is_shared:
            raise Conflict("VIEW_NOT_SHARED", f"Share “{held.name}” with everybody first.")
        wanted = {int(key) for key in roles if key.isascii() and key.isdigit() and len(key) < 10}
        known = set(Group.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        if len(known) != len(set(roles)):
            raise InvalidInput("UNKNOWN_ROLE", "One of the roles is not there any more.")
        held.role_starts.exclude(role__in=known).delete()
        for role in sorted(known):
            RoleStart.objects.update_or_create(
                organization=access.organization, page=page, role_id=role, defaults={"view": held}
            )
    return held
