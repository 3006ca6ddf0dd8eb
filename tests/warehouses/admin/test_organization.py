"""The organization's settings, for its owner and for who founds one."""

from __future__ import annotations

from django.test import Client

from tests.warehouses.admin.conftest import Company
from tests.warehouses.admin.screens import url
from warehouses.models import Organization


class TestOrganization:
    def given(self, company: Company, **fields: str) -> dict[str, str]:
        return {
            "name": "Acme",
            "time_zone": "Europe/Berlin",
            "currency": "USD",
            "default_warehouse": str(company.depot.pk),
            "expiry_warning_days": "14",
            "rate_limit": "",
        } | fields

    def test_owner_changes_own_settings(self, acme: Company, as_alice: Client) -> None:
        target = url("organization", "change", acme.organization.pk)
        assert as_alice.post(target, self.given(acme)).status_code == 302

        found = Organization.objects.get(pk=acme.organization.pk)
        assert (found.time_zone, found.currency, found.default_warehouse, found.expiry_warning_days) == (
            "Europe/Berlin",
            "USD",
            acme.depot,
            14,
        )

    def test_owner_cannot_close_it(self, acme: Company, as_alice: Client) -> None:
        target = url("organization", "change", acme.organization.pk)
        as_alice.post(target, self.given(acme))

        assert "is_active" not in as_alice.get(target).context["adminform"].form.fields
        assert Organization.objects.get(pk=acme.organization.pk).is_active is True

    def test_name_of_another_is_taken(self, acme: Company, other: Company, as_alice: Client) -> None:
        answer = as_alice.post(
            url("organization", "change", acme.organization.pk), self.given(acme, name="OTHER")
        )

        assert "name" in answer.context["adminform"].form.errors
        assert Organization.objects.get(pk=acme.organization.pk).name == "Acme"

    def test_superuser_founds_one_without_having_chosen(self, as_root: Client) -> None:
        answer = as_root.post(
            url("organization", "add"), {"name": "Third", "time_zone": "UTC", "currency": "EUR"}
        )

        assert answer.status_code == 302
        organization = Organization.objects.get(name="Third")
        assert [warehouse.name for warehouse in organization.warehouses.all()] == ["Main warehouse"]

    def test_nobody_else_does(self, as_alice: Client) -> None:
        assert as_alice.post(url("organization", "add"), {"name": "Third"}).status_code == 403
        assert not Organization.objects.filter(name="Third").exists()
