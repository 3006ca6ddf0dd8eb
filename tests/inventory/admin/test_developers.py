"""The developers' corner: a key in one step, what was refused, what did not arrive; for those who may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, Event, WebhookEndpoint
from tests import factories
from tests.inventory.admin.conftest import House
from tests.inventory.admin.test_request_log import record
from warehouses.keys import find_key
from warehouses.models import ApiKey, Organization, OrganizationUserPermission, User
from warehouses.permissions import codename

PAGE = "/admin/developers/"


@pytest.fixture
def olga(house: House) -> User:
    return factories.make_person("olga@acme.example", {house.organization: ["Owner"]})


@pytest.fixture
def corner(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def grant(user: User, organization: Organization, permission: str) -> None:
    """Beside their role, in the whole organization."""
    found = Permission.objects.get(codename=codename(permission), content_type__model="organization")
    OrganizationUserPermission.objects.create(user=user, content_object=organization, permission=found)


def make(corner: Client, **fields: Any) -> Any:
    given = {"name": "Shop", "scopes": ["inventory.read"], "lifetime": "", "contract": ""}
    return corner.post(PAGE, given | fields)


class TestKeys:
    def test_a_key_is_made_shown_once_and_works(self, house: House, corner: Client, olga: User) -> None:
        answer = make(corner, scopes=["inventory.read", "inventory.write"], contract="pos", lifetime="30")

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        [text] = set(re.findall(r"th_live_\w{38}", answer.text))
        key = find_key(text)
        assert key is not None
        assert (key.organization, key.name, key.created_by) == (house.organization, "Shop", olga)
        assert (key.scopes, key.contract, key.is_limited) == (
            ["inventory.read", "inventory.write"], "pos", False,
        )  # fmt: skip
        assert key.expires_at is not None
        assert timedelta(days=29) < key.expires_at - timezone.now() < timedelta(days=30)
        assert f'-H "X-API-Key: {text}"' in answer.text
        assert text not in corner.get(PAGE).text
        assert text not in str(corner.session.items())

    def test_only_where_it_is_chosen(self, house: House, corner: Client) -> None:
        make(corner, warehouses=[str(house.north.pk)])

        assert list(ApiKey.objects.get().warehouses.all()) == [house.north]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 81}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["auth.add_user"]}, "scopes"),
            ({"lifetime": "9999"}, "lifetime"),
            ({"contract": "soap"}, "contract"),
        ],
    )
    def test_faults_are_said_at_the_field_and_nothing_is_lost(
        self, house: House, corner: Client, fields: dict[str, Any], field: str
    ) -> None:
        answer = make(corner, **({"name": "Typed", "scopes": ["inventory.adjust"]} | fields))

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert f'href="#id_{field}_block"' in answer.text
        assert not ApiKey.objects.exists()
        if field != "name":
            assert 'value="Typed"' in answer.text
        if field != "scopes":
            assert re.search(r'value="inventory.adjust"[^>]* checked', answer.text)

    def test_another_organizations_warehouse_is_no_choice(self, house: House, corner: Client) -> None:
        answer = make(corner, warehouses=[str(house.other.default_warehouse_id)])

        assert list(answer.context["form"].errors) == ["warehouses"]
        assert not ApiKey.objects.exists()

    def test_no_more_than_its_maker_may(self, house: House) -> None:
        """Bob manages one warehouse, and the organization's keys."""
        grant(house.bob, house.organization, "organization.manage")
        client = Client()
        client.force_login(house.bob)
        offered = client.get(PAGE).context["form"]
        assert [place.name for place in offered.fields["warehouses"].queryset] != []

        refused = make(client, scopes=["inventory.write"])
        assert refused.status_code == 422
        assert "You lack inventory.write there." in refused.text
        assert make(client, scopes=["inventory.write"], warehouses=[str(house.south.pk)]).status_code == 422
        assert make(client, scopes=["stockrequests.approve"]).status_code == 422
        assert not ApiKey.objects.exists()
        assert make(client, scopes=["inventory.write"], warehouses=[str(house.north.pk)]).status_code == 200

    def test_live_keys_are_listed_with_their_last_use(self, house: House, corner: Client) -> None:
        for name in ("Used", "Fresh", "Ended", "Over"):
            factories.make_key(house.organization, name=name)
        factories.make_key(house.other, name="Foreign")
        now = timezone.now()
        ApiKey.objects.update(created_at=now - timedelta(days=3))
        ApiKey.objects.filter(name="Used").update(last_used_at=now - timedelta(hours=2))
        ApiKey.objects.filter(name="Ended").update(revoked_at=now)
        ApiKey.objects.filter(name="Over").update(expires_at=now)

        answer = corner.get(PAGE)

        assert [row["key"].name for row in answer.context["keys"]] == ["Used", "Fresh"]
        assert "Last used 2\xa0hours ago" in answer.text
        assert "Foreign" not in answer.text
        key = ApiKey.objects.get(name="Used")
        assert reverse("admin:warehouses_apikey_revoke", args=[key.pk]) in answer.text


class TestPage:
    def test_what_was_refused_lately_is_led_to(self, house: House, corner: Client) -> None:
        record(house.organization, "good")
        bad = record(house.organization, "bad", status=409, code="CONTENTION")
        record(house.other, "foreign", status=409)

        answer = corner.get(PAGE)

        assert [row["record"] for row in answer.context["log"]["refused"]] == [bad]
        assert reverse("admin:warehouses_requestrecord_change", args=[bad.pk]) in answer.text

    def test_what_did_not_arrive_is_replayed_from_here(self, house: House, corner: Client) -> None:
        delivery = self.failed(house.organization)
        self.failed(house.other)

        answer = corner.get(PAGE)

        assert answer.context["log"]["failed"] == [delivery]
        assert [row["endpoint"] for row in answer.context["log"]["endpoints"]] == [delivery.endpoint]
        assert reverse("admin:inventory_delivery_replay", args=[delivery.pk]) in answer.text

    def failed(self, organization: Any) -> Delivery:
        endpoint = WebhookEndpoint.objects.create(
            organization=organization,
            url="https://shop.example/hook",
            event_types=["inventory.updated"],
            secret="x",
        )
        event = Event.objects.create(organization=organization, type="inventory.updated", body="{}")
        return Delivery.objects.create(
            organization=organization, endpoint=endpoint, event=event, state=DeliveryState.FAILED
        )

    def test_the_first_call_is_for_a_sku_of_theirs(self, house: House, corner: Client) -> None:
        page = corner.get(PAGE).text

        assert "MUG-RED" in page
        assert "MUG-BLUE" not in page
        assert 'curl "http://testserver/gateway/api/v1/inventory?per_page=5" \\'.replace(
            '"', "&quot;"
        ) in page.replace('"', "&quot;")

    def test_a_code_that_would_end_the_quotation_is_left_out(self, house: House, corner: Client) -> None:
        house.sku.code = 'A\'; rm -rf "$HOME"'
        house.sku.save()

        assert "rm -rf" not in corner.get(PAGE).text

    @pytest.mark.parametrize("person", ["alice", "bob", "vera"])
    def test_it_is_for_those_who_make_keys_or_look_after_integrations(
        self, house: House, person: str
    ) -> None:
        client = Client()
        client.force_login(getattr(house, person))

        assert client.get(PAGE).status_code == 403
        assert make(client).status_code == 403
        assert not ApiKey.objects.exists()

    def test_who_only_looks_after_integrations_makes_no_keys(self, house: House) -> None:
        grant(house.vera, house.organization, "integrations.manage")
        client = Client()
        client.force_login(house.vera)
        factories.make_key(house.organization, name="Hers not")

        page = client.get(PAGE)

        assert page.status_code == 200
        assert "Hers not" not in page.text
        assert "Make a key" not in page.text
        assert make(client).status_code == 403

    def test_who_only_makes_keys_sees_no_requests(self, house: House) -> None:
        grant(house.vera, house.organization, "organization.manage")
        record(house.organization, "r-77777", status=409, code="CONTENTION")
        client = Client()
        client.force_login(house.vera)

        page = client.get(PAGE)

        assert page.context["log"] is None
        assert "r-77777" not in page.text

    def test_the_same_queries_for_one_of_each_and_three(self, house: House, corner: Client) -> None:
        counts = []
        for number in (1, 2):
            for _ in range(number):
                factories.make_key(house.organization, warehouses=[house.north])
                record(house.organization, status=409, code="CONTENTION")
                self.failed(house.organization)
            corner.get(PAGE)
            with CaptureQueriesContext(connection) as captured:
                corner.get(PAGE)
            counts.append(len(captured))
        assert counts[0] == counts[1]
