"""What every page has: landmarks, escaped names, the organization's time zone."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import url
from warehouses.models import ApiKey, Organization, User


class TestAccessibility:
    def test_pages_have_skip_link_landmark_and_title(self, acme: Company, as_alice: Client) -> None:
        for page in ("/admin/", url("bin"), url("bin", "add"), url("apikey", "add")):
            text = as_alice.get(page).text
            assert text.count("<main") == 1
            assert 'href="#content" class="skip-link"' in text
            title = re.search(r"<title>\s*(.*?)\s*</title>", text, re.DOTALL)
            assert title is not None
            assert title[1].endswith("| Tallyhouse")
            assert not title[1].startswith("|")

    def test_help_texts_are_where_the_fields_say(self, acme: Company, as_alice: Client) -> None:
        text = as_alice.get(url("bin", "add")).text

        described = set(re.findall(r'aria-describedby="([^"]+)"', text))
        assert "id_pick_sequence_helptext" in described
        assert described <= set(re.findall(r'id="([^"]+)"', text))

    def test_sorted_column_says_so(self, acme: Company, as_alice: Client) -> None:
        assert 'aria-sort="descending"' in as_alice.get(url("bin"), {"o": "-1"}).text

    def test_names_are_escaped_everywhere(self, acme: Company, as_alice: Client) -> None:
        evil = "<script>alert(1)</script>"
        for row, field in (
            (acme.organization, "name"),
            (acme.depot, "name"),
            (acme.room, "name"),
            (acme.shelf, "code"),
        ):
            type(row).objects.filter(pk=row.pk).update(**{field: evil})
        User.objects.filter(email="bob@example.com").update(name=evil)
        pages = [
            "/admin/",
            *(
                url(screen)
                for screen in ("warehouse", "room", "bin", "membership", "invitation", "organization")
            ),
            *(url(screen, "add") for screen in ("room", "bin", "invitation", "apikey")),
            url("warehouse", "change", acme.depot.pk),
            url("bin", "change", acme.shelf.pk),
            url("membership", "change", acme.member.pk),
            url("warehouse", "delete", acme.depot.pk),
            reverse("admin:warehouses_membership_permissions", args=[acme.member.pk]),
            reverse("admin:search") + "?extended=1&s=alert",
        ]
        for page in pages:
            assert evil not in as_alice.get(page).text, page


class TestTimes:
    def test_are_told_in_the_organizations_time_zone(self, acme: Company, as_alice: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(time_zone="Asia/Tokyo")
        ApiKey.objects.filter(pk=acme.key.pk).update(expires_at="2031-01-31T20:30:00Z")

        assert "1 Feb 2031, 05:30" in as_alice.get(url("apikey", "change", acme.key.pk)).text
        assert timezone.get_current_timezone_name() == "UTC"

    def test_are_read_in_the_organizations_time_zone(self, acme: Company, as_alice: Client) -> None:
        Organization.objects.filter(pk=acme.organization.pk).update(time_zone="Asia/Tokyo")

        as_alice.post(
            url("apikey", "add"),
            {
                "name": "Shop",
                "scopes": ["inventory.read"],
                "expires_at_0": "2031-02-01",
                "expires_at_1": "05:30",
            },
        )

        expires_at = ApiKey.objects.get(name="Shop").expires_at
        assert expires_at is not None
        assert expires_at.isoformat() == "2031-01-31T20:30:00+00:00"
