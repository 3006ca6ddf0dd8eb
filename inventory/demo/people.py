"""The demonstration's logins: one for each role, one limited to a warehouse, and an administrator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from warehouses.access import Access, access_of_system, access_of_user
from warehouses.actors import SYSTEM
from warehouses.models import Membership, Organization, User, Warehouse
from warehouses.people import add_member

__all__ = ["ADMINISTRATOR", "LOGINS", "Login", "People", "create_people", "kept_password", "new_password"]


class Login(NamedTuple):
    email: str
    name: str
    role: str
    warehouse: str | None = None


LOGINS: Final = (
    Login("owner@demo.example", "Anna Berger", "Owner"),
    Login("manager@demo.example", "Jonas Weber", "Warehouse manager"),
    Login("store.manager@demo.example", "Paula Schuster", "Warehouse manager", "Store Berlin Mitte"),
    Login("approver@demo.example", "Miriam Vogt", "Approver"),
    Login("counter@demo.example", "Tarek Aydin", "Counter"),
    Login("second.counter@demo.example", "Ivana Kovac", "Counter"),
    Login("viewer@demo.example", "Lena Hoffmann", "Viewer"),
)
ADMINISTRATOR: Final = Login("admin@demo.example", "Administrator", "Superuser")

_WORDS: Final = (
    "amber anchor apple arrow aspen badge basil beacon birch bison bramble breeze brook canyon cedar chalk cherry"
    " clover cobalt comet copper coral cotton crane crater daisy delta dune ember falcon fern fjord flint forest fox"
    " garnet ginger glacier granite harbor hazel heron hollow indigo iris island ivory jasmine juniper kelp lagoon"
    " lantern larch lemon lilac linden lotus lynx maple marble marsh meadow mint monsoon mosaic moss nectar nutmeg"
    " oak oasis ocean olive onyx orchid osprey otter paddle pebble pepper pine plum poplar prairie quartz quill raven"
    " reef ridge river robin saffron sage salmon sequoia shale silver sparrow spruce summit sunset tamarind teal"
    " thicket thistle thyme timber topaz tulip tundra umber valley velvet violet walnut willow wren yarrow zephyr"
).split()


def new_password() -> str:
    """Four words that can be remembered and typed: enough for a demonstration on one's own machine."""
    return "-".join(secrets.choice(_WORDS) for _ in range(4))


def kept_password(file: Path) -> str | None:
    """The password of all demonstration logins, as the first run left it in `file`; None when it is gone."""
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def create_people(
    *, organization: Organization, warehouses: Mapping[str, Warehouse], password: str
) -> dict[str, User]:
    """Write the accounts, with their roles in `organization`; by the part of their address before the @.

    An account that exists already keeps its own password.
    """
    # One slow hash for all: they share the password anyway.
    digest = make_password(password)
    roles = {role.name: role for role in Group.objects.all()}
    access = access_of_system(organization)
    people: dict[str, User] = {}
    for login in LOGINS:
        user = _account(login, digest)
        warehouse = warehouses[login.warehouse] if login.warehouse else None
        add_member(
            organization=organization,
            actor=SYSTEM,
            access=access,
            user=user,
            role=roles[login.role],
            warehouse=warehouse,
        )
        people[login.email.partition("@")[0]] = user
    _account(ADMINISTRATOR, digest, is_superuser=True)
    return people


@dataclass(frozen=True, slots=True)
class People:
    """The people by the part of their address before the @; none where only the examples are wanted."""

    organization: Organization
    people: dict[str, User]

    @classmethod
    def of(cls, organization: Organization) -> Self:
        members = Membership.objects.filter(organization=organization).select_related("user")
        return cls(organization, {member.user.email.partition("@")[0]: member.user for member in members})

    def access(self, name: str) -> Access:
        """What that person may do; where there are no people, the product itself does it."""
        system = access_of_system(self.organization)
        if name not in self.people:
            return system
        return access_of_user(self.people[name], self.organization) or system


def _account(login: Login, digest: str, *, is_superuser: bool = False) -> User:
    user = User.objects.filter(email__iexact=login.email).first()
    if user is None:
        user = User.objects.create(
            email=login.email, name=login.name, password=digest, is_superuser=is_superuser
        )
    return user
