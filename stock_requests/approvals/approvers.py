"""Where the people and keys have a right now, whose approvals are to be counted: many of them in a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from stock_requests.rights import APPROVE
from warehouses.models import (
    ApiKey,
    Membership,
    OrganizationGroupPermission,
    OrganizationUserPermission,
    RoleAssignment,
    User,
    WarehouseGroupPermission,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS, codename, expand, normalize

__all__ = ["Places", "covers", "places_of_keys", "places_of_people"]

#: Of each who has the right, by their keys, the warehouses; None stands for all of the organization's.
Places = Mapping[UUID, frozenset[UUID] | None]


def covers(places: Places, who: UUID, warehouse_id: UUID) -> bool:
    """Whether that one has the right in the warehouse."""
    if who not in places:
        return False
    some = places[who]
    return some is None or warehouse_id in some


def places_of_people(
    organization_id: UUID, users: Collection[UUID], permission: str = APPROVE
) -> dict[UUID, frozenset[UUID] | None]:
    """Where each of `users` has the permission; those who have it nowhere are left out. Seven queries.

    What `warehouses.access.access_of_user` says of one person: active accounts that belong to the organization, and
    superusers.
    """
    if not users:
        return {}
    accounts = dict(User.objects.filter(pk__in=users, is_active=True).values_list("pk", "is_superuser"))
    members = set(
        Membership.objects.filter(
            organization=organization_id, is_active=True, user__in=list(accounts)
        ).values_list("user", flat=True)
    )
    found: dict[UUID, frozenset[UUID] | None] = {}
    somewhere: dict[UUID, set[UUID]] = defaultdict(set)
    for user, place in _grants(organization_id, members, permission):
        if place is None:
            found[user] = None
        else:
            somewhere[user].add(place)
    for user, some in somewhere.items():
        found.setdefault(user, frozenset(some))
    return found | {user: None for user, is_superuser in accounts.items() if is_superuser}


def places_of_keys(
    organization_id: UUID, keys: Collection[UUID], permission: str = APPROVE
) -> dict[UUID, frozenset[UUID] | None]:
    """Where each of the API keys that still open something has the permission. Two queries, none without keys."""
    if not keys:
        return {}
    now = timezone.now()
    rows = ApiKey.objects.filter(organization=organization_id, pk__in=keys).prefetch_related("warehouses")
    return {
        key.pk: frozenset(place.pk for place in key.warehouses.all()) if key.is_limited else None
        for key in rows
        if key.is_live(now) and permission in expand(normalize(scope) for scope in key.scopes)
    }


def _grants(
    organization_id: UUID, users: Collection[UUID], permission: str
) -> Iterator[tuple[UUID, UUID | None]]:
    """(user, warehouse or None for everywhere) of everything that gives the permission."""
    names = [codename(name) for name in DESCRIPTIONS if permission in expand([name])]
    of_roles = RoleAssignment.objects.filter(
        membership__organization=organization_id,
        membership__user__in=users,
        role__permissions__codename__in=names,
    )
    yield from of_roles.values_list("membership__user", "warehouse")
    named: Any = {"permission__codename__in": names}
    own = {"content_object": organization_id, **named}
    for user in OrganizationUserPermission.objects.filter(user__in=users, **own).values_list(
        "user", flat=True
    ):
        yield user, None
    for user in OrganizationGroupPermission.objects.filter(group__user__in=users, **own).values_list(
        "group__user", flat=True
    ):
        if user in users:
            yield user, None
    places = {"content_object__organization": organization_id, **named}
    yield from WarehouseUserPermission.objects.filter(user__in=users, **places).values_list(
        "user", "content_object"
    )
    for user, place in WarehouseGroupPermission.objects.filter(group__user__in=users, **places).values_list(
        "group__user", "content_object"
    ):
        if user in users:
            yield user, place
