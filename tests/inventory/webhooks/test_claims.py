"""Taking deliveries: whose, which, how many, for how long, and at which cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Delivery, DeliveryAttempt, DeliveryState, EndpointState, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.claims import LEASE, SLOTS, claim, find_due
from inventory.webhooks.deliveries import replay
from inventory.webhooks.results import record
from tests.inventory.webhooks.queue import (
    announce,
    answered,
    deliveries,
    make_endpoint,
    pass_time,
    take,
    take_one,
)
from tests.inventory.webhooks.receiver import Receiver
from warehouses import transactions
from warehouses.access import Access
from warehouses.models import Organization

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:9/hook"


@pytest.fixture
def endpoint(organization: Organization) -> WebhookEndpoint:
    return make_endpoint(organization, URL)[0]


class TestWhose:
    def test_an_endpoint_with_something_due(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        assert find_due(timezone.now()) == {}
        announce(organization)
        assert find_due(timezone.now()) == {endpoint.pk: False}
        assert find_due(timezone.now() - timedelta(minutes=1)) == {}

    @pytest.mark.parametrize(
        "change",
        [
            {"state": EndpointState.PAUSED},
            {"state": EndpointState.DISABLED, "disabled_at": timezone.now()},
            {"removed_at": timezone.now()},
            {"hold_until": timezone.now() + timedelta(hours=1)},
        ],
        ids=["paused", "disabled", "removed", "on hold"],
    )
    def test_nobody_who_is_not_to_be_sent_anything(
        self, organization: Organization, endpoint: WebhookEndpoint, change: dict[str, Any]
    ) -> None:
        announce(organization)
        WebhookEndpoint.objects.update(**change)
        assert find_due(timezone.now()) == {}
        # Also not when it was found before that.
        assert take(endpoint, 1) == []

    def test_who_has_waited_longest_comes_first(self, organization: Organization) -> None:
        endpoints = [make_endpoint(organization, f"{URL}/{number}")[0] for number in range(3)]
        announce(organization, 2)
        now = timezone.now()
        for minutes, place in ((3, 1), (2, 2), (1, 0)):
            endpoints[place].deliveries.update(next_attempt_at=now - timedelta(minutes=minutes))
        assert list(find_due(now)) == [endpoints[place].pk for place in (1, 2, 0)]

    def test_nobody_whose_slots_are_taken(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 10)
        assert len(take(endpoint, 3)) == 3
        assert find_due(timezone.now()) == {endpoint.pk: False}
        assert len(take(endpoint, 3)) == 1
        assert find_due(timezone.now()) == {}
        assert take(endpoint, 3) == []

    def test_what_waits_for_another_try_takes_no_slot(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization, 10)
        Delivery.objects.filter(pk__in=[row.pk for row in deliveries(endpoint)[:6]]).update(
            next_attempt_at=timezone.now() + timedelta(seconds=30)
        )
        assert len(take(endpoint, SLOTS)) == SLOTS


class TestWhich:
    def test_the_oldest(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        sent = announce(organization, 6)
        Delivery.objects.filter(pk=sent[4].pk).update(next_attempt_at=timezone.now() - timedelta(hours=1))
        taken = [claimed.delivery.pk for claimed in take(endpoint, 3)]
        assert taken == [sent[4].pk, sent[0].pk, sent[1].pk]

    def test_of_several_endpoints_at_once(self, organization: Organization) -> None:
        first, _ = make_endpoint(organization, URL + "/1")
        second, _ = make_endpoint(organization, URL + "/2")
        announce(organization, 5)
        taken = claim({first.pk: 1, second.pk: 3}, now=timezone.now())
        assert [claimed.endpoint_id for claimed in taken].count(first.pk) == 1
        assert [claimed.endpoint_id for claimed in taken].count(second.pk) == 3

    def test_nothing_that_is_finished(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        first, second, third = announce(organization, 3)
        for delivery, state in ((first, DeliveryState.DELIVERED), (second, DeliveryState.FAILED)):
            Delivery.objects.filter(pk=delivery.pk).update(state=state, next_attempt_at=None)
        assert [claimed.delivery.pk for claimed in take(endpoint, 4)] == [third.pk]

    def test_all_that_sending_needs(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        [delivery] = announce(organization)
        claimed = take_one(endpoint)
        with CaptureQueriesContext(connection) as captured:
            assert json.loads(claimed.body) == json.loads(delivery.event.body)
            assert (claimed.message_id, claimed.url) == (delivery.event.public_id, URL)
            assert claimed.names["delivery"] == delivery.public_id
            assert not claimed.is_test
        assert len(captured) == 0


class TestTheLease:
    def test_it_hides_the_delivery_until_it_runs_out(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        [delivery] = announce(organization)
        now = timezone.now()
        [claimed] = claim({endpoint.pk: 1}, now=now)
        delivery.refresh_from_db()
        assert (delivery.lease, delivery.next_attempt_at) == (claimed.lease, now + LEASE)
        assert claim({endpoint.pk: 1}, now=now + LEASE - timedelta(milliseconds=1)) == []
        [again] = claim({endpoint.pk: 1}, now=now + LEASE)
        assert again.lease != claimed.lease

    def test_when_it_has_run_out_the_same_message_is_sent(
        self, organization: Organization, receiver: Receiver
    ) -> None:
        """Whoever had taken it died: kill -9, a power cut."""
        endpoint, _ = make_endpoint(organization, receiver.url())
        [delivery] = announce(organization)
        take_one(endpoint)
        courier.run(seconds=5)
        assert receiver.at() == []
        pass_time(timedelta(seconds=61))
        courier.run(seconds=5)
        [request] = receiver.at()
        assert request.id == delivery.event.public_id

    @pytest.mark.parametrize("late", [200, 410, 500])
    def test_who_has_lost_it_writes_nothing(
        self, organization: Organization, endpoint: WebhookEndpoint, late: int
    ) -> None:
        announce(organization)
        now = timezone.now()
        lost = take_one(endpoint)
        [held] = claim({endpoint.pk: 1}, now=now + LEASE * 2)
        before = self._everything()
        assert record(lost, answered(late), now=now) is False
        assert self._everything() == before
        assert record(held, answered(200), now=now)
        [delivery] = deliveries(endpoint)
        assert (delivery.state, delivery.attempt_count, delivery.attempts.count()) == (
            DeliveryState.DELIVERED,
            1,
            1,
        )
        # Nor when the other one has finished.
        before = self._everything()
        assert record(lost, answered(late), now=now) is False
        assert self._everything() == before

    def test_it_is_held_by_its_token_not_by_the_clock(
        self, organization: Organization, endpoint: WebhookEndpoint
    ) -> None:
        announce(organization)
        claimed = take_one(endpoint)
        assert record(claimed, answered(200), now=timezone.now() + LEASE * 5)
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 1

    def test_a_replay_takes_it_from_whoever_died(
        self, organization: Organization, endpoint: WebhookEndpoint, access: Access
    ) -> None:
        [delivery] = announce(organization)
        lost = take_one(endpoint)
        pass_time(timedelta(seconds=61))
        transactions.run(lambda: replay(access=access, delivery=delivery))
        assert record(lost, answered(500), now=timezone.now()) is False
        assert take_one(endpoint).delivery.pk == delivery.pk

    def _everything(self) -> list[object]:
        tables: tuple[Any, ...] = (Delivery, DeliveryAttempt, WebhookEndpoint)
        return [list(table.objects.order_by("pk").values()) for table in tables]


class TestCost:
    """The same number of statements whatever is queued; in the test, the transaction of a claim is a savepoint."""

    LOOKING = 1
    CLAIMING = 4 + 2

    @pytest.mark.parametrize("endpoints", [1, 7])
    def test_of_a_round(self, organization: Organization, endpoints: int) -> None:
        for number in range(endpoints):
            make_endpoint(organization, f"{URL}/{number}")
        announce(organization, 9)
        with CaptureQueriesContext(connection) as captured:
            due = find_due(timezone.now())
        assert len(captured) == self.LOOKING
        with CaptureQueriesContext(connection) as captured:
            taken = claim(dict.fromkeys(due, SLOTS), now=timezone.now())
        assert len(taken) == SLOTS * endpoints
        assert len(captured) == self.CLAIMING

    def test_of_looking_for_nothing(self, organization: Organization, endpoint: WebhookEndpoint) -> None:
        with CaptureQueriesContext(connection) as captured:
            assert courier.run(seconds=5) is False
        assert len(captured) == 2 * self.LOOKING  # to begin, and to say that there is no more

    @pytest.mark.postgresql
    def test_a_long_queue_is_not_read(self, organization: Organization) -> None:
        """By the index, and few rows of it: of 20,000 deliveries no more than are claimed."""
        endpoints = [make_endpoint(organization, f"{URL}/{number}")[0].pk for number in range(3)]
        announce(organization)
        _multiply(endpoints[1], 20_000)
        with CaptureQueriesContext(connection) as captured:
            due = find_due(timezone.now())
            claim(dict.fromkeys(due, SLOTS), now=timezone.now())
        looking, picking = captured[0]["sql"], captured[3]["sql"]
        assert "OFFSET 3" in picking
        Delivery.objects.filter(lease__isnull=False).update(lease=None, next_attempt_at=timezone.now())
        for statement in (looking, picking):
            read, indexes = _rows_read(statement)
            assert indexes == {"inventory_delivery_due"}
            assert read <= 3 * 12, statement


def _multiply(endpoint_id: UUID, count: int) -> None:
    """Fill an endpoint's queue with so many deliveries of events of their own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_event (id, organization_id, type, body, created_at)"
            " SELECT gen_random_uuid(), organization_id, type, body, created_at"
            " FROM (SELECT * FROM inventory_event LIMIT 1) e, generate_series(1, %s)",
            [count],
        )
        cursor.execute("ANALYZE inventory_event")  # or it may be planned for the one that was there before
        cursor.execute(
            "INSERT INTO inventory_delivery (id, organization_id, endpoint_id, event_id, state, tries, attempt_count,"
            " next_attempt_at, created_at) SELECT gen_random_uuid(), organization_id, %s, id, 'pending', 0, 0,"
            " created_at, created_at FROM inventory_event e"
            " WHERE NOT EXISTS (SELECT 1 FROM inventory_delivery d WHERE d.event_id = e.id)",
            [endpoint_id],
        )
        cursor.execute("ANALYZE inventory_delivery")


def _rows_read(statement: str) -> tuple[int, set[str]]:
    """How many rows of deliveries a statement reads, and through which indexes."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        [[[explained]]] = cursor.fetchall()
    read, indexes = 0, set()

    def walk(node: dict[str, Any]) -> None:
        nonlocal read
        if node.get("Relation Name") == "inventory_delivery":
            passed_over = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            read += (node["Actual Rows"] + passed_over) * node["Actual Loops"]
            indexes.add(node.get("Index Name", node["Node Type"]))
        for child in node.get("Plans", ()):
            walk(child)

    walk(explained["Plan"])
    return read, indexes


def test_a_claim_of_nobody_costs_nothing(django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(0):
        assert claim({}, now=timezone.now()) == []
