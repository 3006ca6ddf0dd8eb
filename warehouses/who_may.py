"""The reverse of an access: not what somebody may do, but who may do something; and which person it is who acts."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from warehouses.actors import Actor, ActorType
from warehouses.models import (
    ApiKey,
    Membership,
    Organization,
    OrganizationGroupPermission,
    OrganizationUserPermission,
    RoleAssignment,
    User,
    WarehouseGroupPermission,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS, codename, expand

__all__ = ["people_who_may", "person_behind"]


def people_who_may(*, organization: Organization, permission: str, warehouse_id: UUID) -> list[User]:
    """The members for whom `access_of_user(…).covers(permission, warehouse_id)` holds, by e-mail address.

    The warehouse is one of the organization's. Superusers are told of an organization only where they are members.
    One query, however many people. Raises ValueError for a permission that is not of the vocabulary.
    """
    if permission not in DESCRIPTIONS:
        raise ValueError(f"{permission!r} is no permission of the vocabulary.")
    if not organization.is_active:
        return []
    granting = [codename(name) for name in DESCRIPTIONS if permission in expand([name])]
    given = Q(permission__codename__in=granting)
    by_role = RoleAssignment.objects.order_by().filter(
        Q(warehouse__isnull=True) | Q(warehouse=warehouse_id),
        membership__organization=organization,
        role__permissions__codename__in=granting,
    )
    everywhere = OrganizationUserPermission.objects.filter(given, content_object=organization)
    there = WarehouseUserPermission.objects.filter(
        given, content_object=warehouse_id, content_object__organization=organization
    )
    groups_everywhere = OrganizationGroupPermission.objects.filter(given, content_object=organization)
    groups_there = WarehouseGroupPermission.objects.filter(
        given, content_object=warehouse_id, content_object__organization=organization
    )
    in_groups = User.groups.through.objects.filter(
        Q(group__in=groups_everywhere.values("group")) | Q(group__in=groups_there.values("group"))
    )
    members = Membership.objects.order_by().filter(organization=organization, is_active=True)
    return list(
        User.objects.filter(
            Q(is_superuser=True)
            | Q(pk__in=by_role.values("membership__user"))
            | Q(pk__in=everywhere.values("user"))
            | Q(pk__in=there.values("user"))
            | Q(pk__in=in_groups.values("user")),
            is_active=True,
            pk__in=members.values("user"),
        ).order_by("email")
    )


def person_behind(actor: Actor) -> UUID | None:
    """The key of the person who acts: for an API key, whoever made the key. One query for a key, else none."""
    if actor.type == ActorType.USER:
        return actor.id
    if actor.type == ActorType.KEY and actor.id is not None:
        return ApiKey.objects.filter(pk=actor.id).values_list("created_by", flat=True).first()
    return None
