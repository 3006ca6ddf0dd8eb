"""Members, roles and extra permissions: given, taken and refused on the page."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import formset, url
from warehouses.access import Access, access_of_user
from warehouses.models import Membership, RoleAssignment, User


def access_in(company: Company, user: User) -> Access:
    access = access_of_user(User.objects.get(pk=user.pk), company.organization)
    assert access is not None
    return access


class TestPeople:
    def roles(self, company: Company, rows: list[dict[str, Any]]) -> dict[str, Any]:
        existing = {"id": str(company.assignment.pk), "membership": str(company.member.pk)}
        first, *more = rows
        return formset("role_assignments", [existing | first, *more], 1)

    def role(self, name: str) -> str:
        return str(Group.objects.get(name=name).pk)

    def test_role_is_given_in_one_warehouse(self, acme: Company, as_alice: Client, bob: User) -> None:
        answer = as_alice.post(
            url("membership", "change", acme.member.pk),
            self.roles(acme, [{}, {"role": self.role("Approver"), "warehouse": str(acme.main.pk)}]),
        )

        assert answer.status_code == 302
        access = access_in(acme, bob)
        assert access.warehouse_ids("stockrequests.approve") == {acme.main.pk}
        assert access.warehouse_ids("inventory.write") == {acme.depot.pk}

    def test_role_is_taken(self, acme: Company, as_alice: Client, bob: User) -> None:
        as_alice.post(url("membership", "change", acme.member.pk), self.roles(acme, [{"DELETE": "on"}]))

        assert access_in(acme, bob).grants == {}

    def test_posting_over_a_role_changes_nothing(self, acme: Company, as_alice: Client, bob: User) -> None:
        as_alice.post(
            url("membership", "change", acme.member.pk),
            self.roles(acme, [{"role": self.role("Owner"), "warehouse": ""}]),
        )

        assert RoleAssignment.objects.get(pk=acme.assignment.pk).role.name == "Warehouse manager"
        assert not access_in(acme, bob).may("organization.manage")

    def test_last_owner_stays(self, acme: Company, as_alice: Client, alice: User) -> None:
        member = Membership.objects.get(user=alice)
        assignment = RoleAssignment.objects.get(membership=member)
        answer = as_alice.post(
            url("membership", "change", member.pk),
            formset(
                "role_assignments",
                [{"id": str(assignment.pk), "membership": str(member.pk), "DELETE": "on"}],
                1,
            ),
        )
        assert answer.status_code == 200
        assert "keeps at least one owner" in answer.text

        for action in ("suspend", "delete_selected"):
            answer = as_alice.post(
                url("membership"),
                {"action": action, "_selected_action": [str(member.pk)], "post": "yes"},
                follow=True,
            )
            assert "keeps at least one owner" in answer.text
        answer = as_alice.post(url("membership", "delete", member.pk), {"post": "yes"}, follow=True)
        assert "keeps at least one owner" in answer.text
        assert access_in(acme, alice).everywhere("organization.manage")

    def test_role_beyond_ones_own_is_refused(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(extra, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        answer = as_bob.post(
            url("membership", "change", acme.member.pk), self.roles(acme, [{}, {"role": self.role("Owner")}])
        )

        assert answer.status_code == 200
        assert "You cannot give what you do not have" in answer.text
        assert not access_in(acme, bob).everywhere("stockrequests.approve")

    def test_removing_takes_the_member_not_the_account(
        self, acme: Company, as_alice: Client, bob: User
    ) -> None:
        page = as_alice.get(url("membership", "delete", acme.member.pk))
        assert "the account stays" in page.text

        as_alice.post(url("membership", "delete", acme.member.pk), {"post": "yes"})

        assert access_of_user(bob, acme.organization) is None
        assert User.objects.filter(pk=bob.pk).exists()

    def test_suspending_and_letting_in(self, acme: Company, as_alice: Client, bob: User) -> None:
        rows = {"_selected_action": [str(acme.member.pk)]}
        as_alice.post(url("membership"), {"action": "suspend"} | rows)
        assert access_of_user(bob, acme.organization) is None

        as_alice.post(url("membership"), {"action": "restore"} | rows)
        assert access_in(acme, bob).may("inventory.write")

    def test_extra_permissions_are_ticked_per_place(self, acme: Company, as_alice: Client, bob: User) -> None:
        target = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        here = f"{target}?warehouse={acme.main.public_id}"

        assert as_alice.post(here, {"permissions": ["inventory.read"]}).status_code == 302

        assert access_in(acme, bob).warehouse_ids("inventory.read") == {acme.main.pk, acme.depot.pk}
        ticked = r'value="(\w+\.\w+)"[^>]*\schecked[\s>]'
        assert re.findall(ticked, as_alice.get(here).text) == ["inventory.read"]
        assert re.findall(ticked, as_alice.get(target).text) == []
        assert "1 extra" in as_alice.get(target).text

    def test_extra_permission_beyond_ones_own_is_refused(
        self, acme: Company, as_alice: Client, bob: User
    ) -> None:
        target = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(target, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        answer = as_bob.post(target, {"permissions": ["organization.manage", "transfers.write"]})

        assert "You cannot give what you do not have: transfers.write" in answer.text
        assert not access_in(acme, bob).everywhere("transfers.write")
