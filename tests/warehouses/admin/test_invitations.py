"""Invitations: made, shown once, withdrawn after asking."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import url
from warehouses.models import Invitation, User


class TestInvitations:
    def test_add_mails_and_shows_the_link_once(
        self, acme: Company, as_alice: Client, client: Client, django_capture_on_commit_callbacks: Any
    ) -> None:
        viewer = Group.objects.get(name="Viewer")
        with django_capture_on_commit_callbacks(execute=True):
            answer = as_alice.post(
                url("invitation", "add"), {"email": "nora@example.com", "role": viewer.pk, "warehouse": ""}
            )

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        found = re.search(r'value="(http://testserver/invitations/[\w-]+/)"', answer.text)
        assert found is not None
        [message] = mail.outbox
        assert found[1] in message.body
        assert client.get(found[1]).status_code == 200
        row = Invitation.objects.get(email="nora@example.com")
        assert found[1].split("/")[-2] not in as_alice.get(url("invitation", "change", row.pk)).text

    def test_only_roles_one_could_give_are_offered(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(
            extra,
            {
                "permissions": [
                    "organization.manage",
                    "products.read",
                    "inventory.read",
                    "inventory.cyclecount",
                ]
            },
        )
        as_bob = Client()
        as_bob.force_login(bob)

        roles = as_bob.get(url("invitation", "add")).context["adminform"].form.fields["role"].queryset
        assert [role.name for role in roles] == ["Counter"]
        answer = as_bob.post(
            url("invitation", "add"),
            {"email": "x@example.com", "role": Group.objects.get(name="Owner").pk},
        )
        assert "Select a valid choice" in answer.text
        assert not Invitation.objects.filter(email="x@example.com").exists()

    def test_known_member_is_said_beside_the_address(self, acme: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("invitation", "add"),
            {
                "email": "BOB@example.com",
                "role": acme.assignment.role_id,
                "warehouse": str(acme.depot.pk),
            },
        )

        assert answer.context["adminform"].form.errors == {
            "email": ["BOB@example.com already is a member with this role."]
        }

    def test_withdrawing_asks_first(self, acme: Company, as_alice: Client) -> None:
        target = url("invitation", "revoke", acme.invitation.pk)
        assert "Withdraw this invitation?" in as_alice.get(target).text
        acme.invitation.refresh_from_db()
        assert acme.invitation.revoked_at is None

        assert as_alice.post(target).status_code == 302
        acme.invitation.refresh_from_db()
        assert acme.invitation.revoked_at is not None

    def test_accepted_one_is_not_withdrawn(self, acme: Company, as_alice: Client) -> None:
        Invitation.objects.update(accepted_at=timezone.now())

        answer = as_alice.post(url("invitation", "revoke", acme.invitation.pk), follow=True)

        assert "has already accepted" in answer.text
