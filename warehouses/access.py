"""What a caller may do, and where: decided once per request, asked everywhere.

It fails closed. An `Access` belongs to one organization and one actor; a permission that is not granted is granted
nowhere. Every queryset is narrowed to the organization first and never relies on guardian for that: guardian's
`accept_global_perms` would turn one model permission, given to open the admin, into everybody's rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from warehouses.actors import SYSTEM, Actor, ActorType
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
from warehouses.permissions import DESCRIPTIONS, expand, is_known
from warehouses.refusals import Forbidden
from warehouses.roles import vocabulary

__all__ = ["Access", "access_of_key", "access_of_system", "access_of_user", "organizations_of"]

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Access:
    """`grants` maps a permission to the warehouses it holds in; None stands for all of the organization's."""

    organization: Organization
    actor: Actor
    grants: Mapping[str, frozenset[UUID] | None] = field(default_factory=dict)

    def may(self, permission: str) -> bool:
        """Whether the caller has `permission` anywhere in the organization."""
        if permission not in DESCRIPTIONS:
            raise ValueError(f"{permission!r} is no permission of the vocabulary.")
        if permission not in self.grants:
            return False
        places = self.grants[permission]
        return places is None or bool(places)

    def require(self, *permissions: str) -> None:
        """Raise Forbidden `PERMISSION_DENIED` unless the caller has each of `permissions` somewhere."""
        missing = [name for name in permissions if not self.may(name)]
        if missing:
            raise Forbidden(
                "PERMISSION_DENIED",
                f"This needs the permission {' and '.join(missing)}.",
                extra={"missing": missing},
            )

    def warehouse_ids(self, permission: str) -> frozenset[UUID] | None:
        """The warehouses in which the caller has `permission`: None for all, an empty set for none."""
        if not self.may(permission):
            return frozenset()
        return self.grants[permission]

    def covers(self, permission: str, warehouse_id: UUID) -> bool:
        places = self.warehouse_ids(permission)
        return places is None or warehouse_id in places

    def covers_either(self, permission: str, *ends: UUID | None) -> bool:
        """Whether the caller has `permission` in one of the warehouses; None is none."""
        return any(end is not None and self.covers(permission, end) for end in ends)

    def everywhere(self, permission: str) -> bool:
        """Whether the permission holds in the whole organization, as acts that belong to no warehouse need."""
        return self.warehouse_ids(permission) is None

    def narrow(
        self, rows: QuerySet[Row], permission: str, *, warehouse: str = "warehouse_id"
    ) -> QuerySet[Row]:
        """`rows` of this organization in the warehouses where the caller has `permission`.

        `warehouse` is the path of the warehouse's key on the model (`pk` for warehouses themselves).
        """
        rows = rows.filter(organization_id=self.organization.pk)
        places = self.warehouse_ids(permission)
        if places is None:
            return rows
        return rows.filter(**{f"{warehouse}__in": places}) if places else rows.none()

    def at_either_end(self, *permissions: str) -> Q:
        """That the caller has one of `permissions` at one end of a row, its `from_warehouse` or its `to_warehouse`.

        It looks at no organization: narrow the rows to this one first.
        """
        places: set[UUID] = set()
        for permission in permissions:
            some = self.warehouse_ids(permission)
            if some is None:
                return Q()
            places |= some
        return Q(from_warehouse__in=places) | Q(to_warehouse__in=places)


def access_of_system(organization: Organization) -> Access:
    """The access of the product's own tasks and commands."""
    return Access(organization, SYSTEM, dict.fromkeys(DESCRIPTIONS))


def access_of_key(key: ApiKey) -> Access:
    """The access of a live API key: its scopes, in its warehouses.

    One query if the key is limited and came without its warehouses, else none.
    """
    places: frozenset[UUID] | None = None
    if key.is_limited:
        places = key.place_ids
        if places is None:
            places = frozenset(key.warehouses.values_list("pk", flat=True))
    actor = Actor(type=ActorType.KEY, id=key.pk, name=key.name)
    return Access(key.organization, actor, dict.fromkeys(expand(filter(is_known, key.scopes)), places))


def organizations_of(user: User) -> QuerySet[Organization]:
    """The organizations that a person may choose: their active memberships; all of them for a superuser."""
    active = Organization.objects.filter(is_active=True)
    if not user.is_active:
        return active.none()
    if user.is_superuser:
        return active
    return active.filter(memberships__user=user, memberships__is_active=True)


def access_of_user(user: User, organization: Organization) -> Access | None:
    """The access of a person in `organization`, or None to whom it does not belong.

    Adds up the roles of the membership (in the organization or one warehouse) and guardian's object permissions,
    given to the person or to a group of theirs. Six queries, none for a superuser.
    """
    actor = Actor(type=ActorType.USER, id=user.pk, name=user.email)
    if not user.is_active or not organization.is_active:
        return None
    if user.is_superuser:
        return Access(organization, actor, dict.fromkeys(DESCRIPTIONS))
    membership = Membership.objects.filter(user=user, organization=organization, is_active=True).first()
    if membership is None:
        return None
    names = vocabulary()
    everywhere: set[str] = set()
    places: dict[str, set[UUID]] = defaultdict(set)
    for place, codename in _granted_codenames(user, membership, organization):
        if codename not in names:
            continue
        for permission in expand([names[codename]]):
            if place is None:
                everywhere.add(permission)
            else:
                places[permission].add(place)
    grants: dict[str, frozenset[UUID] | None] = {name: frozenset(found) for name, found in places.items()}
    return Access(organization, actor, grants | dict.fromkeys(everywhere))


def _granted_codenames(
    user: User, membership: Membership, organization: Organization
) -> Iterable[tuple[UUID | None, str]]:
    """(warehouse or None for everywhere, codename) of everything granted to the member."""
    yield from RoleAssignment.objects.filter(membership=membership).values_list(
        "warehouse_id", "role__permissions__codename"
    )
    everywhere: Any
    for everywhere in (
        OrganizationUserPermission.objects.filter(user=user, content_object=organization),
        OrganizationGroupPermission.objects.filter(group__user=user, content_object=organization),
    ):
        for codename in everywhere.values_list("permission__codename", flat=True):
            yield None, codename
    for somewhere in (
        WarehouseUserPermission.objects.filter(user=user, content_object__organization=organization),
        WarehouseGroupPermission.objects.filter(group__user=user, content_object__organization=organization),
    ):
        yield from somewhere.values_list("content_object_id", "permission__codename")
