"""What attempts say about their endpoint: when it is left in peace, for how long, and when for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import DeliveryState, EndpointState, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.claims import claim, find_due
from inventory.webhooks.endpoints import change_endpoint, pause_endpoint, resume_endpoint
from inventory.webhooks.notices import disabled_endpoints
from inventory.webhooks.results import record
from tests.factories import make_organization
from tests.inventory.webhooks.queue import (
    announce,
    answered,
    deliveries,
    make_endpoint,
    pass_time,
    take,
    take_one,
)
from tests.inventory.webhooks.receiver import Behaviour, Receiver
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    return make_endpoint(organization, URL)[0]


def attempt(
    endpoint: WebhookEndpoint, status: int | None, now: datetime | None = None, **fields: Any
) -> None:
    """One attempt at the oldest delivery that ends like this, whatever holds the endpoint back."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk, hold_until__gt=timezone.now()).update(
        hold_until=timezone.now()
    )
    endpoint.deliveries.filter(state=DeliveryState.PENDING).update(next_attempt_at=timezone.now())
    claimed = take_one(endpoint)
    assert record(claimed, answered(status, **fields), now=now or timezone.now())
    endpoint.refresh_from_db()


def seconds_held(endpoint: WebhookEndpoint, now: datetime) -> float:
    assert endpoint.hold_until is not None
    return (endpoint.hold_until - now).total_seconds()


class TestPauses:
    def test_they_grow_and_end_with_a_success(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 20)
        held = []
        for _ in range(11):
            now = timezone.now()
            attempt(endpoint, 500, now)
            held.append(seconds_held(endpoint, now))
        assert held == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        since = endpoint.failing_since
        assert (endpoint.failures, since is None) == (11, False)
        attempt(endpoint, 200)
        assert (endpoint.failures, endpoint.failing_since, endpoint.hold_until) == (0, None, None)

    def test_no_answer_is_a_failure_too(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        announce(organization)
        attempt(endpoint, None)
        assert endpoint.failures == 1

    def test_nothing_is_sent_meanwhile(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        announce(organization, 3)
        record(take_one(endpoint), answered(500), now=timezone.now())
        later = timezone.now() + timedelta(seconds=2)
        assert find_due(timezone.now()) == {}
        assert take(endpoint, 4) == []
        assert find_due(later) == {endpoint.pk: True}
        # A backlog meets one request at a time until one has gone well.
        assert len(claim({endpoint.pk: 4}, now=later)) == 1
        assert find_due(later) == {}

    def test_a_success_that_began_before_the_hold_does_not_end_it(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 2)
        now = timezone.now()
        first, second = take(endpoint, 2)
        record(first, answered(429, headers={"retry-after": "120"}), now=now)
        record(second, answered(200), now=now)
        endpoint.refresh_from_db()
        assert endpoint.failures == 0
        assert seconds_held(endpoint, now) == 120

    def test_a_success_writes_only_what_it_changes(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 4)
        now = timezone.now()

        def succeed(at: datetime) -> datetime | None:
            record(take_one(endpoint), answered(200), now=at)
            endpoint.refresh_from_db()
            return endpoint.last_success_at

        assert succeed(now) == now
        assert succeed(now + timedelta(seconds=59)) == now
        assert succeed(now + timedelta(seconds=60)) == now + timedelta(seconds=60)
        claimed = take_one(endpoint)
        with CaptureQueriesContext(connection) as captured:
            record(claimed, answered(200), now=now + timedelta(seconds=61))
        # Endpoint, delivery read and written, attempt; two for the savepoint.
        assert len(captured) == 6
        assert 'UPDATE "inventory_webhookendpoint"' in captured[1]["sql"]


class TestRetryAfter:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_it_holds_the_endpoint_and_the_delivery(
        self, organization: Organization, receiver: Receiver, status: int
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=status, headers={"Retry-After": "600"}))
        announce(organization, 1)
        before = timezone.now()
        courier.run(seconds=5)
        after = timezone.now()
        announce(organization, 5)
        courier.run(seconds=5)
        assert len(receiver.at()) == 1
        endpoint.refresh_from_db()
        wait = timedelta(seconds=600)
        assert endpoint.hold_until is not None
        assert before + wait <= endpoint.hold_until <= after + wait
        delivery = deliveries(endpoint)[0]
        assert delivery.next_attempt_at is not None
        # In time for the others, never earlier than asked for: its own next try would have come in seconds.
        assert before + wait <= delivery.next_attempt_at <= after + wait

    def test_a_later_try_of_its_own_stays(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization)
        for _ in range(2):
            attempt(endpoint, 500)
        now = timezone.now()
        attempt(endpoint, 503, now, headers={"retry-after": "60"})
        [delivery] = deliveries(endpoint)
        assert delivery.next_attempt_at is not None
        assert delivery.next_attempt_at - now >= timedelta(minutes=24)
        assert seconds_held(endpoint, now) == 60

    def test_a_shorter_one_does_not_shorten_the_pause(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 9)
        for _ in range(6):
            attempt(endpoint, 500)
        now = timezone.now()
        attempt(endpoint, 503, now, headers={"retry-after": "1"})
        assert seconds_held(endpoint, now) == 64

    def test_it_is_an_hour_at_most(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        announce(organization)
        now = timezone.now()
        attempt(endpoint, 503, now, headers={"retry-after": "86400"})
        assert seconds_held(endpoint, now) == 3600


class TestDisabling:
    def test_410_at_once(self, organization: Organization, receiver: Receiver) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=410))
        announce(organization, 1)
        courier.run(seconds=5)
        endpoint.refresh_from_db()
        assert endpoint.state == EndpointState.DISABLED
        assert endpoint.disabled_at is not None
        assert "410" in endpoint.disabled_reason
        assert announce(organization) == []  # no subscriber any more
        pass_time(timedelta(hours=1))
        courier.run(seconds=5)
        assert len(receiver.at()) == 1

    def test_five_days_without_a_success(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        announce(organization, 30)
        start = timezone.now()
        attempt(endpoint, 500, start)
        for hours in range(12, 120, 12):
            pass_time(timedelta(hours=12))
            attempt(endpoint, None if hours % 24 else 503, start)
            assert endpoint.state == EndpointState.ACTIVE, hours
        pass_time(timedelta(hours=12))
        attempt(endpoint, 500)
        assert endpoint.state == EndpointState.DISABLED
        assert endpoint.disabled_at is not None
        assert endpoint.disabled_reason == (
            "Nothing got through for 5 days. The last attempt: 500 Internal Server Error"
        )
        assert list(disabled_endpoints(organization)) == [endpoint]
        assert list(disabled_endpoints(make_organization("Another"))) == []
        assert list(disabled_endpoints(None)) == []

    def test_one_success_in_between_begins_anew(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 30)
        attempt(endpoint, 500)
        pass_time(timedelta(days=4))
        attempt(endpoint, 200)
        attempt(endpoint, 500)
        pass_time(timedelta(days=4))
        attempt(endpoint, 500)
        assert endpoint.state == EndpointState.ACTIVE
        pass_time(timedelta(days=1))
        attempt(endpoint, 500)
        assert endpoint.state == EndpointState.DISABLED

    def test_when_nothing_was_tried_for_days_it_begins_anew(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        """Our own worker may have been down, or nothing may have happened: that is no receiver's failure."""
        announce(organization, 5)
        attempt(endpoint, 500)
        pass_time(timedelta(days=6))
        attempt(endpoint, 500)
        assert (endpoint.state, endpoint.failures) == (EndpointState.ACTIVE, 1)
        assert endpoint.failing_since is not None
        assert timezone.now() - endpoint.failing_since < timedelta(minutes=1)

    def test_a_paused_endpoint_is_not_disabled(
        self, organization: Organization, endpoint: WebhookEndpoint, access: Access
    ) -> None:
        announce(organization)
        claimed = take_one(endpoint)
        transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint))
        record(claimed, answered(410), now=timezone.now())
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.disabled_at) == (EndpointState.PAUSED, None)

    def test_resuming_sends_what_was_waiting(
        self, organization: Organization, receiver: Receiver, access: Access
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=410), Behaviour(status=200))
        announce(organization, 3)
        courier.run(seconds=5)
        endpoint.refresh_from_db()
        assert endpoint.state == EndpointState.DISABLED
        pass_time(timedelta(minutes=1))
        transactions.run(lambda: resume_endpoint(access=access, endpoint=endpoint))
        courier.run(seconds=5)
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 3


class TestAnotherAddress:
    """What an old address answers says nothing of the new one."""

    @pytest.mark.parametrize("status", [410, 500])
    def test_a_failure(
        self, organization: Organization, endpoint: WebhookEndpoint, access: Access, status: int
    ) -> None:
        announce(organization)
        claimed = take_one(endpoint)
        self._move(endpoint, access)
        assert record(claimed, answered(status), now=timezone.now())
        endpoint.refresh_from_db()
        assert (endpoint.state, endpoint.failures, endpoint.hold_until) == (EndpointState.ACTIVE, 0, None)
        [delivery] = deliveries(endpoint)
        assert (delivery.state, delivery.tries) == (DeliveryState.PENDING, 1)

    def test_a_success(self, organization: Organization, endpoint: WebhookEndpoint, access: Access) -> None:
        announce(organization)
        claimed = take_one(endpoint)
        self._move(endpoint, access)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=3)
        assert record(claimed, answered(200), now=timezone.now())
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.last_success_at) == (3, None)

    def _move(self, endpoint: WebhookEndpoint, access: Access) -> None:
        transactions.run(
            lambda: change_endpoint(
                access=access,
                endpoint=endpoint,
                url=URL + "/new",
                description="",
                event_types=endpoint.event_types,
                warehouses=None,
            )
        )
