"""Who may do what and where, in one table; and the boxes that change it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import make_organization, make_person
from tests.warehouses.admin.conftest import Company
from warehouses import people
from warehouses.actors import SYSTEM
from warehouses.models import Membership, RoleAssignment, User

PAGE = "/admin/people/"


def page_of(member: Membership) -> str:
    return reverse("admin:person", args=[member.public_id])


def box(role: str, place: Any = None) -> str:
    return f"{Group.objects.get(name=role).pk}:{place.public_id if place else 'everywhere'}"


def roles_of(member: Membership) -> list[str]:
    return sorted(
        str(row) for row in RoleAssignment.objects.filter(membership=member).select_related("warehouse")
    )


def shown(text: str) -> list[str]:
    """The rows of the first table, as they read."""
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


class TestTable:
    def test_says_who_has_which_role_where_and_who_is_asked(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        alice, bob, asked = shown(as_alice.get(PAGE).text)
        assert alice == "alice@example.com (you) alice@example.com Owner Active Change alice@example.com"
        assert bob == (
            "bob@example.com bob@example.com Acme depot Warehouse manager Active Change bob@example.com"
        )
        assert asked.startswith("new@acme.example Acme depot Viewer Invited, until ")

    def test_says_what_each_role_may_do(self, acme: Company, as_alice: Client) -> None:
        text = as_alice.get(PAGE).text.partition("What each role may do")[2]
        rows = {re.split(" check Yes| No", row)[0]: row for row in shown(text)}
        assert rows["Plan and carry out cycle counts"].endswith("check Yes check Yes check Yes check Yes No")
        assert rows["Read the catalogue"].endswith("check Yes check Yes check Yes No check Yes")

    def test_only_who_manages_all_of_it_sees_it(self, acme: Company, as_bob: Client, bob: User) -> None:
        assert as_bob.get(PAGE).status_code == 403
        assert as_bob.get(page_of(acme.member)).status_code == 403
        # In one warehouse that right is not enough.
        RoleAssignment.objects.create(
            membership=acme.member, role=Group.objects.get(name="Owner"), warehouse=acme.depot
        )
        assert as_bob.get(PAGE).status_code == 403

    def test_costs_the_same_with_one_person_and_three(self, db: None) -> None:
        organization = make_organization()
        client = Client()
        client.force_login(make_person("alice@example.com", {organization: ["Owner"]}))
        found = []
        for number in range(3):
            if number:
                make_person(f"p{number}@example.com", {organization: ["Viewer"]})
            with CaptureQueriesContext(connection) as queries:
                assert len(shown(client.get(PAGE).text)) == number + 1
            found.append(len(queries))
        assert found == [15] * 3

    def test_many_people_are_pages(
        self, acme: Company, as_alice: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("warehouses.views.people._ROWS", 1)
        first = as_alice.get(PAGE).text
        assert shown(first)[0].startswith("alice@")
        following = re.search(r'href="(\?after=[^"]*)"', first)
        assert following is not None
        assert shown(as_alice.get(PAGE + following[1]).text)[0].startswith("bob@")


class TestBoxes:
    def test_give_and_take_roles_by_place(self, acme: Company, as_alice: Client) -> None:
        target = page_of(acme.member)
        answer = as_alice.post(target, {"role": [box("Viewer"), box("Counter", acme.main)]})
        assert answer.status_code == 302
        assert roles_of(acme.member) == ["Counter in Acme main", "Viewer"]
        text = as_alice.get(target).text
        assert re.findall(r'name="role" value="([^"]+)" checked', text) == [
            box("Viewer"),
            box("Counter", acme.main),
        ]

    def test_last_owner_stays_and_nothing_is_half_done(
        self, acme: Company, as_alice: Client, alice: User
    ) -> None:
        mine = Membership.objects.get(user=alice)
        answer = as_alice.post(page_of(mine), {"role": [box("Viewer")]})
        assert answer.status_code == 422
        assert "keeps at least one owner" in answer.text
        assert roles_of(mine) == ["Owner"]
        # What was chosen is still chosen.
        assert re.findall(r'name="role" value="([^"]+)" checked', answer.text) == [box("Viewer")]

    def test_places_of_others_are_no_boxes(self, acme: Company, other: Company, as_alice: Client) -> None:
        target = page_of(acme.member)
        as_alice.post(target, {"role": [box("Viewer", other.depot), "x", f"{10**20}:everywhere"]})
        assert roles_of(acme.member) == []
        assert other.depot.name not in as_alice.get(target).text

    def test_what_one_does_not_have_cannot_be_given(self, acme: Company, as_bob: Client, bob: User) -> None:
        """Bob manages the people, and may not approve."""
        people.set_extra_permissions(
            organization=acme.organization,
            actor=SYSTEM,
            membership=acme.member,
            permissions=["organization.manage"],
        )
        newcomer = make_person("new@example.com", {acme.organization: []})
        target = page_of(Membership.objects.get(user=newcomer))
        boxes = re.findall(
            r'<input type="checkbox" name="role" value="([^"]+)"( disabled)?', as_bob.get(target).text
        )
        assert (box("Owner"), " disabled") in boxes
        assert as_bob.post(target, {"role": [box("Approver")]}).status_code == 422
        assert roles_of(Membership.objects.get(user=newcomer)) == []

    def test_another_organizations_member_is_not_there(
        self, acme: Company, other: Company, as_alice: Client
    ) -> None:
        for target in (page_of(other.member), "/admin/people/mem_x/"):
            assert as_alice.get(target).status_code == 404
            assert as_alice.post(target, {"act": "remove"}).status_code == 404
        assert Membership.objects.filter(pk=other.member.pk).exists()


class TestActs:
    def test_suspend_let_in_again_and_remove(self, acme: Company, as_alice: Client, as_bob: Client) -> None:
        target = page_of(acme.member)
        as_alice.post(target, {"act": "suspend"})
        acme.member.refresh_from_db()
        assert not acme.member.is_active
        assert "Suspended" in shown(as_alice.get(PAGE).text)[1]
        as_alice.post(target, {"act": "restore"})
        acme.member.refresh_from_db()
        assert acme.member.is_active
        assert roles_of(acme.member) == ["Warehouse manager in Acme depot"]
        assert as_alice.post(target, {"act": "remove"})["Location"] == PAGE
        assert not Membership.objects.filter(pk=acme.member.pk).exists()

    def test_anything_else_is_none(self, acme: Company, as_alice: Client) -> None:
        assert as_alice.post(page_of(acme.member), {"act": "x"}).status_code == 400
