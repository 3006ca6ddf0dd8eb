"""Alice owns Acme, Bob works in Acme's Depot, Charlie owns another organization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group

from tests.factories import make_organization, make_person, make_warehouse
from warehouses import invitations
from warehouses.access import Access, access_of_user
from warehouses.actors import Actor, ActorType
from warehouses.models import Membership, Organization, User, Warehouse


@dataclass
class Acme:
    organization: Organization
    other: Organization
    depot: Warehouse
    theirs: Warehouse
    alice: User
    bob: User
    charlie: User

    def as_(self, user: User) -> dict[str, Any]:
        access = access_of_user(user, self.organization)
        actor = Actor(ActorType.USER, user.pk, user.email)
        # Who has no access at all brings someone else's: their own organization's.
        return {
            "organization": self.organization,
            "actor": actor,
            "access": access or access_of_user(user, self.other),
        }

    def member(self, user: User) -> Membership:
        return Membership.objects.get(organization=self.organization, user=user)


@pytest.fixture
def acme(organization: Organization) -> Acme:
    other = make_organization("Other")
    depot = make_warehouse(organization, "Depot")
    return Acme(
        organization=organization,
        other=other,
        depot=depot,
        theirs=make_warehouse(other, "Theirs"),
        alice=make_person("alice@example.com", {organization: ["Owner"]}),
        bob=make_person("bob@example.com", {organization: [("Warehouse manager", depot)]}),
        charlie=make_person("charlie@example.com", {other: ["Owner"]}),
    )


def role(name: str) -> Group:
    return Group.objects.get(name=name)


def access_of(acme: Acme, user: User) -> Access:
    access = access_of_user(User.objects.get(pk=user.pk), acme.organization)
    assert access is not None
    return access


def invited(acme: Acme, email: str = "new@example.com", name: str = "Counter") -> str:
    _invitation, token = invitations.invite(
        **acme.as_(acme.alice), email=email, role=role(name), warehouse=acme.depot
    )
    return token
