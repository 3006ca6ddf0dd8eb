"""`/organization/`: which organization one works in, for people who are in several, one or none."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.factories import make_organization, make_person
from tests.warehouses.conftest import Acme
from warehouses.models import User


class TestOrganizationPage:
    def both(self, acme: Acme, client: Client) -> User:
        """Dora, who is in both."""
        dora = make_person("dora@example.com", {acme.organization: ["Viewer"], acme.other: ["Owner"]})
        client.force_login(dora)
        return dora

    def test_lists_ones_own_and_switches(self, acme: Acme, client: Client) -> None:
        make_organization("Third")
        self.both(acme, client)
        page = client.get("/organization/")
        assert "Acme" in page.text
        assert "Other" in page.text
        assert "Third" not in page.text

        answer = client.post("/organization/", {"organization": acme.other.public_id})
        assert (answer.status_code, answer["Location"]) == (302, "/admin/")
        page = client.get("/admin/warehouses/warehouse/")
        assert "Theirs" in page.text
        assert "Depot" not in page.text

    def test_foreign_one_is_refused_like_an_unknown_one(self, acme: Acme, client: Client) -> None:
        third = make_organization("Third")
        self.both(acme, client)

        answers = [
            client.post("/organization/", {"organization": text})
            for text in (third.public_id, "org_00000000000000000000000000", "wh_x", "", "\x00")
        ]

        assert {answer.status_code for answer in answers} == {404}
        assert len({re.sub(r'name="csrf\w+" value="\w+"', "", answer.text) for answer in answers}) == 1
        assert "organization_id" not in client.session

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
    def test_goes_on_only_within_the_site(self, acme: Acme, client: Client, target: str) -> None:
        self.both(acme, client)

        answer = client.post("/organization/", {"organization": acme.other.public_id, "next": target})

        assert answer["Location"] == "/admin/"

    def test_getting_switches_nothing(self, acme: Acme, client: Client) -> None:
        self.both(acme, client)

        client.get("/organization/", {"organization": acme.other.public_id})

        assert "organization_id" not in client.session

    def test_several_and_none_chosen_leads_here_from_the_admin_and_back(
        self, acme: Acme, client: Client
    ) -> None:
        self.both(acme, client)

        page = client.get("/admin/warehouses/warehouse/", follow=True)
        assert page.redirect_chain[-1] == ("/organization/?next=%2Fadmin%2Fwarehouses%2Fwarehouse%2F", 302)
        answer = client.post(
            "/organization/",
            {"organization": acme.organization.public_id, "next": "/admin/warehouses/warehouse/"},
        )
        assert answer["Location"] == "/admin/warehouses/warehouse/"

    def test_nobody_logged_in_is_asked_to(self, db: None, client: Client) -> None:
        answer = client.get("/organization/")

        assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/organization/")

    def test_who_belongs_nowhere_is_told(self, db: None, client: Client) -> None:
        client.force_login(make_person("eve@example.com"))

        page = client.get("/admin/", follow=True)

        assert "belong to no organization" in page.text

    def test_password_change_ends_other_sessions(self, acme: Acme, client: Client) -> None:
        elsewhere = Client()
        for browser in (client, elsewhere):
            assert browser.login(username="alice@example.com", password="correct horse battery")
        answer = client.post(
            "/admin/password_change/",
            {
                "old_password": "correct horse battery",
                "new_password1": "violet-anvil-93",
                "new_password2": "violet-anvil-93",
            },
        )
        assert answer.status_code == 302

        assert client.get("/admin/").status_code == 200
        assert elsewhere.get("/admin/").status_code == 302
