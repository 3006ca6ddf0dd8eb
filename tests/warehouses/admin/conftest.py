"""Alice owns Acme. Bob works in Acme's Depot and nowhere else. Charlie owns another organization."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories import make_organization, make_person, make_warehouse
from warehouses import invitations, keys, places
from warehouses.actors import SYSTEM
from warehouses.models import (
    ApiKey,
    Bin,
    Invitation,
    Membership,
    Organization,
    RoleAssignment,
    Room,
    User,
    Warehouse,
)


@dataclass
class Company:
    """One organization's rows: a warehouse that Bob may see, and one (the default) that he may not."""

    organization: Organization
    main: Warehouse
    depot: Warehouse
    room: Room
    shelf: Bin
    member: Membership
    assignment: RoleAssignment
    invitation: Invitation
    key: ApiKey


def found(name: str, member: str) -> Company:
    organization = make_organization(name, warehouses=[(f"{name} main", "own")])
    main = organization.default_warehouse
    assert main is not None
    depot = make_warehouse(organization, f"{name} depot")
    given = {"organization": organization, "actor": SYSTEM}
    room = places.create_room(**given, warehouse=depot, name=f"{name} vault", room_type="vault")
    shelf = places.create_bin(**given, room=room, code=f"{name}-1", barcode=f"{name.upper()}0001")
    user = make_person(member, {organization: [("Warehouse manager", depot)]})
    invitation, _token = invitations.invite(
        **given, email=f"new@{name.lower()}.example", role=Group.objects.get(name="Viewer"), warehouse=depot
    )
    key, _text = keys.create_key(**given, name=f"{name} key", scopes=["inventory.read"], warehouses=[depot])
    membership = Membership.objects.get(user=user)
    return Company(
        organization=organization,
        main=main,
        depot=depot,
        room=room,
        shelf=shelf,
        member=membership,
        assignment=RoleAssignment.objects.get(membership=membership),
        invitation=invitation,
        key=key,
    )


@pytest.fixture
def acme(db: None) -> Company:
    return found("Acme", "bob@example.com")


@pytest.fixture
def other(db: None) -> Company:
    return found("Other", "oscar@example.com")


@pytest.fixture
def alice(acme: Company) -> User:
    return make_person("alice@example.com", {acme.organization: ["Owner"]})


@pytest.fixture
def bob(acme: Company) -> User:
    return User.objects.get(email="bob@example.com")


@pytest.fixture
def charlie(other: Company) -> User:
    return make_person("charlie@example.com", {other.organization: ["Owner"]})


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_alice(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def as_bob(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def as_charlie(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def as_root(acme: Company, other: Company) -> Client:
    """A superuser who has chosen no organization."""
    return signed_in(make_person("root@example.com", is_superuser=True))
