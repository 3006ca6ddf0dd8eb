"""Roles are Django groups that hold permissions of the vocabulary; every installation has the same five."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS

from warehouses.models import Organization
from warehouses.permissions import DESCRIPTIONS, ROLES, codename

__all__ = ["create_roles", "vocabulary"]


def create_roles(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Make the permissions and roles that are missing; a role that exists keeps what an operator changed in it.

    Django's own post-migrate handler makes permissions too, but the order of handlers is not ours to rely on.
    """
    organization = ContentType.objects.db_manager(using).get_for_model(Organization)
    permissions = {}
    for name, description in DESCRIPTIONS.items():
        permissions[name], _created = Permission.objects.using(using).get_or_create(
            content_type=organization, codename=codename(name), defaults={"name": description}
        )
    for name, granted in ROLES.items():
        role, created = Group.objects.using(using).get_or_create(name=name)
        if created:
            role.permissions.set([permissions[permission] for permission in granted])


def vocabulary() -> dict[str, str]:
    """Codename → permission name, for reading Django permissions back into the vocabulary."""
    return {codename(name): name for name in DESCRIPTIONS}
