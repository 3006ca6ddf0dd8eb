"""Who may do something: the same people of whom, one by one, their access says that they may."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from tests.factories import make_organization, make_person, make_warehouse
from warehouses.access import access_of_user
from warehouses.models import (
    Membership,
    Organization,
    OrganizationGroupPermission,
    OrganizationUserPermission,
    User,
    Warehouse,
    WarehouseGroupPermission,
    WarehouseUserPermission,
)
from warehouses.permissions import DESCRIPTIONS, codename
from warehouses.who_may import people_who_may

APPROVE = "stockrequests.approve"


def permission(name: str, model: type[Any] = Organization) -> Permission:
    found, _created = Permission.objects.get_or_create(
        content_type=ContentType.objects.get_for_model(model), codename=codename(name)
    )
    return found


@pytest.fixture
def places(organization: Organization) -> tuple[Warehouse, Warehouse]:
    return make_warehouse(organization, "North"), make_warehouse(organization, "South")


@pytest.fixture
def crowd(organization: Organization, places: tuple[Warehouse, Warehouse]) -> Organization:
    """Everybody who could be forgotten, or told too much."""
    north, south = places
    other = make_organization("Other")
    theirs = make_warehouse(other, "Theirs")
    make_person("owner@x.example", {organization: ["Owner"]})
    make_person("viewer@x.example", {organization: ["Viewer"]})
    make_person("manager@x.example", {organization: [("Warehouse manager", north)]})
    make_person("north@x.example", {organization: [("Approver", north)]})
    make_person("south@x.example", {organization: [("Approver", south)]})
    make_person("both@x.example", {organization: [("Approver", north), ("Approver", south), "Viewer"]})
    make_person("plain@x.example", {organization: []})
    make_person("theirs@x.example", {other: ["Owner"]})
    make_person("two@x.example", {organization: ["Viewer"], other: [("Approver", theirs)]})
    make_person("closed@x.example", {organization: ["Owner"]}, is_active=False)
    suspended = make_person("suspended@x.example", {organization: ["Owner"]})
    OrganizationUserPermission.objects.create(
        user=suspended, permission=permission(APPROVE), content_object=organization
    )
    Membership.objects.filter(user=suspended).update(is_active=False)
    make_person("root@x.example", is_superuser=True)
    make_person("root-member@x.example", {organization: []}, is_superuser=True)

    crew = Group.objects.create(name="Crew")
    staff = Group.objects.create(name="Staff")
    make_person("crew@x.example", {organization: []}).groups.add(crew)
    make_person("staff@x.example", {organization: []}).groups.add(staff)
    make_person("crew-of-nobody@x.example").groups.add(crew, staff)
    WarehouseGroupPermission.objects.create(
        group=crew, permission=permission(APPROVE, Warehouse), content_object=north
    )
    OrganizationGroupPermission.objects.create(
        group=staff, permission=permission(APPROVE), content_object=organization
    )
    OrganizationGroupPermission.objects.create(
        group=crew, permission=permission(APPROVE), content_object=other
    )
    for email, place in (("own-north@x.example", north), ("own-south@x.example", south)):
        WarehouseUserPermission.objects.create(
            user=make_person(email, {organization: []}),
            permission=permission(APPROVE, Warehouse),
            content_object=place,
        )
    OrganizationUserPermission.objects.create(
        user=make_person("own@x.example", {organization: []}),
        permission=permission(APPROVE),
        content_object=organization,
    )
    OrganizationUserPermission.objects.create(
        user=make_person("writer@x.example", {organization: []}),
        permission=permission("inventory.write"),
        content_object=organization,
    )
    # What the account may do without an object says nothing about an organization's rows.
    make_person("global@x.example", {organization: []}).user_permissions.add(permission(APPROVE))
    return organization


@pytest.mark.parametrize("name", [APPROVE, "inventory.adjust", "inventory.read", "organization.manage"])
def test_it_is_those_whose_access_says_so(
    crowd: Organization, places: tuple[Warehouse, Warehouse], name: str
) -> None:
    for place in places:
        expected = []
        for user in User.objects.order_by("email"):
            access = access_of_user(user, crowd)
            is_member = Membership.objects.filter(user=user, organization=crowd, is_active=True).exists()
            if access is not None and access.covers(name, place.pk) and is_member:
                expected.append(user.email)
        found = people_who_may(organization=crowd, permission=name, warehouse_id=place.pk)
        assert [user.email for user in found] == expected


def test_the_crowd_tells_the_ways_apart(crowd: Organization, places: tuple[Warehouse, Warehouse]) -> None:
    found = people_who_may(organization=crowd, permission=APPROVE, warehouse_id=places[0].pk)
    assert sorted(user.email.partition("@")[0] for user in found) == [
        *("both", "crew", "north", "own", "own-north", "owner", "root-member", "staff")
    ]


def test_what_includes_the_permission_gives_it(
    crowd: Organization, places: tuple[Warehouse, Warehouse]
) -> None:
    found = people_who_may(organization=crowd, permission="inventory.adjust", warehouse_id=places[0].pk)
    assert "writer@x.example" in [user.email for user in found]


def test_a_closed_organization_has_nobody(crowd: Organization, places: tuple[Warehouse, Warehouse]) -> None:
    crowd.is_active = False
    assert people_who_may(organization=crowd, permission=APPROVE, warehouse_id=places[0].pk) == []


def test_one_query_however_many(
    crowd: Organization, places: tuple[Warehouse, Warehouse], django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        people_who_may(organization=crowd, permission=APPROVE, warehouse_id=places[0].pk)


def test_a_word_that_is_no_permission_is_a_mistake(organization: Organization) -> None:
    assert "stockrequests.aprove" not in DESCRIPTIONS
    with pytest.raises(ValueError, match="aprove"):
        people_who_may(
            organization=organization, permission="stockrequests.aprove", warehouse_id=organization.pk
        )
