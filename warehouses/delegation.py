"""What one person may give to another: the rule that nobody gives a right that they do not have themselves, there.

Every change to an organization's people takes the organization's row as its lock, so that two owners cannot remove
each other at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group

from warehouses.access import Access, access_of_system
from warehouses.actors import Actor, ActorType
from warehouses.models import Organization, Warehouse
from warehouses.permissions import expand
from warehouses.refusals import Forbidden, NotFound
from warehouses.roles import vocabulary

__all__ = [
    "MANAGE",
    "check_grant",
    "check_place",
    "lock_organization",
    "may_grant_role",
    "permissions_of",
    "require_manager",
]

#: The permission to manage an organization's people; held in the whole organization it makes an owner.
MANAGE = "organization.manage"


def require_manager(organization: Organization, actor: Actor, access: Access | None) -> Access:
    """The access that the change answers to; the system's own commands need not bring one.

    Raises Forbidden `PERMISSION_DENIED`, NotFound for the access of another organization.
    """
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


def check_place(organization: Organization, warehouse: Warehouse | None) -> None:
    """Raise NotFound for a warehouse of another organization."""
    if warehouse is not None and warehouse.organization_id != organization.pk:
        raise NotFound("NOT_FOUND", "There is no such warehouse.")


def may_grant_role(access: Access, role: Group, warehouse: Warehouse | None = None) -> bool:
    """Whether the caller has, in that place, everything that the role would give."""
    return not _missing(access, permissions_of(role), warehouse)


def check_grant(access: Access, permissions: Iterable[str], warehouse: Warehouse | None) -> None:
    """Raise Forbidden `ROLE_EXCEEDS_YOURS` (extra: `missing`) unless the caller has all that is given, there."""
    if missing := _missing(access, expand(permissions), warehouse):
        raise Forbidden(
            "ROLE_EXCEEDS_YOURS",
            f"You cannot give what you do not have: {', '.join(missing)}.",
            extra={"missing": missing},
        )


def permissions_of(role: Group) -> frozenset[str]:
    """All that a role gives, the permissions that others bring with them included."""
    names = vocabulary()
    codes = role.permissions.values_list("codename", flat=True)
    return expand(names[code] for code in codes if code in names)


def _missing(access: Access, permissions: Iterable[str], warehouse: Warehouse | None) -> list[str]:
    if warehouse is None:
        return sorted(name for name in permissions if not access.everywhere(name))
    return sorted(name for name in permissions if not access.covers(name, warehouse.pk))


def lock_organization(organization: Organization) -> None:
    """Let one change at a time to the organization's people happen, until the end of the transaction."""
    # Other rows of the organization are written meanwhile: their foreign keys ask for a weaker lock than this one.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
