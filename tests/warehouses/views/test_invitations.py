"""`/invitations/<token>/`, as the invited person and as everybody else sees it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.warehouses.conftest import Acme, invited
from warehouses.access import access_of_user
from warehouses.models import Invitation, Organization, User


class TestInvitationPage:
    def url(self, token: str) -> str:
        return f"/invitations/{token}/"

    def test_new_person_sets_a_password_and_is_in(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))
        page = client.get(url)
        assert page.status_code == 200
        assert "Join Acme" in page.text

        answer = client.post(
            url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "violet-anvil-93"}, follow=True
        )

        # Whoever is to count is where one counts.
        assert answer.redirect_chain == [("/admin/", 302), ("/count/", 302)]
        assert "Welcome to Acme." in answer.text
        assert client.login(username="NEW@example.com", password="violet-anvil-93")

    def test_faults_are_shown_and_the_name_kept(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))

        answer = client.post(url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "other"})
        assert "The two passwords differ." in answer.text
        assert 'value="Nora"' in answer.text
        assert "violet-anvil-93" not in answer.text
        answer = client.post(url, {"name": "", "password": "short", "repeated": "short"})
        assert "This field is required." in answer.text
        answer = client.post(url, {"name": "Nora", "password": "short", "repeated": "short"})
        assert "too short" in answer.text
        assert "There is a problem" in answer.text
        assert not User.objects.filter(email="new@example.com").exists()

    def test_known_person_logs_in_then_accepts(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme, "charlie@example.com"))
        page = client.get(url)
        assert re.search(r'href="/admin/login/\?next=/invitations/[^"]+/"', page.text)
        assert "password" not in page.text.lower()
        client.post(url, {"name": "Fake", "password": "violet-anvil-93", "repeated": "violet-anvil-93"})
        assert access_of_user(acme.charlie, acme.organization) is None

        client.force_login(acme.charlie)
        assert "logged in as charlie@example.com" in client.get(url).text
        assert access_of_user(acme.charlie, acme.organization) is None  # looking accepts nothing
        answer = client.post(url, follow=True)

        assert "Welcome to Acme." in answer.text
        assert client.session["organization_id"] == str(acme.organization.pk)

    def test_somebody_elses_is_said_so(self, acme: Acme, client: Client) -> None:
        url = self.url(invited(acme))
        client.force_login(acme.charlie)

        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 403
            assert "for somebody else" in answer.text
            assert "new@example.com" not in answer.text
        assert access_of_user(acme.charlie, acme.organization) is None

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"accepted_at": timezone.now()}, "was used"),
            ({"revoked_at": timezone.now()}, "was withdrawn"),
            ({"expires_at": timezone.now()}, "has expired"),
        ],
    )
    def test_closed_one_says_why(
        self, acme: Acme, client: Client, change: dict[str, Any], words: str
    ) -> None:
        url = self.url(invited(acme))
        Invitation.objects.update(**change)

        answer = client.get(url)
        assert answer.status_code == 410
        assert f"This invitation {words}" in answer.text
        posted = client.post(
            url, {"name": "Nora", "password": "violet-anvil-93", "repeated": "violet-anvil-93"}
        )
        assert posted.status_code == 410
        assert not User.objects.filter(email="new@example.com").exists()

    def test_unknown_one_is_not_found(self, db: None, client: Client) -> None:
        answer = client.get(self.url("nonsense"))

        assert answer.status_code == 404
        assert "This link does not work" in answer.text

    def test_names_are_escaped(self, acme: Acme, client: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(name="<script>alert(1)</script>")

        answer = client.get(self.url(invited(acme)))

        assert "<script>alert(1)" not in answer.text
        assert "&lt;script&gt;alert(1)" in answer.text
