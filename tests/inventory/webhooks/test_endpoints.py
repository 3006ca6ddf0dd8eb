"""Who may have whom told what, and where."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import (
    SUBSCRIBABLE,
    Delivery,
    DeliveryState,
    EndpointState,
    Event,
    EventType,
    WebhookEndpoint,
)
from inventory.webhooks import courier, endpoints
from inventory.webhooks.endpoints import (
    change_endpoint,
    create_endpoint,
    find_endpoint,
    pause_endpoint,
    remove_endpoint,
    resume_endpoint,
    rotate_secret,
    send_test,
    visible_endpoints,
)
from tests import factories
from tests.inventory.webhooks.queue import announce, deliveries, make_endpoint, pass_time
from tests.inventory.webhooks.receiver import Receiver
from warehouses import transactions
from warehouses.access import Access, access_of_key, access_of_system, access_of_user
from warehouses.keys import find_key
from warehouses.models import Organization, Warehouse
from warehouses.refusals import Conflict, Forbidden, InvalidInput, NotFound, Refusal
from warehouses.sealing import unseal

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/hook"


def create(access: Access, **fields: Any) -> tuple[WebhookEndpoint, str]:
    fields = {"url": URL, "event_types": ["inventory.updated"], **fields}
    return transactions.run(lambda: create_endpoint(access=access, **fields))


def change(access: Access, endpoint: WebhookEndpoint, **fields: Any) -> WebhookEndpoint:
    fields = {
        "url": endpoint.url,
        "description": endpoint.description,
        "event_types": endpoint.event_types,
        "warehouses": None,
        **fields,
    }
    return transactions.run(lambda: change_endpoint(access=access, endpoint=endpoint, **fields))


def key_access(organization: Organization, *scopes: str, warehouses: list[Warehouse] | None = None) -> Access:
    key = find_key(factories.make_key(organization, scopes, warehouses=warehouses or []))
    assert key is not None
    return access_of_key(key)


def problems(refusal: Refusal) -> list[tuple[str | None, str]]:
    return [(problem.field, problem.code) for problem in refusal.problems]


@pytest.fixture
def depot(organization: Organization) -> Warehouse:
    return factories.make_warehouse(organization, "Depot")


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    return make_endpoint(organization, URL)[0]


class TestCreating:
    def test_an_endpoint(self, organization: Organization, depot: Warehouse) -> None:
        person = factories.make_person("alice@example.com", {organization: ["Owner"]})
        access = access_of_user(person, organization)
        assert access is not None
        endpoint, secret = create(
            access,
            url=f" {URL} ",
            description=" The shop ",
            event_types=["inventory.oversold", "inventory.updated"],
            warehouses=[depot, depot],
        )
        endpoint.refresh_from_db()
        assert endpoint.organization == organization
        assert (endpoint.url, endpoint.description, endpoint.state) == (URL, "The shop", EndpointState.ACTIVE)
        assert endpoint.event_types == ["inventory.updated", "inventory.oversold"]
        assert endpoint.is_limited
        assert list(endpoint.warehouses.all()) == [depot]
        assert endpoint.created_by_name == "alice@example.com"
        assert secret.startswith("whsec_")
        assert unseal(endpoint.secret) == secret
        assert secret not in endpoint.secret

    def test_for_every_warehouse(self, access: Access) -> None:
        endpoint, _ = create(access)
        assert not endpoint.is_limited
        assert not endpoint.warehouses.exists()

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"url": ""}, [("url", "INVALID")]),
            ({"url": "ftp://127.0.0.1/"}, [("url", "INVALID")]),
            ({"url": "https://user:word@127.0.0.1/"}, [("url", "INVALID")]),
            ({"url": "https://127.0.0.1/" + "x" * 2000}, [("url", "INVALID")]),
            ({"url": "https://10.0.0.1/"}, [("url", "PRIVATE_ADDRESS")]),
            ({"url": "https://no-such-host.invalid/"}, [("url", "UNRESOLVED")]),
            ({"event_types": []}, [("event_types", "REQUIRED")]),
            ({"event_types": ["inventory.gone"]}, [("event_types", "UNKNOWN_EVENT")]),
            ({"event_types": ["webhook.test"]}, [("event_types", "UNKNOWN_EVENT")]),
            ({"event_types": ["inventory.updated"] * 2}, [("event_types", "DUPLICATE")]),
            ({"description": "two\nlines"}, [("description", "INVALID")]),
            ({"description": "x" * 201}, [("description", "INVALID")]),
            (
                {"url": "http://", "description": "\x00", "event_types": ["a", "b"]},
                [
                    ("url", "INVALID"),
                    ("description", "INVALID"),
                    ("event_types", "UNKNOWN_EVENT"),
                    ("event_types", "UNKNOWN_EVENT"),
                ],
            ),
        ],
    )
    def test_a_bad_form_names_every_fault(
        self, access: Access, fields: dict[str, Any], expected: list[tuple[str, str]]
    ) -> None:
        with pytest.raises(InvalidInput) as caught:
            create(access, **fields)
        assert caught.value.code == "INVALID_ENDPOINT"
        assert problems(caught.value) == expected
        assert not WebhookEndpoint.objects.exists()

    def test_a_name_is_looked_up(self, access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
        """A public name for a machine inside is no way in."""

        def getaddrinfo(*args: object, **kwargs: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 443))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        with pytest.raises(InvalidInput) as caught:
            create(access, url="https://inside.example.com/")
        assert problems(caught.value) == [("url", "PRIVATE_ADDRESS")]

    def test_fifty_at_most(self, organization: Organization, access: Access) -> None:
        for _ in range(50):
            last, _ = create(access)
        with pytest.raises(Conflict) as caught:
            create(access)
        assert caught.value.code == "ENDPOINT_LIMIT"
        create(access_of_system(factories.make_organization("Another")))
        transactions.run(lambda: remove_endpoint(access=access, endpoint=last))
        create(access)


class TestWhoMay:
    def test_it_needs_the_permission(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        for act in _acts(key_access(organization, "inventory.write"), endpoint):
            with pytest.raises(Forbidden) as caught:
                act()
            assert caught.value.code == "PERMISSION_DENIED"
        self._is_untouched(endpoint)

    def test_in_the_whole_organization(
        self, organization: Organization, endpoint: WebhookEndpoint, depot: Warehouse
    ) -> None:
        limited = key_access(organization, "integrations.manage", "inventory.read", warehouses=[depot])
        for act in _acts(limited, endpoint):
            with pytest.raises(Forbidden) as caught:
                act()
            assert caught.value.code == "PERMISSION_DENIED"
        self._is_untouched(endpoint)

    @pytest.mark.parametrize("role", ["Warehouse manager", "Approver", "Counter", "Viewer"])
    def test_no_other_role_than_the_owner(
        self, organization: Organization, endpoint: WebhookEndpoint, role: str
    ) -> None:
        access = access_of_user(
            factories.make_person("bob@example.com", {organization: [role]}), organization
        )
        assert access is not None
        for act in _acts(access, endpoint):
            with pytest.raises(Forbidden):
                act()
        self._is_untouched(endpoint)

    def test_nobody_subscribes_to_what_they_may_not_read(
        self, organization: Organization, endpoint: WebhookEndpoint, depot: Warehouse
    ) -> None:
        blind = key_access(organization, "integrations.manage")
        for places in ([], [depot]):
            with pytest.raises(Forbidden) as caught:
                create(blind, warehouses=places)
            assert problems(caught.value) == [("warehouses", "PERMISSION_DENIED")]
            with pytest.raises(Forbidden):
                change(blind, endpoint, url=URL + "/mine", warehouses=places)
        with pytest.raises(Forbidden):
            change(blind, endpoint, url=URL + "/mine")
        self._is_untouched(endpoint)

    def test_reading_one_warehouse_is_enough_for_an_endpoint_of_that_one(
        self, organization: Organization, depot: Warehouse
    ) -> None:
        everywhere = key_access(organization, "integrations.manage")
        here = Access(
            organization, everywhere.actor, {**everywhere.grants, "inventory.read": frozenset({depot.pk})}
        )
        endpoint, _ = create(here, warehouses=[depot])
        with pytest.raises(Forbidden):
            create(here)
        with pytest.raises(Forbidden):
            create(here, warehouses=[depot, organization.warehouses.exclude(pk=depot.pk).get()])
        change(here, endpoint, description="Depot only")
        with pytest.raises(Forbidden):
            change(here, endpoint, warehouses=[])

    def _is_untouched(self, endpoint: WebhookEndpoint) -> None:
        now = WebhookEndpoint.objects.get()
        names = [field.attname for field in WebhookEndpoint._meta.concrete_fields]
        assert [getattr(now, name) for name in names] == [getattr(endpoint, name) for name in names]
        assert not Delivery.objects.exists()


def _acts(access: Access, endpoint: WebhookEndpoint) -> list[Callable[[], Any]]:
    """Everything that can be done, with an endpoint that exists."""
    return [
        lambda: create(access),
        lambda: visible_endpoints(access=access),
        lambda: find_endpoint(access=access, public_id=endpoint.public_id),
        lambda: change(access, endpoint, url=URL + "/other"),
        lambda: transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint)),
        lambda: transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint)),
        lambda: transactions.run(lambda: resume_endpoint(access=access, endpoint=endpoint)),
        lambda: transactions.run(lambda: send_test(access=access, endpoint=endpoint)),
        lambda: transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint)),
    ]


class TestTenancy:
    def test_what_belongs_to_another_organization_is_not_there(self, endpoint: WebhookEndpoint) -> None:
        theirs = access_of_system(factories.make_organization("Another"))
        assert list(visible_endpoints(access=theirs)) == []
        for act in _acts(theirs, endpoint)[2:]:
            with pytest.raises(NotFound) as caught:
                act()
            assert caught.value.code == "ENDPOINT_NOT_FOUND"
        assert not Delivery.objects.exists()

    def test_nor_is_what_was_removed(self, access: Access, endpoint: WebhookEndpoint) -> None:
        transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint))
        assert list(visible_endpoints(access=access)) == []
        for act in _acts(access, endpoint)[2:]:
            with pytest.raises(NotFound):
                act()

    @pytest.mark.parametrize("text", ["", "whk_", "whk_x", "evt_01h455vb4pex5vsknk084sn02q", "\x00"])
    def test_nor_is_nonsense(self, access: Access, endpoint: WebhookEndpoint, text: str) -> None:
        with pytest.raises(NotFound) as caught:
            find_endpoint(access=access, public_id=text)
        assert caught.value.code == "ENDPOINT_NOT_FOUND"

    def test_what_is_ones_own_is_found(self, access: Access, endpoint: WebhookEndpoint) -> None:
        assert find_endpoint(access=access, public_id=endpoint.public_id) == endpoint
        assert find_endpoint(access=access, public_id=endpoint.public_id, lock=True) == endpoint
        assert list(visible_endpoints(access=access)) == [endpoint]

    def test_a_foreign_warehouse_is_not_there(self, access: Access, endpoint: WebhookEndpoint) -> None:
        theirs = factories.make_warehouse(factories.make_organization("Another"), "Theirs")
        for act in (
            lambda: create(access, warehouses=[theirs]),
            lambda: change(access, endpoint, warehouses=[theirs]),
        ):
            with pytest.raises(NotFound) as caught:
                act()
            assert caught.value.code == "WAREHOUSE_NOT_FOUND"


class TestChanging:
    def test_all_of_it(self, access: Access, endpoint: WebhookEndpoint, depot: Warehouse) -> None:
        secret = endpoint.secret
        changed = change(
            access,
            endpoint,
            url=URL + "/2",
            description="Two",
            event_types=[kind.value for kind in reversed(SUBSCRIBABLE)],
            warehouses=[depot],
        )
        endpoint.refresh_from_db()
        assert changed == endpoint
        assert (endpoint.url, endpoint.description, endpoint.is_limited) == (URL + "/2", "Two", True)
        assert endpoint.event_types == [kind.value for kind in SUBSCRIBABLE]
        assert list(endpoint.warehouses.all()) == [depot]
        assert endpoint.secret == secret
        change(access, endpoint, warehouses=[])
        endpoint.refresh_from_db()
        assert not endpoint.is_limited
        assert not endpoint.warehouses.exists()

    def test_a_bad_form_changes_nothing(self, access: Access, endpoint: WebhookEndpoint) -> None:
        with pytest.raises(InvalidInput) as caught:
            change(access, endpoint, url="https://10.0.0.1/", event_types=[], description="Two")
        assert problems(caught.value) == [("url", "PRIVATE_ADDRESS"), ("event_types", "REQUIRED")]
        endpoint.refresh_from_db()
        assert (endpoint.url, endpoint.description) == (URL, "")

    def test_an_address_that_stays_is_not_looked_up_again(
        self, access: Access, endpoint: WebhookEndpoint, settings: Any
    ) -> None:
        """What is wrong with it now must not keep anybody from choosing other events."""
        settings.OUTGOING_NETWORKS = []
        assert change(access, endpoint, description="Two").description == "Two"
        with pytest.raises(InvalidInput):
            change(access, endpoint, url=URL + "/2")

    def test_a_limit_to_warehouses_that_are_no_more_stays_a_limit(
        self, organization: Organization, access: Access, depot: Warehouse
    ) -> None:
        endpoint, _ = create(access, warehouses=[depot])
        endpoint.warehouses.clear()
        assert change(access, endpoint, description="Two", warehouses=None).is_limited

    def test_a_new_address_has_not_failed_yet(self, access: Access, endpoint: WebhookEndpoint) -> None:
        now = timezone.now()
        failing = {"failures": 9, "failing_since": now, "hold_until": now + timedelta(hours=1)}
        WebhookEndpoint.objects.update(**failing)
        same = change(access, endpoint, description="Two")
        assert (same.failures, same.failing_since, same.hold_until) == tuple(failing.values())
        other = change(access, endpoint, url=URL + "/2")
        assert (other.failures, other.failing_since, other.hold_until) == (0, None, None)

    def test_what_is_queued_goes_to_the_new_address(
        self, organization: Organization, access: Access, receiver: Receiver
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url("/old"))
        announce(organization, 2)
        change(access, endpoint, url=receiver.url("/new"))
        courier.run(seconds=5)
        assert (len(receiver.at("/old")), len(receiver.at("/new"))) == (0, 2)


class TestSecrets:
    def test_rotating_keeps_the_old_one_for_a_day(self, organization: Organization, access: Access) -> None:
        endpoint, old = make_endpoint(organization, URL)
        before = timezone.now()
        new = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        assert new != old
        assert (unseal(endpoint.secret), unseal(endpoint.previous_secret)) == (new, old)
        assert endpoint.previous_secret_until is not None
        until = endpoint.previous_secret_until - timedelta(hours=24)
        assert before <= until <= timezone.now()

    def test_rotating_twice_keeps_the_latest_two(self, organization: Organization, access: Access) -> None:
        endpoint, first = make_endpoint(organization, URL)
        second = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        third = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        assert (unseal(endpoint.secret), unseal(endpoint.previous_secret)) == (third, second)
        assert first not in (second, third)

    def test_rotating_mends_a_secret_that_cannot_be_read(
        self, organization: Organization, access: Access, receiver: Receiver
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        WebhookEndpoint.objects.update(secret="sealed with a key that is lost")
        transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        assert (endpoint.previous_secret, endpoint.previous_secret_until) == ("", None)
        announce(organization)
        courier.run(seconds=5)
        assert len(receiver.at()) == 1

    def test_none_is_logged(self, access: Access, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            endpoint, old = create(access)
            new = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        lines = "".join(repr(record.__dict__) for record in caplog.records)
        assert endpoint.public_id in lines
        for secret in (old, new, endpoint.secret, endpoint.previous_secret):
            assert secret.removeprefix("whsec_") not in lines


class TestPausing:
    def test_what_happens_meanwhile_is_kept(
        self, organization: Organization, access: Access, receiver: Receiver
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        assert transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint)).state == "paused"
        transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint))
        announce(organization, 3)
        courier.run(seconds=5)
        assert receiver.at() == []
        assert transactions.run(lambda: resume_endpoint(access=access, endpoint=endpoint)).state == "active"
        courier.run(seconds=5)
        assert len(receiver.at()) == 3

    def test_a_disabled_one_cannot_be_paused(self, access: Access, endpoint: WebhookEndpoint) -> None:
        WebhookEndpoint.objects.update(state=EndpointState.DISABLED, disabled_at=timezone.now())
        with pytest.raises(Conflict) as caught:
            transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint))
        assert caught.value.code == "ENDPOINT_NOT_ACTIVE"

    @pytest.mark.parametrize("state", list(EndpointState))
    def test_resuming_forgets_the_failures(
        self, access: Access, endpoint: WebhookEndpoint, state: EndpointState
    ) -> None:
        now = timezone.now()
        is_disabled = state == EndpointState.DISABLED
        WebhookEndpoint.objects.update(
            state=state,
            disabled_at=now if is_disabled else None,
            disabled_reason="Why" if is_disabled else "",
            failures=9,
            failing_since=now,
            hold_until=now + timedelta(hours=1),
        )
        transactions.run(lambda: resume_endpoint(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.disabled_at, endpoint.disabled_reason) == ("active", None, "")
        assert (endpoint.failures, endpoint.failing_since, endpoint.hold_until) == (0, None, None)


class TestRemoving:
    def test_nothing_more_is_sent_and_no_secret_stays(
        self, organization: Organization, access: Access, receiver: Receiver
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        announce(organization, 2)
        transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint))
        endpoint.refresh_from_db()
        assert endpoint.removed_at is not None
        assert (endpoint.secret, endpoint.previous_secret, endpoint.previous_secret_until) == ("", "", None)
        assert announce(organization) == []
        pass_time(timedelta(days=2))
        assert courier.run(seconds=5) is False
        assert receiver.at() == []


class TestTheTest:
    def test_it_is_for_this_endpoint_only(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        other, _ = make_endpoint(organization, URL + "/other")
        delivery = transactions.run(lambda: send_test(access=access, endpoint=endpoint))
        assert (delivery.endpoint, delivery.state) == (endpoint, DeliveryState.PENDING)
        assert deliveries(other) == []
        event = Event.objects.get()
        body = json.loads(event.body)
        assert (event.type, body["type"]) == (EventType.TEST, "webhook.test")
        assert body["data"]["endpoint_id"] == endpoint.public_id
        assert body["timestamp"].endswith("Z")

    @pytest.mark.parametrize("state", [EndpointState.PAUSED, EndpointState.DISABLED])
    def test_it_needs_an_active_one(
        self, access: Access, endpoint: WebhookEndpoint, state: EndpointState
    ) -> None:
        WebhookEndpoint.objects.update(
            state=state, disabled_at=timezone.now() if state == EndpointState.DISABLED else None
        )
        with pytest.raises(Conflict) as caught:
            transactions.run(lambda: send_test(access=access, endpoint=endpoint))
        assert caught.value.code == "ENDPOINT_NOT_ACTIVE"
        assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_makes_something_due_wakes_the_courier(
    organization: Organization, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(endpoints.outbox, "wakers", [lambda: woken.append("up")])
    endpoint, _ = make_endpoint(organization, URL)
    assert woken == []
    transactions.run(lambda: send_test(access=access, endpoint=endpoint))
    assert len(woken) == 1
    transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint))
    assert len(woken) == 1
    transactions.run(lambda: resume_endpoint(access=access, endpoint=endpoint))
    assert len(woken) == 2
