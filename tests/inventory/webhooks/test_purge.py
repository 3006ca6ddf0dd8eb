"""How long the log is kept, and what is never thrown away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    Event,
    WebhookEndpoint,
)
from inventory.webhooks import courier
from inventory.webhooks import purge as purging
from inventory.webhooks.endpoints import remove_endpoint
from inventory.webhooks.purge import purge
from inventory.webhooks.results import record
from tests.inventory.webhooks.queue import announce, answered, deliveries, make_endpoint, take, take_one
from tests.inventory.webhooks.receiver import Receiver
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    return make_endpoint(organization, URL)[0]


def age(by: timedelta) -> None:
    """Let everything have been written so much earlier."""
    for table in (Event, Delivery):
        for row in table.objects.all():
            row.created_at -= by
            row.save(update_fields=["created_at"])


class TestWhatIsOld:
    def test_goes_with_its_attempts_and_its_event(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 3)
        for claimed in take(endpoint, 3):
            record(claimed, answered(200), now=timezone.now())
        age(timedelta(days=31))
        [recent] = announce(organization)
        record(take_one(endpoint), answered(200), now=timezone.now())
        assert purge(timezone.now()) == 3
        assert deliveries(endpoint) == [recent]
        assert DeliveryAttempt.objects.get().delivery == recent
        assert Event.objects.get() == recent.event

    @pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
    def test_is_what_the_setting_says(
        self, organization: Organization, endpoint: WebhookEndpoint, settings: Any, days: int, left: int
    ) -> None:
        kept: timedelta = settings.WEBHOOK_LOG_KEPT
        assert kept.days == 30
        announce(organization)
        record(take_one(endpoint), answered(200), now=timezone.now())
        purge(timezone.now() + timedelta(days=days))
        assert Delivery.objects.count() == left
        assert Event.objects.count() == left

    def test_by_another_setting(
        self, organization: Organization, endpoint: WebhookEndpoint, settings: Any
    ) -> None:
        settings.WEBHOOK_LOG_KEPT = timedelta(days=2)
        announce(organization)
        record(take_one(endpoint), answered(200), now=timezone.now())
        assert purge(timezone.now() + timedelta(days=1)) == 0
        assert purge(timezone.now() + timedelta(days=3)) == 1

    def test_what_is_kept_can_be_said(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        announce(organization)
        record(take_one(endpoint), answered(200), now=timezone.now())
        assert purge(timezone.now() + timedelta(hours=2), kept=timedelta(hours=3)) == 0
        assert purge(timezone.now() + timedelta(hours=4), kept=timedelta(hours=3)) == 1

    def test_in_batches(
        self, organization: Organization, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(purging, "_BATCH", 2)
        announce(organization, 7)
        Delivery.objects.update(state=DeliveryState.FAILED, next_attempt_at=None)
        age(timedelta(days=31))
        assert purge(timezone.now()) == 7
        assert not Delivery.objects.exists()
        assert not Event.objects.exists()

    def test_an_event_stays_as_long_as_one_delivery_of_it_does(self, organization: Organization) -> None:
        done, _ = make_endpoint(organization, URL + "/done")
        waiting, _ = make_endpoint(organization, URL + "/waiting")
        announce(organization)
        record(take_one(done), answered(200), now=timezone.now())
        age(timedelta(days=31))
        assert purge(timezone.now()) == 1
        [delivery] = Delivery.objects.all()
        assert (delivery.endpoint, Event.objects.get()) == (waiting, delivery.event)


class TestWhatWaits:
    def test_for_an_active_endpoint_it_stays_however_old(
        self, organization: Organization, receiver: Receiver
    ) -> None:
        make_endpoint(organization, receiver.url())
        [delivery] = announce(organization)
        age(timedelta(days=400))
        assert purge(timezone.now()) == 0
        courier.run(seconds=5)
        [request] = receiver.at()
        assert request.id == delivery.event.public_id

    @pytest.mark.parametrize("state", [EndpointState.PAUSED, EndpointState.DISABLED])
    def test_for_another_it_is_kept_as_long_as_the_log(
        self, organization: Organization, endpoint: WebhookEndpoint, state: EndpointState
    ) -> None:
        announce(organization)
        WebhookEndpoint.objects.update(
            state=state, disabled_at=timezone.now() if state == EndpointState.DISABLED else None
        )
        assert purge(timezone.now() + timedelta(days=29)) == 0
        assert purge(timezone.now() + timedelta(days=31)) == 1
        assert WebhookEndpoint.objects.filter(pk=endpoint.pk).exists()


class TestRemovedEndpoints:
    def test_they_go_when_their_log_has(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        other, _ = make_endpoint(organization, URL + "/other")
        endpoint.warehouses.set(organization.warehouses.all())
        announce(organization)
        transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint))
        now = timezone.now()
        purge(now + timedelta(days=29))
        assert WebhookEndpoint.objects.count() == 2
        purge(now + timedelta(days=31))
        assert WebhookEndpoint.objects.get() == other

    def test_not_on_the_same_day(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        """A change of stock that is being committed may have found it there, and must not fail for it."""
        transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint))
        now = timezone.now()
        purge(now + timedelta(hours=23))
        assert WebhookEndpoint.objects.exists()
        purge(now + timedelta(hours=25))
        assert not WebhookEndpoint.objects.exists()
