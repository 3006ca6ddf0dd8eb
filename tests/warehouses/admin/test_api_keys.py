"""API keys: shown once, within what their maker may, revoked for good."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import url
from warehouses.keys import find_key
from warehouses.models import ApiKey, User


class TestApiKeys:
    def make(self, client: Client, **fields: Any) -> Any:
        return client.post(url("apikey", "add"), {"name": "Shop", "scopes": ["inventory.read"]} | fields)

    def test_key_is_shown_once_and_works(self, acme: Company, as_alice: Client, alice: User) -> None:
        answer = self.make(as_alice, warehouses=[str(acme.depot.pk)])

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        [text] = set(re.findall(r"th_live_\w{38}", answer.text))
        key = find_key(text)
        assert key is not None
        assert (key.organization, key.name, key.scopes, key.created_by) == (
            acme.organization,
            "Shop",
            ["inventory.read"],
            alice,
        )
        assert (key.is_limited, list(key.warehouses.all())) == (True, [acme.depot])
        for page in (url("apikey"), url("apikey", "change", key.pk), url("apikey", "history", key.pk)):
            shown = as_alice.get(page).text
            assert text not in shown
            assert key.digest not in shown
        assert text not in str(as_alice.session.items())

    def test_scopes_are_offered_with_what_they_mean(self, acme: Company, as_alice: Client) -> None:
        page = as_alice.get(url("apikey", "add")).text

        assert "inventory.adjust: Adjust stock and reverse adjustments" in page

    def test_without_warehouses_it_opens_all(self, acme: Company, as_alice: Client) -> None:
        self.make(as_alice)

        assert ApiKey.objects.get(name="Shop").is_limited is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"scopes": []}, "scopes"),
            ({"scopes": ["auth.add_user"]}, "scopes"),
            ({"name": ""}, "name"),
            ({"contract": "soap"}, "contract"),
            ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
        ],
    )
    def test_faults_are_said_beside_the_field(
        self, acme: Company, as_alice: Client, given: dict[str, Any], field: str
    ) -> None:
        answer = self.make(as_alice, **given)

        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == [field]
        assert not ApiKey.objects.filter(name="Shop").exists()

    def test_more_than_its_maker_may_is_refused(self, acme: Company, as_alice: Client, bob: User) -> None:
        extra = reverse("admin:warehouses_membership_permissions", args=[acme.member.pk])
        as_alice.post(extra, {"permissions": ["organization.manage"]})
        as_bob = Client()
        as_bob.force_login(bob)

        assert (
            "scopes" in self.make(as_bob, scopes=["stockrequests.approve"]).context["adminform"].form.errors
        )
        assert "scopes" in self.make(as_bob, scopes=["inventory.write"]).context["adminform"].form.errors
        assert not ApiKey.objects.filter(name="Shop").exists()
        self.make(as_bob, scopes=["inventory.write"], warehouses=[str(acme.depot.pk)])
        assert ApiKey.objects.get(name="Shop").is_limited is True

    def test_revoking_asks_first_and_is_final(self, acme: Company, as_alice: Client) -> None:
        target = url("apikey", "revoke", acme.key.pk)
        assert "cannot be undone" in as_alice.get(target).text
        acme.key.refresh_from_db()
        assert acme.key.revoked_at is None

        answer = as_alice.post(target, follow=True)
        assert "is revoked" in answer.text
        acme.key.refresh_from_db()
        assert acme.key.revoked_at is not None

    def test_never_changed_nor_deleted(self, acme: Company, as_alice: Client) -> None:
        for what in ("change", "delete"):
            answer = as_alice.post(
                url("apikey", what, acme.key.pk),
                {"name": "Mine", "scopes": ["inventory.write"], "post": "yes"},
            )
            assert answer.status_code == 403
        acme.key.refresh_from_db()
        assert (acme.key.name, acme.key.scopes) == ("Acme key", ["inventory.read"])
