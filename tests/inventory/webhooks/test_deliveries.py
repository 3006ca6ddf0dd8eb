"""Sending again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Delivery, DeliveryState, EndpointState, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.deliveries import find_delivery, replay, replay_failed
from inventory.webhooks.endpoints import pause_endpoint, remove_endpoint
from inventory.webhooks.results import record
from tests import factories
from tests.inventory.webhooks.queue import announce, answered, deliveries, make_endpoint, take_one
from tests.inventory.webhooks.receiver import Receiver
from warehouses import transactions
from warehouses.access import Access, access_of_system
from warehouses.actors import SYSTEM
from warehouses.models import Organization
from warehouses.refusals import Conflict, Forbidden, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(organization: Organization, receiver: Receiver) -> WebhookEndpoint:
    return make_endpoint(organization, receiver.url())[0]


def again(access: Access, delivery: Delivery) -> Delivery:
    return transactions.run(lambda: replay(access=access, delivery=delivery))


def finish(delivery: Delivery, state: DeliveryState, *, age: timedelta = timedelta()) -> None:
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state,
        tries=10,
        attempt_count=10,
        next_attempt_at=None,
        finished_at=now,
        created_at=now - age,
    )


class TestOne:
    @pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED])
    def test_a_finished_one_is_due_now_with_the_same_id(
        self,
        organization: Organization,
        access: Access,
        endpoint: WebhookEndpoint,
        receiver: Receiver,
        state: DeliveryState,
    ) -> None:
        [delivery] = announce(organization)
        finish(delivery, state)
        replayed = again(access, delivery)
        assert (replayed.state, replayed.tries, replayed.attempt_count) == (DeliveryState.PENDING, 0, 10)
        assert (replayed.finished_at, replayed.lease) == (None, None)
        courier.run(seconds=5)
        [request] = receiver.at()
        assert request.id == delivery.event.public_id
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.DELIVERED, 1, 11)
        assert delivery.attempts.get().number == 11

    def test_a_pending_one_need_not_wait(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        [delivery] = announce(organization)
        Delivery.objects.update(tries=8, next_attempt_at=timezone.now() + timedelta(hours=20))
        assert again(access, delivery).tries == 0
        courier.run(seconds=5)
        assert len(receiver.at()) == 1

    def test_one_that_is_being_sent_is_left_to_it(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        [delivery] = announce(organization)
        Delivery.objects.update(tries=9, attempt_count=9)
        claimed = take_one(endpoint)
        replayed = again(access, delivery)
        assert (replayed.lease, replayed.tries) == (claimed.lease, 0)
        courier.run(seconds=5)
        assert receiver.at() == []
        # It would have been the last one. Now it is the first of a whole schedule.
        assert record(claimed, answered(500), now=timezone.now())
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.PENDING, 1, 10)

    def test_a_paused_endpoint_gets_it_later(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        [delivery] = announce(organization)
        finish(delivery, DeliveryState.FAILED)
        transactions.run(lambda: pause_endpoint(access=access, endpoint=endpoint))
        assert again(access, delivery).state == DeliveryState.PENDING
        courier.run(seconds=5)
        assert receiver.at() == []

    def test_a_disabled_or_removed_endpoint_gets_nothing(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        [delivery] = announce(organization)
        finish(delivery, DeliveryState.FAILED)
        WebhookEndpoint.objects.update(state=EndpointState.DISABLED, disabled_at=timezone.now())
        with pytest.raises(Conflict) as caught:
            again(access, delivery)
        assert caught.value.code == "ENDPOINT_NOT_ACTIVE"
        WebhookEndpoint.objects.update(state=EndpointState.ACTIVE, disabled_at=None)
        transactions.run(lambda: remove_endpoint(access=access, endpoint=endpoint))
        with pytest.raises(Conflict) as caught:
            again(access, delivery)
        assert caught.value.code == "ENDPOINT_NOT_ACTIVE"
        delivery.refresh_from_db()
        assert delivery.state == DeliveryState.FAILED


class TestAllThatFailed:
    def test_since_an_instant(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        other, _ = make_endpoint(organization, receiver.url("/other"))
        announce(organization, 5)
        old, edge, recent, delivered, pending = deliveries(endpoint)
        since = timezone.now() - timedelta(hours=2)
        finish(old, DeliveryState.FAILED, age=timedelta(hours=3))
        finish(recent, DeliveryState.FAILED)
        finish(edge, DeliveryState.FAILED)
        Delivery.objects.filter(pk=edge.pk).update(created_at=since)
        finish(delivered, DeliveryState.DELIVERED)
        Delivery.objects.filter(pk=pending.pk).update(next_attempt_at=timezone.now() + timedelta(hours=1))
        for delivery in deliveries(other):
            finish(delivery, DeliveryState.FAILED)
        assert self._replay(access, endpoint, since=since) == 2
        courier.run(seconds=5)
        assert {request.id for request in receiver.at()} == {edge.event.public_id, recent.event.public_id}
        assert receiver.at("/other") == []
        assert self._replay(access, endpoint, since=since) == 0
        for delivery in (edge, recent):
            delivery.refresh_from_db()
            assert (delivery.tries, delivery.attempt_count) == (1, 11)

    def test_more_than_one_statement_takes(
        self,
        organization: Organization,
        access: Access,
        endpoint: WebhookEndpoint,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("inventory.webhooks.deliveries._BATCH", 3)
        announce(organization, 7)
        for delivery in deliveries(endpoint):
            finish(delivery, DeliveryState.FAILED)
        assert self._replay(access, endpoint, since=timezone.now() - timedelta(hours=1)) == 7
        assert len(deliveries(endpoint, DeliveryState.PENDING)) == 7

    def test_a_disabled_endpoint_gets_nothing(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization)
        finish(deliveries(endpoint)[0], DeliveryState.FAILED)
        WebhookEndpoint.objects.update(state=EndpointState.DISABLED, disabled_at=timezone.now())
        with pytest.raises(Conflict) as caught:
            self._replay(access, endpoint, since=timezone.now() - timedelta(hours=1))
        assert caught.value.code == "ENDPOINT_NOT_ACTIVE"

    def _replay(self, access: Access, endpoint: WebhookEndpoint, **fields: object) -> int:
        return transactions.run(lambda: replay_failed(access=access, endpoint=endpoint, **fields))


class TestWhoMay:
    def test_it_needs_the_permission(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint
    ) -> None:
        [delivery] = announce(organization)
        finish(delivery, DeliveryState.FAILED)
        reader = Access(organization, SYSTEM, {"inventory.read": None})
        here = Access(
            organization, SYSTEM, {"integrations.manage": frozenset({organization.warehouses.get().pk})}
        )
        for caller in (reader, here):
            for act in (
                lambda caller=caller: again(caller, delivery),
                lambda caller=caller: replay_failed(access=caller, endpoint=endpoint, since=timezone.now()),
                lambda caller=caller: find_delivery(access=caller, public_id=delivery.public_id),
            ):
                with pytest.raises(Forbidden) as caught:
                    act()
                assert caught.value.code == "PERMISSION_DENIED"

    def test_what_belongs_to_another_organization_is_not_there(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        [delivery] = announce(organization)
        theirs = access_of_system(factories.make_organization("Another"))
        with pytest.raises(NotFound) as caught:
            again(theirs, delivery)
        assert caught.value.code == "DELIVERY_NOT_FOUND"
        with pytest.raises(NotFound) as caught:
            find_delivery(access=theirs, public_id=delivery.public_id)
        assert caught.value.code == "DELIVERY_NOT_FOUND"
        with pytest.raises(NotFound) as caught:
            replay_failed(access=theirs, endpoint=endpoint, since=timezone.now())
        assert caught.value.code == "ENDPOINT_NOT_FOUND"

    def test_finding_one(
        self, organization: Organization, access: Access, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        [delivery] = announce(organization)
        other, _ = make_endpoint(organization, receiver.url("/other"))
        assert find_delivery(access=access, public_id=delivery.public_id) == delivery
        assert find_delivery(access=access, public_id=delivery.public_id, endpoint=endpoint) == delivery
        for public_id, of in ((delivery.public_id, other), ("dlv_x", None), (endpoint.public_id, None)):
            with pytest.raises(NotFound) as caught:
                find_delivery(access=access, public_id=public_id, endpoint=of)
            assert caught.value.code == "DELIVERY_NOT_FOUND"
