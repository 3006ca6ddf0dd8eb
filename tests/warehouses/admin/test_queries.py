"""A list costs the same number of queries with one row and with three; so does a page of the search palette."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_organization, make_person
from warehouses import invitations, keys, places
from warehouses.actors import SYSTEM
from warehouses.models import Organization, Warehouse


def main_of(organization: Organization) -> Warehouse:
    assert organization.default_warehouse is not None
    return organization.default_warehouse


def make_warehouse(organization: Organization, number: int) -> None:
    places.create_warehouse(organization=organization, actor=SYSTEM, name=f"W{number}")


def make_room(organization: Organization, number: int) -> None:
    places.create_room(
        organization=organization, actor=SYSTEM, warehouse=main_of(organization), name=f"R{number}"
    )


def make_bin(organization: Organization, number: int) -> None:
    room = main_of(organization).rooms.get()
    places.create_bin(organization=organization, actor=SYSTEM, room=room, code=f"B{number}")


def make_member(organization: Organization, number: int) -> None:
    roles = ["Viewer", ("Counter", main_of(organization))]
    make_person(f"p{number}@example.com", {organization: roles})


def make_invitation(organization: Organization, number: int) -> None:
    invitations.invite(
        organization=organization,
        actor=SYSTEM,
        email=f"p{number}@example.com",
        role=Group.objects.get(name="Viewer"),
        warehouse=main_of(organization),
    )


def make_key(organization: Organization, number: int) -> None:
    keys.create_key(organization=organization, actor=SYSTEM, name=f"K{number}", scopes=["inventory.read"])


#: Screen → (how a row is made, rows that a new organization already has, queries of the list)
LISTS: dict[str, tuple[Callable[[Organization, int], None], int, int]] = {
    "warehouse": (make_warehouse, 1, 14),
    "room": (make_room, 1, 15),
    "bin": (make_bin, 1, 15),
    "membership": (make_member, 1, 15),
    "invitation": (make_invitation, 0, 16),
    "apikey": (make_key, 0, 15),
}


@pytest.mark.parametrize("screen", LISTS)
def test_list_costs_the_same_with_one_row_and_three(db: None, screen: str) -> None:
    make, rows, expected = LISTS[screen]
    organization = make_organization()
    client = Client()
    client.force_login(make_person("alice@example.com", {organization: ["Owner"]}))
    page = reverse(f"admin:warehouses_{screen}_changelist")
    found = {}
    while rows < 3:
        if rows == 0 or found:
            make(organization, rows)
            rows += 1
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(page)
        assert len(answer.context["cl"].result_list) == rows
        found[rows] = len(queries)

    assert found == {1: expected, 2: expected, 3: expected}


def test_palette_costs_the_same_with_one_row_and_three(db: None) -> None:
    organization = make_organization()
    client = Client()
    client.force_login(make_person("alice@example.com", {organization: ["Owner"]}))
    found: dict[int, int] = {}
    for rows in (1, 2, 3):
        make_bin(organization, rows)
        with CaptureQueriesContext(connection) as queries:
            answer: Any = client.get(reverse("admin:search"), {"s": "b", "extended": "1"})
        assert answer.text.count("Main warehouse / B") >= rows
        found[rows] = len(queries)

    # How many it is depends on how many screens of all apps may be searched.
    assert len(set(found.values())) == 1
