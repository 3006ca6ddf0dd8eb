"""Webhooks and their deliveries in the back office: made, shown once, tested, paused, replayed, looked into."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from inventory.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    Event,
    EventType,
    Trigger,
    WebhookEndpoint,
)
from tests import factories
from tests.inventory.admin.conftest import House
from warehouses.models import Organization, User
from warehouses.sealing import seal, unseal

pytestmark = pytest.mark.django_db

RECEIVER = "http://127.0.0.1:9/hook"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _opened_network(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def owner(house: House) -> User:
    return factories.make_person("olga@acme.example", {house.organization: ["Owner"]})


@pytest.fixture
def as_owner(owner: User, logged_in: type[Client]) -> Client:
    return logged_in(owner)


@pytest.fixture
def partial(house: House, logged_in: type[Client]) -> Client:
    """Somebody who manages integrations, but of one warehouse only."""
    return logged_in(
        factories.make_person("paul@acme.example", {house.organization: [("Owner", house.north)]})
    )


def url(screen: str, what: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:inventory_{screen}_{what}", args=args)


def make_endpoint(organization: Organization, name: str = "Shop", **fields: Any) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(
        organization=organization,
        description=name,
        **{
            "url": RECEIVER,
            "event_types": [EventType.INVENTORY_UPDATED.value],
            "secret": seal("whsec_c2VjcmV0"),
        }
        | fields,
    )


def make_delivery(endpoint: WebhookEndpoint, **fields: Any) -> Delivery:
    event = Event.objects.create(
        organization=endpoint.organization,
        type=EventType.INVENTORY_UPDATED,
        body='{"type":"inventory.updated","data":{"sku":"MUG-RED"}}',
    )
    given: dict[str, Any] = {"state": DeliveryState.PENDING, "next_attempt_at": timezone.now()} | fields
    if given["state"] != DeliveryState.PENDING:
        given["next_attempt_at"] = None
    return Delivery.objects.create(
        organization=endpoint.organization, endpoint=endpoint, event=event, **given
    )


def make_attempt(delivery: Delivery, number: int = 1, **fields: Any) -> DeliveryAttempt:
    Delivery.objects.filter(pk=delivery.pk).update(attempt_count=number)
    return DeliveryAttempt.objects.create(
        delivery=delivery,
        number=number,
        **{
            "started_at": timezone.now(),
            "duration_ms": 120,
            "url": delivery.endpoint.url,
            "address": "127.0.0.1",
            "request_headers": {
                "webhook-id": delivery.event.public_id,
                "webhook-timestamp": "1700000000",
                "webhook-signature": "v1,abc=",
            },
            "status": 200,
        }
        | fields,
    )


def typed(**fields: Any) -> dict[str, Any]:
    return {"url": RECEIVER, "description": "Shop", "event_types": ["inventory.low_stock"]} | fields


class TestWhoMay:
    @pytest.mark.parametrize("screen", ["webhookendpoint", "delivery"])
    def test_only_those_who_manage_the_whole_organizations_integrations_see_them(
        self, house: House, as_owner: Client, partial: Client, logged_in: type[Client], screen: str
    ) -> None:
        endpoint = make_endpoint(house.organization)
        row = endpoint if screen == "webhookendpoint" else make_delivery(endpoint)
        assert as_owner.get(url(screen)).status_code == 200
        assert as_owner.get(url(screen, "change", row.pk)).status_code == 200

        for client in (partial, logged_in(house.alice), logged_in(house.vera)):
            assert client.get(url(screen)).status_code == 403
            assert client.get(url(screen, "change", row.pk)).status_code in {403, 404}
            overview = client.get("/admin/").text
            assert url(screen) not in overview
            found = client.get(reverse("admin:search"), {"s": row.public_id, "extended": "1"}).text
            assert str(row.pk) not in found
        assert url(screen) in as_owner.get("/admin/").text

    @pytest.mark.parametrize("act", ["test", "rotate", "pause", "resume", "replay-failed"])
    def test_nobody_else_does_anything_about_them(
        self, house: House, partial: Client, logged_in: type[Client], act: str
    ) -> None:
        endpoint = make_endpoint(house.organization)
        before = WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get()
        delivery = make_delivery(endpoint, state=DeliveryState.FAILED)
        page = url("webhookendpoint", "change", endpoint.pk).replace("/change/", f"/{act}/")
        for client in (partial, logged_in(house.alice), logged_in(house.charlie)):
            assert client.get(page).status_code in {403, 404}
            assert client.post(page, {"since": "2020-01-01T00:00"}).status_code in {403, 404}
            assert client.post(url("delivery", "replay", delivery.pk)).status_code in {403, 404}
            assert client.post(
                url("webhookendpoint", "delete", endpoint.pk), {"post": "yes"}
            ).status_code in {
                403,
                404,
            }
            client.post(url("webhookendpoint", "add"), typed())
        assert WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get() == before
        assert Delivery.objects.filter(endpoint=endpoint).get().state == DeliveryState.FAILED
        assert (
            not WebhookEndpoint.objects.filter(organization=house.organization)
            .exclude(pk=endpoint.pk)
            .exists()
        )

    @pytest.mark.parametrize("screen", ["webhookendpoint", "delivery"])
    def test_another_organizations_are_not_there(self, house: House, as_owner: Client, screen: str) -> None:
        endpoint = make_endpoint(house.other, "FOREIGN")
        row = endpoint if screen == "webhookendpoint" else make_delivery(endpoint)

        assert as_owner.get(url(screen, "change", row.pk)).status_code == 404
        assert "FOREIGN" not in as_owner.get(url(screen)).text
        assert str(row.pk) not in as_owner.get(url(screen), {"q": row.public_id}).text
        assert (
            str(row.pk)
            not in as_owner.get(reverse("admin:search"), {"s": row.public_id, "extended": "1"}).text
        )

    def test_secrets_are_nowhere(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization, previous_secret=seal("whsec_b2xk"))
        delivery = make_delivery(endpoint)
        pages = [
            url("webhookendpoint"),
            url("webhookendpoint", "change", endpoint.pk),
            url("webhookendpoint", "history", endpoint.pk),
            url("delivery"),
            url("delivery", "change", delivery.pk),
        ]
        for page in pages:
            text = as_owner.get(page).text
            for secret in (endpoint.secret, endpoint.previous_secret, "whsec_c2VjcmV0", "whsec_b2xk"):
                assert secret not in text

    @pytest.mark.parametrize(
        ("screen", "lookup"),
        [
            ("webhookendpoint", "secret__startswith"),
            ("webhookendpoint", "previous_secret__startswith"),
            ("delivery", "endpoint__secret__startswith"),
        ],
    )
    def test_secrets_are_no_filter(self, house: House, as_owner: Client, screen: str, lookup: str) -> None:
        make_delivery(make_endpoint(house.organization))
        assert as_owner.get(url(screen), {lookup: "g"}).status_code == 400


class TestMaking:
    def test_secret_is_shown_once_and_signs(self, house: House, as_owner: Client) -> None:
        answer = as_owner.post(url("webhookendpoint", "add"), typed(warehouses=[str(house.north.pk)]))

        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        [text] = set(re.findall(r"whsec_[\w+/=]+", answer.text))
        endpoint = WebhookEndpoint.objects.get()
        assert unseal(endpoint.secret) == text
        assert (endpoint.organization, endpoint.url, endpoint.description) == (
            house.organization,
            RECEIVER,
            "Shop",
        )
        assert (endpoint.event_types, endpoint.is_limited) == (["inventory.low_stock"], True)
        assert list(endpoint.warehouses.all()) == [house.north]
        assert endpoint.created_by_name == "olga@acme.example"
        for page in (url("webhookendpoint"), url("webhookendpoint", "change", endpoint.pk)):
            assert text not in as_owner.get(page).text
        assert text not in str(as_owner.session.items())

    def test_without_warehouses_it_hears_of_all(self, house: House, as_owner: Client) -> None:
        as_owner.post(url("webhookendpoint", "add"), typed())

        assert WebhookEndpoint.objects.get().is_limited is False

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"url": "ftp://127.0.0.1/x"}, "url"),
            ({"url": "http://10.1.2.3/hook"}, "url"),
            ({"url": ""}, "url"),
            ({"event_types": []}, "event_types"),
            ({"event_types": ["webhook.test"]}, "event_types"),
            ({"description": "x" * 201}, "description"),
        ],
    )
    def test_faults_are_said_beside_the_field(
        self, house: House, as_owner: Client, given: dict[str, Any], field: str
    ) -> None:
        answer = as_owner.post(url("webhookendpoint", "add"), typed(**given))

        assert answer.status_code == 200
        assert list(answer.context["adminform"].form.errors) == [field]
        assert not WebhookEndpoint.objects.exists()

    def test_foreign_warehouse_is_no_choice(self, house: House, as_owner: Client) -> None:
        foreign = house.other.default_warehouse
        assert foreign is not None
        answer = as_owner.post(url("webhookendpoint", "add"), typed(warehouses=[str(foreign.pk)]))

        assert "Select a valid choice" in answer.text
        assert not WebhookEndpoint.objects.exists()


class TestChanging:
    def test_changes_are_stored_and_a_new_address_has_not_failed(
        self, house: House, as_owner: Client
    ) -> None:
        endpoint = make_endpoint(
            house.organization, failing_since=timezone.now(), failures=7, hold_until=timezone.now()
        )
        new = "http://127.0.0.1:9/other"

        answer = as_owner.post(
            url("webhookendpoint", "change", endpoint.pk),
            typed(url=new, description="Till", warehouses=[str(house.south.pk)]),
        )

        assert answer.status_code == 302
        endpoint.refresh_from_db()
        assert (endpoint.url, endpoint.description) == (new, "Till")
        assert (endpoint.failing_since, endpoint.failures) == (None, 0)
        assert (endpoint.is_limited, list(endpoint.warehouses.all())) == (True, [house.south])

    def test_new_address_is_judged_like_the_first(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)

        answer = as_owner.post(
            url("webhookendpoint", "change", endpoint.pk), typed(url="http://169.254.169.254/latest")
        )

        assert list(answer.context["adminform"].form.errors) == ["url"]
        endpoint.refresh_from_db()
        assert endpoint.url == RECEIVER

    def test_removed_one_is_gone_from_the_list_and_stays_in_the_log(
        self, house: House, as_owner: Client
    ) -> None:
        endpoint = make_endpoint(house.organization)
        delivery = make_delivery(endpoint, state=DeliveryState.DELIVERED)
        question = as_owner.get(url("webhookendpoint", "delete", endpoint.pk)).text
        assert "its secret is forgotten" in question

        answer = as_owner.post(url("webhookendpoint", "delete", endpoint.pk), {"post": "yes"})

        assert answer.status_code == 302
        endpoint.refresh_from_db()
        assert (endpoint.removed_at is not None, endpoint.secret) == (True, "")
        assert as_owner.get(url("webhookendpoint", "change", endpoint.pk)).status_code == 404
        assert "Shop (removed)" in as_owner.get(url("delivery", "change", delivery.pk)).text
        refused = as_owner.post(url("delivery", "replay", delivery.pk), follow=True).text
        assert "has been removed" in refused

    def test_several_are_removed_at_once_but_no_foreign_ones(self, house: House, as_owner: Client) -> None:
        mine = [make_endpoint(house.organization, name) for name in ("Shop", "Till")]
        foreign = make_endpoint(house.other)

        as_owner.post(
            url("webhookendpoint"),
            {
                "action": "delete_selected",
                "_selected_action": [str(row.pk) for row in (*mine, foreign)],
                "post": "yes",
            },
        )

        removed = WebhookEndpoint.objects.filter(removed_at__isnull=False)
        assert set(removed) == set(mine)


class TestActions:
    def test_asking_changes_nothing(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        before = WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get()
        for name in ("send_test", "rotate", "pause", "resume", "replay_failed"):
            assert as_owner.get(url("webhookendpoint", name, endpoint.pk)).status_code == 200
        assert WebhookEndpoint.objects.filter(pk=endpoint.pk).values().get() == before
        assert not Delivery.objects.exists()

    def test_test_event_leads_to_its_delivery(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)

        answer = as_owner.post(url("webhookendpoint", "send_test", endpoint.pk))

        delivery = Delivery.objects.select_related("event").get()
        assert delivery.event.type == EventType.TEST
        assert answer["Location"] == url("delivery", "change", delivery.pk)
        page = as_owner.get(answer["Location"]).text
        assert 'data-refresh="2"' in page
        assert "Due now" in page

    def test_paused_one_is_not_tested(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization, state=EndpointState.PAUSED)

        page = as_owner.post(url("webhookendpoint", "send_test", endpoint.pk), follow=True).text

        assert "resume it first" in page
        assert not Delivery.objects.exists()

    def test_rotated_secret_is_shown_once_and_the_old_one_signs_on(
        self, house: House, as_owner: Client
    ) -> None:
        endpoint = make_endpoint(house.organization)

        answer = as_owner.post(url("webhookendpoint", "rotate", endpoint.pk))

        assert "no-store" in answer["Cache-Control"]
        [text] = set(re.findall(r"whsec_[\w+/=]+", answer.text))
        endpoint.refresh_from_db()
        assert (unseal(endpoint.secret), unseal(endpoint.previous_secret)) == (text, "whsec_c2VjcmV0")
        page = as_owner.get(url("webhookendpoint", "change", endpoint.pk)).text
        assert text not in page
        assert "The one before signs too until" in page

    def test_pausing_and_resuming(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        page = url("webhookendpoint", "change", endpoint.pk)
        pause, resume = (url("webhookendpoint", name, endpoint.pk) for name in ("pause", "resume"))
        assert pause in as_owner.get(page).text
        assert resume not in as_owner.get(page).text

        as_owner.post(pause)
        endpoint.refresh_from_db()
        assert endpoint.state == EndpointState.PAUSED
        assert pause not in as_owner.get(page).text
        assert resume in as_owner.get(page).text

        as_owner.post(resume)
        endpoint.refresh_from_db()
        assert endpoint.state == EndpointState.ACTIVE

    def test_failed_ones_are_counted_and_replayed(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        now = timezone.now()
        old = make_delivery(endpoint, state=DeliveryState.FAILED, created_at=now - timedelta(days=30))
        failed = [make_delivery(endpoint, state=DeliveryState.FAILED) for _ in range(2)]
        done = make_delivery(endpoint, state=DeliveryState.DELIVERED)
        foreign = make_delivery(make_endpoint(house.organization, "Till"), state=DeliveryState.FAILED)
        page = url("webhookendpoint", "replay_failed", endpoint.pk)
        since = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")

        assert "Replay 2 deliveries" in as_owner.get(page).text
        assert "Replay 3 deliveries" in as_owner.get(page, {"since": "2020-01-01T00:00"}).text
        assert "Nothing has failed since" in as_owner.get(page, {"since": "2099-01-01T00:00"}).text
        assert as_owner.get(page, {"since": "soon"}).status_code == 422
        answer = as_owner.post(page, {"since": since}, follow=True)

        assert "2 deliveries are on the way again" in answer.text
        states = dict(Delivery.objects.values_list("pk", "state"))
        assert [states[row.pk] for row in failed] == [DeliveryState.PENDING] * 2
        assert [states[row.pk] for row in (old, done, foreign)] == ["failed", "delivered", "failed"]

    def test_instants_are_those_of_the_organizations_time_zone(self, house: House, as_owner: Client) -> None:
        Organization.objects.filter(pk=house.organization.pk).update(time_zone="Asia/Tokyo")
        endpoint = make_endpoint(house.organization)
        make_delivery(endpoint, state=DeliveryState.FAILED, created_at="2026-03-01T12:00:00Z")
        page = url("webhookendpoint", "replay_failed", endpoint.pk)

        assert "Replay 1 delivery" in as_owner.get(page, {"since": "2026-03-01T21:00"}).text
        assert "Nothing has failed" in as_owner.get(page, {"since": "2026-03-01T21:01"}).text


class TestDisabledOnes:
    def test_those_who_manage_are_told_and_enable_them(
        self, house: House, as_owner: Client, partial: Client, logged_in: type[Client]
    ) -> None:
        endpoint = make_endpoint(
            house.organization,
            state=EndpointState.DISABLED,
            disabled_at=timezone.now(),
            disabled_reason="Nothing got through for 5 days.",
        )
        make_endpoint(house.other, "FOREIGN", state=EndpointState.DISABLED, disabled_at=timezone.now())
        enable = url("webhookendpoint", "resume", endpoint.pk)
        for page in ("/admin/", url("webhookendpoint")):
            text = as_owner.get(page).text
            assert "A webhook has been disabled" in text
            assert "Nothing got through for 5 days." in text
            assert f'href="{enable}"' in text
            assert "FOREIGN" not in text
        for client in (partial, logged_in(house.alice)):
            assert "has been disabled" not in client.get("/admin/").text

        assert "Enable" in as_owner.get(enable).text
        as_owner.post(enable)

        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.disabled_at) == (EndpointState.ACTIVE, None)
        assert "has been disabled" not in as_owner.get("/admin/").text

    def test_without_an_organization_nothing_is_told(self, house: House, logged_in: type[Client]) -> None:
        root = logged_in(factories.make_person("root@example.com", is_superuser=True))
        assert root.get("/admin/").status_code == 200


class TestDeliveries:
    def test_page_tells_all_of_every_attempt_and_escapes_it(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        delivery = make_delivery(endpoint, next_attempt_at=timezone.now() + timedelta(hours=5))
        make_attempt(
            delivery,
            1,
            status=500,
            response_headers={"server": EVIL},
            response_body=EVIL,
            duration_ms=6_500,
        )
        make_attempt(delivery, 2, status=None, error=EVIL, trigger=Trigger.REPLAY, request_headers={})
        Event.objects.filter(pk=delivery.event_id).update(
            body='{"type":"inventory.updated","data":{"title":"' + EVIL + '"}}'
        )

        page = as_owner.get(url("delivery", "change", delivery.pk)).text

        assert EVIL not in page
        assert (
            page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5
        )  # twice in the event, signed and indented
        assert "500 Internal Server Error" in page
        assert "6.5 s" in page
        assert f"{delivery.event.public_id}.1700000000.{{&quot;type&quot;" in page
        assert "v1,abc=" in page
        assert "127.0.0.1" in page
        assert re.search(r"In (5 h|4 h 59 min), at \d", page)
        # Hours before the next try, nobody needs to look every other second.
        assert 'data-refresh="30"' in page

    @pytest.mark.parametrize(
        ("endpoint", "delivery", "words", "refresh"),
        [
            ({"state": "paused"}, {}, "Waits: the webhook is paused", 30),
            ({}, {"lease": "00000000-0000-4000-8000-000000000000", "due_in": 40}, "Being sent now", 2),
            ({"hold_for": 20}, {}, "In ", 2),
            ({"hold_for": 200}, {}, "In 3 min", 30),
            ({}, {"state": DeliveryState.DELIVERED}, "Delivered", None),
        ],
    )
    def test_page_says_when_the_next_try_is(
        self,
        house: House,
        as_owner: Client,
        endpoint: dict[str, Any],
        delivery: dict[str, Any],
        words: str,
        refresh: int | None,
    ) -> None:
        now = timezone.now()
        given = dict(endpoint)
        if "hold_for" in given:
            given["hold_until"] = now + timedelta(seconds=given.pop("hold_for"))
        fields = dict(delivery)
        if "due_in" in fields:
            fields["next_attempt_at"] = now + timedelta(seconds=fields.pop("due_in"))
        row = make_delivery(make_endpoint(house.organization, **given), **fields)

        page = as_owner.get(url("delivery", "change", row.pk)).text

        assert words in page
        assert re.findall(r'data-refresh="(\d+)"', page) == ([str(refresh)] if refresh else [])
        assert ("inventory/refresh.js" in page) == (refresh is not None)

    def test_replay_sends_again(self, house: House, as_owner: Client) -> None:
        delivery = make_delivery(make_endpoint(house.organization), state=DeliveryState.FAILED)
        replay = url("delivery", "replay", delivery.pk)
        assert "Send this event again?" in as_owner.get(replay).text

        answer = as_owner.post(replay)

        assert answer["Location"] == url("delivery", "change", delivery.pk)
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.PENDING

    def test_found_by_number_of_event_and_delivery(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        delivery, other = make_delivery(endpoint), make_delivery(endpoint)
        for term in (delivery.public_id, delivery.event.public_id, f" {delivery.event.public_id.upper()} "):
            page = as_owner.get(url("delivery"), {"q": term}).text
            assert url("delivery", "change", delivery.pk) in page
            assert url("delivery", "change", other.pk) not in page
        for term in ("mug", "evt_nonsense", EVIL):
            page = as_owner.get(url("delivery"), {"q": term}).text
            assert "/change/" not in page.split("changelist-form")[-1]

    def test_filters_offer_own_endpoints(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(house.organization)
        make_endpoint(house.other, "FOREIGN")
        mine, _ = make_delivery(endpoint), make_delivery(make_endpoint(house.organization, "Till"))

        page = as_owner.get(url("delivery"), {"endpoint__id__exact": str(endpoint.pk)})

        assert [row.pk for row in page.context["cl"].result_list] == [mine.pk]
        assert "FOREIGN" not in page.text

    def test_is_read_only(self, house: House, as_owner: Client) -> None:
        delivery = make_delivery(make_endpoint(house.organization))
        assert as_owner.get(url("delivery", "add")).status_code == 403
        assert as_owner.post(url("delivery", "change", delivery.pk), {"state": "failed"}).status_code == 403
        assert as_owner.post(url("delivery", "delete", delivery.pk), {"post": "yes"}).status_code == 403


class TestLists:
    # Session, user, organizations, access, views and columns, count (of endpoints) and rows, and what each list adds:
    # literal, so that a query more is noticed.
    QUERIES = {"webhookendpoint": 17, "delivery": 14}

    @pytest.mark.parametrize("screen", QUERIES)
    def test_costs_the_same_for_one_and_three_rows(
        self,
        house: House,
        as_owner: Client,
        screen: str,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in (1, 2, 3):
            endpoint = make_endpoint(house.organization, f"Shop {number}", is_limited=True)
            endpoint.warehouses.set([house.north, house.south])
            for _ in range(number):
                make_attempt(make_delivery(endpoint))
            with django_assert_num_queries(self.QUERIES[screen]):
                assert as_owner.get(url(screen)).status_code == 200

    def test_latest_deliveries_are_twenty_of_each(self, house: House, as_owner: Client) -> None:
        busy, quiet, new = (make_endpoint(house.organization, name) for name in ("Busy", "Quiet", "New"))
        now = timezone.now()
        # Older ones, and a batch of one instant across the boundary.
        for _ in range(5):
            make_delivery(busy, state=DeliveryState.FAILED, created_at=now - timedelta(hours=1))
        for _ in range(25):
            make_delivery(busy, state=DeliveryState.DELIVERED, created_at=now)
        make_delivery(quiet, state=DeliveryState.FAILED, created_at=now)

        page = as_owner.get(url("webhookendpoint")).text

        assert "20 of 20 got through" in page
        assert "0 of 1 got through" in page
        assert page.count("None yet") == 1
        assert new.description in page
        # On its own page, too.
        assert "0 of 1 got through" in as_owner.get(url("webhookendpoint", "change", quiet.pk)).text

    @pytest.mark.parametrize("screen", ["webhookendpoint", "delivery"])
    def test_empty_list_says_what_would_fill_it(self, house: House, as_owner: Client, screen: str) -> None:
        page = as_owner.get(url(screen)).text
        assert "No webhook endpoints yet" in page or "No deliveries yet" in page
        page = as_owner.get(url(screen), {"q": "nothing"}).text
        assert "Nothing matches" in page

    def test_names_are_escaped(self, house: House, as_owner: Client) -> None:
        endpoint = make_endpoint(
            house.organization,
            EVIL,
            url=f"https://example.com/{EVIL}",
            state=EndpointState.DISABLED,
            disabled_at=timezone.now(),
            disabled_reason=EVIL,
            created_by_name=EVIL,
        )
        delivery = make_delivery(endpoint, state=DeliveryState.DELIVERED)
        pages = [
            "/admin/",
            url("webhookendpoint"),
            url("delivery"),
            url("delivery", "change", delivery.pk),
            url("delivery", "replay", delivery.pk),
            url("webhookendpoint", "delete", endpoint.pk),
            *(
                url("webhookendpoint", name, endpoint.pk)
                for name in ("change", "send_test", "rotate", "resume", "replay_failed")
            ),
        ]
        for page in pages:
            assert EVIL not in as_owner.get(page).text, page
        rotated = as_owner.post(url("webhookendpoint", "rotate", endpoint.pk))
        assert EVIL not in rotated.text
