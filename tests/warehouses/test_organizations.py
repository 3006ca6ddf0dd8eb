"""Organizations are founded whole, or not at all."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from tests.factories import make_organization, make_person, make_warehouse
from warehouses import organizations, places
from warehouses.access import access_of_user
from warehouses.actors import SYSTEM
from warehouses.models import Invitation, Organization, Warehouse
from warehouses.organizations import create_organization, update_organization
from warehouses.refusals import Conflict, InvalidInput, NotFound, RuleBroken


class TestCreate:
    def test_has_its_warehouses_of_which_the_first_is_the_default(self, db: None) -> None:
        organization = create_organization(
            name=" Acme ", warehouses=[("North", "own"), ("Amazon", "FBA")], time_zone="Europe/Berlin"
        )

        assert (organization.name, organization.time_zone, organization.currency) == (
            "Acme",
            "Europe/Berlin",
            "EUR",
        )
        found = Warehouse.objects.filter(organization=organization).order_by("name")
        assert [(row.name, row.type, row.is_readonly) for row in found] == [
            ("Amazon", "FBA", True),
            ("North", "own", False),
        ]
        assert organization.default_warehouse is not None
        assert organization.default_warehouse.name == "North"
        assert (
            Organization.objects.get(pk=organization.pk).default_warehouse == organization.default_warehouse
        )

    def test_founders_run_in_the_same_transaction(self, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[tuple[str, int]] = []

        def refuse(organization: Organization) -> None:
            seen.append((organization.name, organization.warehouses.count()))
            raise RuntimeError("no reason codes today")

        monkeypatch.setattr(organizations, "founders", [refuse])
        with pytest.raises(RuntimeError):
            create_organization(name="Acme")

        assert seen == [("Acme", 1)]
        assert not Organization.objects.exists()
        assert not Warehouse.objects.exists()

    @pytest.mark.parametrize("name", ["Acme", "ACME", " acme"])
    def test_name_taken_is_refused(self, organization: Organization, name: str) -> None:
        with pytest.raises(Conflict) as caught:
            create_organization(name=name)

        assert caught.value.code == "NAME_TAKEN"
        assert Organization.objects.count() == 1

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "A", "time_zone": "Mars/Phobos"}, "time_zone"),
            ({"name": "A", "currency": "euro"}, "currency"),
            ({"name": "A", "warehouses": [("", "own")]}, "name"),
            ({"name": "A", "warehouses": [("W", "moon")]}, "type"),
        ],
    )
    def test_bad_input_is_named_and_leaves_nothing(self, db: None, given: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            create_organization(**given)

        assert {problem.field for problem in caught.value.problems} == {field}
        assert not Organization.objects.exists()


class TestUpdate:
    def test_changes_what_is_given(self, organization: Organization) -> None:
        depot = make_warehouse(organization, "Depot")

        update_organization(
            organization=organization, actor=SYSTEM, currency="USD", default_warehouse=depot, rate_limit=60
        )

        found = Organization.objects.get(pk=organization.pk)
        assert (found.name, found.currency, found.default_warehouse, found.rate_limit) == (
            "Acme",
            "USD",
            depot,
            60,
        )
        assert organization.currency == "USD"

    def test_default_warehouse_must_be_its_own_and_active(self, organization: Organization) -> None:
        theirs = make_warehouse(make_organization("Other"), "Theirs")
        closed = make_warehouse(organization, "Closed")
        places.deactivate_warehouse(organization=organization, actor=SYSTEM, warehouse=closed)
        before = organization.default_warehouse_id

        with pytest.raises(NotFound):
            update_organization(organization=organization, actor=SYSTEM, default_warehouse=theirs)
        with pytest.raises(RuleBroken) as caught:
            update_organization(organization=organization, actor=SYSTEM, default_warehouse=closed)
        assert caught.value.code == "WAREHOUSE_INACTIVE"
        assert Organization.objects.get(pk=organization.pk).default_warehouse_id == before

    def test_another_default_lets_the_first_go(self, organization: Organization) -> None:
        first = organization.default_warehouse
        assert first is not None
        update_organization(
            organization=organization, actor=SYSTEM, default_warehouse=make_warehouse(organization, "Depot")
        )

        places.delete_warehouse(organization=organization, actor=SYSTEM, warehouse=first)

        assert [row.name for row in Warehouse.objects.filter(organization=organization)] == ["Depot"]


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("create_organization", *arguments, stdout=out)
        return out.getvalue()

    def test_without_warehouses_it_has_a_main_one(self, db: None) -> None:
        assert "Created Acme (org_" in self.run("Acme")

        assert [(row.name, row.type) for row in Warehouse.objects.all()] == [("Main warehouse", "own")]

    def test_warehouses_are_given_with_their_types(self, db: None) -> None:
        self.run("Acme", "--warehouse", "North", "--warehouse", "Amazon:fba", "--time-zone", "Europe/Paris")

        organization = Organization.objects.get()
        assert organization.time_zone == "Europe/Paris"
        assert sorted((row.name, row.type) for row in organization.warehouses.all()) == [
            ("Amazon", "FBA"),
            ("North", "own"),
        ]
        assert organization.default_warehouse is not None
        assert organization.default_warehouse.name == "North"

    def test_known_owner_becomes_a_member(self, db: None) -> None:
        alice = make_person("alice@example.com")

        assert "alice@example.com owns it." in self.run("Acme", "--owner", "Alice@Example.com")

        access = access_of_user(alice, Organization.objects.get())
        assert access is not None
        assert access.everywhere("organization.manage")

    def test_unknown_owner_is_invited(self, db: None) -> None:
        out = self.run("Acme", "--owner", "new@example.com")

        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.role.name) == ("new@example.com", "Owner")
        assert "/invitations/" in out
        assert mail.outbox == []  # a command knows no address of the site

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("ACME",), "There is already an organization"),
            (("Other", "--time-zone", "Nowhere"), "is not a time zone"),
            (("Other", "--warehouse", "North:castle"), "is no type of warehouse"),
            (("Other", "--warehouse", "A", "--warehouse", "a"), "There is already a warehouse"),
            (("Other", "--owner", "not an address"), "valid email"),
        ],
    )
    def test_what_cannot_be_is_said_and_leaves_nothing(
        self, organization: Organization, arguments: tuple[str, ...], words: str
    ) -> None:
        with pytest.raises(CommandError, match=words):
            self.run(*arguments)

        assert [row.name for row in Organization.objects.all()] == ["Acme"]
