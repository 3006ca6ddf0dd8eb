"""Deliveries to a real receiver: what arrives, what counts as arrived, and what the log says."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from inventory.models import DeliveryAttempt, DeliveryState, EndpointState, Event, Trigger, WebhookEndpoint
from inventory.webhooks import courier
from inventory.webhooks.deliveries import replay
from inventory.webhooks.endpoints import rotate_secret, send_test
from tests.inventory.webhooks.queue import announce, deliveries, make_endpoint, pass_time
from tests.inventory.webhooks.receiver import Behaviour, Received, Receiver
from warehouses import sealing, transactions
from warehouses.access import Access
from warehouses.models import Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "_DEADLINE_SECONDS", 0.7)


def deliver() -> bool:
    return courier.run(seconds=10)


def attempts(endpoint: WebhookEndpoint) -> list[DeliveryAttempt]:
    return list(DeliveryAttempt.objects.filter(delivery__endpoint=endpoint).order_by("started_at", "pk"))


def verified(secret: str, request: Received) -> Any:
    return Webhook(secret).verify(request.body, dict(request.headers))


class TestWhatArrives:
    def test_a_signed_event(self, organization: Organization, receiver: Receiver) -> None:
        endpoint, secret = make_endpoint(organization, receiver.url())
        [delivery] = announce(organization)
        assert deliver() is False
        [request] = receiver.at()
        assert verified(secret, request) == json.loads(delivery.event.body)
        assert request.body == delivery.event.body.encode()
        assert request.id == delivery.event.public_id
        assert request.headers["content-type"] == "application/json"
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.DELIVERED, 1, 1)
        assert (delivery.next_attempt_at, delivery.lease) == (None, None)
        assert delivery.finished_at is not None
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.failing_since, endpoint.hold_until) == (0, None, None)
        assert endpoint.last_success_at is not None

    def test_the_oldest_first(self, organization: Organization, receiver: Receiver, settings: Any) -> None:
        settings.WEBHOOK_THREADS = 2  # one endpoint gets no more than half of them
        make_endpoint(organization, receiver.url())
        sent = announce(organization, 12)
        deliver()
        assert [request.id for request in receiver.at()] == [delivery.event.public_id for delivery in sent]

    def test_the_same_message_at_every_attempt(self, organization: Organization, receiver: Receiver) -> None:
        _, secret = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500), Behaviour(status=200))
        [delivery] = announce(organization)
        deliver()
        pass_time(timedelta(seconds=7))
        deliver()
        first, second = receiver.at()
        assert first.id == second.id == delivery.event.public_id
        assert first.body == second.body
        assert verified(secret, second)

    def test_the_time_is_that_of_the_attempt(
        self, organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, secret = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500))
        announce(organization)
        deliver()
        later = timezone.now() + timedelta(hours=1)
        monkeypatch.setattr(timezone, "now", lambda: later)
        deliver()
        first, second = receiver.at()
        assert int(second.headers["webhook-timestamp"]) == int(later.timestamp())
        assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
        assert verified(secret, first)
        with pytest.raises(
            WebhookVerificationError, match="too new"
        ):  # by the receiver's clock, which has not moved
            verified(secret, second)

    def test_old_and_new_secret_for_a_day(
        self, organization: Organization, receiver: Receiver, access: Access
    ) -> None:
        endpoint, old = make_endpoint(organization, receiver.url())
        new = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
        announce(organization)
        deliver()
        pass_time(timedelta(hours=25))
        announce(organization)
        deliver()
        during, after = receiver.at()
        assert verified(old, during) == verified(new, during)
        assert verified(new, after)
        with pytest.raises(WebhookVerificationError):
            verified(old, after)
        assert len(after.headers["webhook-signature"].split(" ")) == 1

    def test_a_test_is_tried_once(
        self, organization: Organization, receiver: Receiver, access: Access
    ) -> None:
        endpoint, secret = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500))
        transactions.run(lambda: send_test(access=access, endpoint=endpoint))
        deliver()
        [request] = receiver.at()
        told = verified(secret, request)
        assert told["type"] == "webhook.test"
        assert told["data"]["endpoint_id"] == endpoint.public_id
        [delivery] = deliveries(endpoint)
        assert (delivery.state, delivery.attempt_count) == (DeliveryState.FAILED, 1)


class TestWhatCountsAsArrived:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_every_2xx(self, organization: Organization, receiver: Receiver, status: int) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=status, body=b""))
        announce(organization)
        deliver()
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 1

    @pytest.mark.parametrize("status", [304, 400, 401, 404, 409, 429, 500, 503, 599])
    def test_nothing_else(self, organization: Organization, receiver: Receiver, status: int) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=status, body=b""))
        before = timezone.now()
        announce(organization)
        deliver()
        [delivery] = deliveries(endpoint, DeliveryState.PENDING)
        assert (delivery.tries, delivery.attempt_count, delivery.lease) == (1, 1, None)
        assert delivery.next_attempt_at is not None
        assert timedelta(seconds=4) <= delivery.next_attempt_at - before < timedelta(seconds=16)
        [attempt] = attempts(endpoint)
        assert attempt.status == status
        endpoint.refresh_from_db()
        assert (endpoint.failures, endpoint.state) == (1, EndpointState.ACTIVE)
        assert endpoint.failing_since == attempt.started_at

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_redirects_are_not_followed(
        self, organization: Organization, receiver: Receiver, status: int
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=status, headers={"Location": receiver.url("/elsewhere")}))
        announce(organization)
        deliver()
        assert receiver.at("/elsewhere") == []
        [attempt] = attempts(endpoint)
        assert (attempt.status, attempt.error) == (status, "Redirects are not followed.")
        assert attempt.response_headers["location"] == receiver.url("/elsewhere")
        assert len(deliveries(endpoint, DeliveryState.PENDING)) == 1

    @pytest.mark.usefixtures("_impatient")
    @pytest.mark.parametrize(
        ("behaviour", "words"),
        [
            (Behaviour(hangs=True), "The answer was not complete in time."),
            (Behaviour(drips=0.1, body=b"x" * 50), "The answer was not complete in time."),
            (Behaviour(closes=True), "The receiver closed the connection without an answer."),
        ],
        ids=["hangs", "drips", "closes"],
    )
    def test_no_answer(
        self, organization: Organization, receiver: Receiver, behaviour: Behaviour, words: str
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(behaviour)
        announce(organization)
        deliver()
        [attempt] = attempts(endpoint)
        assert (attempt.status, attempt.error, attempt.address) == (None, words, "127.0.0.1")
        assert len(deliveries(endpoint, DeliveryState.PENDING)) == 1

    def test_nobody_listens(self, organization: Organization) -> None:
        endpoint, _ = make_endpoint(organization, "http://127.0.0.1:9/hook")
        announce(organization)
        deliver()
        [attempt] = attempts(endpoint)
        assert attempt.status is None
        assert "refused" in attempt.error

    def test_an_address_that_has_become_a_private_one(
        self, organization: Organization, receiver: Receiver, settings: Any
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        announce(organization)
        settings.OUTGOING_NETWORKS = []
        deliver()
        assert receiver.at() == []
        [attempt] = attempts(endpoint)
        assert attempt.status is None
        assert attempt.error
        assert len(deliveries(endpoint, DeliveryState.PENDING)) == 1

    def test_a_long_answer(self, organization: Organization, receiver: Receiver) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(body=b"\x00<b>\xff" + b"z" * 200_000))
        announce(organization)
        deliver()
        [attempt] = attempts(endpoint)
        assert attempt.response_body == "<b>�" + "z" * (1024 - 5)
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 1


class TestTheLog:
    def test_what_was_sent_and_what_came_back(self, organization: Organization, receiver: Receiver) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url("/hook?for=us"))
        receiver.will(
            Behaviour(
                status=422, body=b"no, thanks", headers={"X-Request-Id": "r" * 500, "Set-Cookie": "a=b"}
            ),
            path="/hook?for=us",
        )
        announce(organization)
        before = timezone.now()
        deliver()
        [request] = receiver.at("/hook?for=us")
        [attempt] = attempts(endpoint)
        assert (attempt.number, attempt.trigger, attempt.status) == (1, Trigger.SCHEDULE, 422)
        assert before <= attempt.started_at <= timezone.now()
        assert 0 <= attempt.duration_ms < 5000
        assert (attempt.url, attempt.address) == (endpoint.url, "127.0.0.1")
        assert {name: request.headers[name] for name in attempt.request_headers} == attempt.request_headers
        assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(attempt.request_headers)
        assert attempt.response_body == "no, thanks"
        assert attempt.response_headers["x-request-id"] == "r" * 200
        assert "set-cookie" not in attempt.response_headers
        assert attempt.error == ""

    def test_attempts_are_numbered_through_and_a_replay_is_told(
        self, organization: Organization, receiver: Receiver, access: Access
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500), Behaviour(status=200))
        [delivery] = announce(organization)
        deliver()
        pass_time(timedelta(seconds=7))
        deliver()
        transactions.run(lambda: replay(access=access, delivery=delivery))
        deliver()
        assert [(attempt.number, attempt.trigger, attempt.status) for attempt in attempts(endpoint)] == [
            (1, Trigger.SCHEDULE, 500),
            (2, Trigger.SCHEDULE, 200),
            (3, Trigger.REPLAY, 200),
        ]
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.DELIVERED, 1, 3)
        assert len({request.id for request in receiver.at()}) == 1

    def test_ten_tries_and_no_more(self, organization: Organization, receiver: Receiver) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500))
        announce(organization)
        for _ in range(12):
            deliver()
            now = timezone.now()
            endpoint.deliveries.filter(state=DeliveryState.PENDING).update(next_attempt_at=now)
            WebhookEndpoint.objects.update(hold_until=now)
        assert len(receiver.at()) == 10
        [delivery] = deliveries(endpoint)
        assert (delivery.state, delivery.tries, delivery.attempt_count) == (DeliveryState.FAILED, 10, 10)
        assert delivery.finished_at is not None

    def test_no_secret_is_anywhere(
        self,
        organization: Organization,
        receiver: Receiver,
        access: Access,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Not even where the sending itself goes wrong."""
        claimed: list[str] = []
        attempt = courier._attempt
        monkeypatch.setattr(courier, "_attempt", lambda one: (claimed.append(repr(one)), attempt(one))[1])
        with caplog.at_level(logging.DEBUG):
            endpoint, old = make_endpoint(organization, receiver.url())
            new = transactions.run(lambda: rotate_secret(access=access, endpoint=endpoint))
            receiver.will(Behaviour(status=500, body=b"?"))
            announce(organization)
            deliver()
            monkeypatch.setattr(courier, "send", _raise)
            pass_time(timedelta(seconds=7))
            deliver()
            monkeypatch.undo()
        endpoint.refresh_from_db()
        told = [
            *claimed,
            *(
                repr(record.__dict__) + record.getMessage() + str(record.exc_text)
                for record in caplog.records
            ),
            *(repr(attempt.__dict__) for attempt in attempts(endpoint)),
            *(str(endpoint), repr(endpoint)),
            *(request.body.decode() + repr(request.headers) for request in receiver.at()),
        ]
        assert len(claimed) == 2
        assert "webhook.crashed" in "".join(told)
        for secret in (old, new, endpoint.secret, endpoint.previous_secret):
            assert not [text for text in told if secret.removeprefix("whsec_") in text]


def _raise(*args: object, **kwargs: object) -> None:
    raise RuntimeError("boom")


class TestPoison:
    """One delivery that cannot be sent or written down keeps none of the others."""

    def test_a_secret_that_cannot_be_read(
        self, organization: Organization, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, _ = make_endpoint(organization, receiver.url("/broken"))
        sound, _ = make_endpoint(organization, receiver.url("/sound"))
        WebhookEndpoint.objects.filter(pk=broken.pk).update(secret="sealed with a key that is lost")
        announce(organization, 3)
        deliver()
        assert len(receiver.at("/sound")) == 3
        assert len(deliveries(sound, DeliveryState.DELIVERED)) == 3
        assert receiver.at("/broken") == []
        assert attempts(broken)[0].error == "A stored secret cannot be read with this SECRET_KEY."
        assert attempts(broken)[0].request_headers == {}
        assert len(deliveries(broken, DeliveryState.PENDING)) == 3

    def test_a_secret_that_is_none(
        self, organization: Organization, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, _ = make_endpoint(organization, receiver.url("/broken"))
        make_endpoint(organization, receiver.url("/sound"))
        WebhookEndpoint.objects.filter(pk=broken.pk).update(secret=sealing.seal("whsec_!"))
        announce(organization, 3)
        deliver()
        assert len(receiver.at("/sound")) == 3
        assert attempts(broken)[0].error.startswith("It could not be sent for an error on our side.")
        [crashed] = [record for record in caplog.records if "webhook.crashed" in str(record.msg)][:1]
        assert crashed.exc_info

    def test_an_address_that_is_none(self, organization: Organization, receiver: Receiver) -> None:
        broken, _ = make_endpoint(organization, receiver.url("/broken"))
        make_endpoint(organization, receiver.url("/sound"))
        WebhookEndpoint.objects.filter(pk=broken.pk).update(url="gopher://127.0.0.1:1/\x01")
        announce(organization, 3)
        deliver()
        assert len(receiver.at("/sound")) == 3
        assert attempts(broken)[0].error

    def test_a_result_that_cannot_be_written(
        self,
        organization: Organization,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        first, *others = announce(organization, 3)
        plain = courier.record

        def record(claimed: Any, outcome: Any, **more: Any) -> bool:
            if claimed.delivery.pk == first.pk:
                raise RuntimeError("no room on the disk")
            return plain(claimed, outcome, **more)

        monkeypatch.setattr(courier, "record", record)
        deliver()
        assert {row.pk for row in deliveries(endpoint, DeliveryState.DELIVERED)} == {row.pk for row in others}
        assert any("webhook.not_recorded" in str(entry.msg) and entry.exc_info for entry in caplog.records)
        # It is not lost: when its lease has run out it comes again, as the same message.
        monkeypatch.undo()
        deliver()
        assert len(receiver.at()) == 3
        pass_time(timedelta(seconds=61))
        deliver()
        assert [request.id for request in receiver.at()].count(first.event.public_id) == 2
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 3


class TestHowLong:
    def test_it_ends_when_nothing_is_due(self, organization: Organization, receiver: Receiver) -> None:
        make_endpoint(organization, receiver.url())
        assert courier.run(seconds=3600) is False

    def test_it_stops_claiming_when_the_time_is_over_and_says_that_there_is_more(
        self, organization: Organization, receiver: Receiver
    ) -> None:
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(delay=0.3))
        announce(organization, 30)
        assert courier.run(seconds=0.5) is True
        done = len(deliveries(endpoint, DeliveryState.DELIVERED))
        # What was under way has been waited for and written down.
        assert done == len(receiver.at())
        assert 0 < done < 30
        assert not endpoint.deliveries.filter(lease__isnull=False).exists()
        assert courier.run(seconds=0) is True
        assert len(receiver.at()) == done

    def test_what_waits_for_its_time_is_not_more(
        self, organization: Organization, receiver: Receiver
    ) -> None:
        make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(status=500))
        announce(organization)
        assert deliver() is False

    def test_what_was_under_way_is_written_down_when_it_has_to_stop(
        self, organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Celery's soft time limit, a lost database: whatever ends it in the middle."""
        endpoint, _ = make_endpoint(organization, receiver.url())
        receiver.will(Behaviour(delay=0.2))
        announce(organization, 2)

        def wait(*args: object, **kwargs: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(courier, "wait", wait)
        with pytest.raises(KeyboardInterrupt):
            deliver()
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 2


@pytest.mark.django_db(transaction=True)
class TestNothingIsHeldMeanwhile:
    @pytest.fixture
    def somebody_else(self) -> Iterator[Any]:
        """A connection that is not this test's."""
        at = connection.settings_dict
        if connection.vendor == "sqlite":
            other: Any = sqlite3.connect(at["NAME"], timeout=0, isolation_level=None, check_same_thread=False)
        else:
            other = psycopg.connect(**connection.get_connection_params(), autocommit=True)
        yield other
        other.close()

    def test_no_transaction_is_open_while_a_request_is(
        self, organization: Organization, receiver: Receiver, somebody_else: Any
    ) -> None:
        seen: list[object] = []

        def look() -> None:
            if connection.vendor == "sqlite":
                # It would be refused at once if anybody were in the middle of writing.
                somebody_else.execute("BEGIN IMMEDIATE")
                somebody_else.execute("ROLLBACK")
                seen.append(0)
                return
            query = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND xact_start IS NOT NULL"
            )
            seen.append(somebody_else.execute(query).fetchone()[0])

        receiver.will(Behaviour(meanwhile=look, delay=0.05))
        endpoint, _ = make_endpoint(organization, receiver.url())
        announce(organization)
        deliver()
        assert seen == [0]
        assert len(deliveries(endpoint, DeliveryState.DELIVERED)) == 1

    def test_the_threads_that_send_have_no_connection(
        self, organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[object] = []
        plain = courier.send

        def send(*args: Any, **kwargs: Any) -> Any:
            try:
                return plain(*args, **kwargs)
            finally:
                seen.append(connections.all(initialized_only=True))

        monkeypatch.setattr(courier, "send", send)
        make_endpoint(organization, receiver.url())
        announce(organization, 3)
        deliver()
        assert seen == [[]] * 3

    def test_a_connection_that_a_thread_did_open_is_closed(
        self, organization: Organization, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[Any] = []

        def send(*args: Any, **kwargs: Any) -> Any:
            Event.objects.count()
            opened.append(connections["default"].connection)
            raise RuntimeError("somebody's code")

        monkeypatch.setattr(courier, "send", send)
        make_endpoint(organization, receiver.url())
        announce(organization)
        deliver()
        [left] = opened
        if connection.vendor == "sqlite":
            with pytest.raises(sqlite3.ProgrammingError):
                left.execute("SELECT 1")
        else:
            assert left.closed


def test_the_number_of_threads_is_a_setting(
    organization: Organization, receiver: Receiver, settings: Any
) -> None:
    assert configured.WEBHOOK_THREADS == 16
    settings.WEBHOOK_THREADS = 3
    for number in range(6):
        make_endpoint(organization, receiver.url(f"/{number}"))
    receiver.will(Behaviour(delay=0.1))
    announce(organization, 2)
    deliver()
    assert len(receiver.requests) == 12
