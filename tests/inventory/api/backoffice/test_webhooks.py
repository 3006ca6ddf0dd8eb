"""`/api/webhooks`: endpoints, their secrets, their deliveries, and what may be done about both."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inventory.models import Delivery, EndpointState, WebhookEndpoint
from tests import factories
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.webhooks import make_delivery
from warehouses.models import IdempotencyRecord, Organization, User, Warehouse
from warehouses.sealing import unseal

pytestmark = pytest.mark.django_db

PATH = "/api/webhooks"
URL = "http://127.0.0.1:9/hook"  # in a network that the fixture opens; nothing is sent in these tests
CREATE = {"url": URL, "description": "Web shop", "events": ["inventory.updated", "inventory.low_stock"]}


@pytest.fixture(autouse=True)
def _open_network(settings: Any) -> None:
    settings.OUTGOING_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def manager(organization: Organization) -> Caller:
    return Caller(factories.make_key(organization, ["integrations.manage", "inventory.read"]))


@pytest.fixture
def created(manager: Caller) -> dict[str, Any]:
    response = manager.post(PATH, CREATE)
    assert response.status_code == 201, response.content
    return dict(response.json())


@pytest.fixture
def endpoint(created: dict[str, Any]) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get()


class TestEndpoints:
    def test_the_secret_is_shown_once(self, manager: Caller, created: dict[str, Any]) -> None:
        assert created["secret"].startswith("whsec_")
        assert created["id"].startswith("whk_")
        endpoint = WebhookEndpoint.objects.get()
        assert unseal(endpoint.secret) == created["secret"]
        shown = manager.get(f"{PATH}/{created['id']}")
        assert shown.json() == {name: value for name, value in created.items() if name != "secret"}
        listed = manager.get(PATH)
        assert listed.json() == {
            "data": [shown.json()],
            "pagination": {"page": 1, "limit": 50, "total": 1, "totalPages": 1},
        }
        for response in (shown, listed):
            assert created["secret"] not in response.content.decode()

    def test_created(self, manager: Caller, organization: Organization) -> None:
        place = factories.make_warehouse(organization, "Berlin")
        response = manager.post(PATH, {**CREATE, "locationIds": [place.public_id]})
        assert response.status_code == 201
        body = response.json()
        assert response["Location"] == f"/backoffice{PATH}/{body['id']}"
        assert response["X-API-Contract"] == "backoffice"
        shown = {name: body[name] for name in ("url", "description", "events", "locationIds", "state")}
        assert shown == {
            "url": URL,
            "description": "Web shop",
            "events": ["inventory.updated", "inventory.low_stock"],
            "locationIds": [place.public_id],
            "state": "active",
        }

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"url": "http://10.0.0.1/x"}, ("/url", "PRIVATE_ADDRESS")),
            ({"url": "ftp://127.0.0.1/"}, ("/url", "INVALID")),
            ({"url": 5}, ("/url", "INVALID")),
            ({"events": []}, ("/events", "EMPTY")),
            ({"events": ["inventory.exploded"]}, ("/events", "UNKNOWN_EVENT")),
            ({"events": ["webhook.test"]}, ("/events", "UNKNOWN_EVENT")),
            ({"events": ["inventory.updated", "inventory.updated"]}, ("/events", "DUPLICATE")),
            ({"events": "inventory.updated"}, ("/events", "NOT_A_LIST")),
            ({"locationIds": []}, ("/locationIds", "EMPTY")),
            ({"description": "x" * 201}, ("/description", "MAX_LENGTH")),
            ({"secret": "mine"}, ("/secret", "UNKNOWN_FIELD")),
            ({"state": "disabled"}, ("/state", "UNKNOWN_FIELD")),
        ],
    )
    def test_a_bad_body_names_the_field(
        self, manager: Caller, change: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        status, _, faults = problem_of(manager.post(PATH, {**CREATE, **change}))
        assert status == 400
        assert faults == [fault]
        assert not WebhookEndpoint.objects.exists()

    def test_every_fault_at_once(self, manager: Caller) -> None:
        bad = {"url": "http://10.0.0.1/x", "events": ["inventory.exploded"]}
        _, _, faults = problem_of(manager.post(PATH, bad))
        assert {where for where, _ in faults} == {"/url", "/events"}

    def test_foreign_and_unknown_locations(self, manager: Caller, rival_warehouse: Warehouse) -> None:
        unknown = "wh_01h455vb4pex5vsknk084sn02q"
        sent = {**CREATE, "locationIds": [rival_warehouse.public_id, unknown, "nonsense"]}
        status, code, faults = problem_of(manager.post(PATH, sent))
        assert (status, code) == (404, "WAREHOUSE_NOT_FOUND")
        assert faults == [(f"/locationIds/{place}", "WAREHOUSE_NOT_FOUND") for place in range(3)]
        assert not WebhookEndpoint.objects.exists()

    def test_changed_in_part(
        self, manager: Caller, organization: Organization, created: dict[str, Any]
    ) -> None:
        place = factories.make_warehouse(organization, "Berlin")
        path = f"{PATH}/{created['id']}"
        changed = manager.send("PATCH", path, {"locationIds": [place.public_id]})
        assert changed.status_code == 200
        assert changed.json()["locationIds"] == [place.public_id]
        again = manager.send("PATCH", path, {"events": ["inventory.oversold"]}).json()
        assert (again["events"], again["locationIds"]) == (["inventory.oversold"], [place.public_id])
        assert (again["url"], again["description"]) == (URL, "Web shop")
        assert manager.send("PATCH", path, {"locationIds": None}).json()["locationIds"] is None

    def test_an_endpoint_that_lost_its_last_location_gets_no_more_by_another_change(
        self, manager: Caller, organization: Organization, created: dict[str, Any]
    ) -> None:
        place = factories.make_warehouse(organization, "Berlin")
        path = f"{PATH}/{created['id']}"
        manager.send("PATCH", path, {"locationIds": [place.public_id]})
        WebhookEndpoint.objects.get().warehouses.clear()  # as when the warehouse is deleted
        changed = manager.send("PATCH", path, {"description": "Still nowhere"}).json()
        assert changed["locationIds"] == []

    def test_two_who_have_read_the_same(self, manager: Caller, created: dict[str, Any]) -> None:
        path = f"{PATH}/{created['id']}"
        tag = manager.get(path)["ETag"]
        first = manager.send("PATCH", path, {"description": "One"}, {"If-Match": tag})
        assert first.status_code == 200
        assert problem_of(manager.send("PATCH", path, {"description": "Two"}, {"If-Match": tag}))[0] == 412
        assert problem_of(manager.send("DELETE", path, headers={"If-Match": tag}))[0] == 412
        assert manager.send("DELETE", path, headers={"If-Match": first["ETag"]}).status_code == 204

    def test_what_deliveries_leave_behind_makes_no_writer_stale(
        self, manager: Caller, endpoint: WebhookEndpoint
    ) -> None:
        path = f"{PATH}/{endpoint.public_id}"
        tag = manager.get(path)["ETag"]
        WebhookEndpoint.objects.update(last_success_at=timezone.now(), failures=0)
        assert manager.get(path)["ETag"] != tag  # there is something else to read
        assert manager.send("PATCH", path, {"description": "One"}, {"If-Match": tag}).status_code == 200

    def test_removed(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        make_delivery(endpoint, "pending")
        path = f"{PATH}/{endpoint.public_id}"
        response = manager.send("DELETE", path)
        assert (response.status_code, response.content) == (204, b"")
        assert problem_of(manager.get(path))[:2] == (404, "ENDPOINT_NOT_FOUND")
        assert manager.get(PATH).json()["data"] == []
        endpoint.refresh_from_db()
        assert endpoint.secret == ""

    def test_a_retried_creation_is_one_and_its_secret_is_not_lying_about(self, manager: Caller) -> None:
        headers = {"Idempotency-Key": "once"}
        first = manager.post(PATH, CREATE, headers)
        again = manager.post(PATH, CREATE, headers)
        assert again["Idempotent-Replayed"] == "true"
        assert again.content == first.content
        assert WebhookEndpoint.objects.count() == 1
        record = IdempotencyRecord.objects.get()
        assert first.json()["secret"] not in record.body
        assert "whsec_" not in record.body


class TestActions:
    def act(self, manager: Caller, endpoint: WebhookEndpoint, **body: Any) -> Any:
        return manager.post(f"{PATH}/{endpoint.public_id}", body)

    def test_pause_and_resume(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        assert self.act(manager, endpoint, action="pause").json()["state"] == "paused"
        assert self.act(manager, endpoint, action="pause").json()["state"] == "paused"
        assert self.act(manager, endpoint, action="resume").json()["state"] == "active"

    def test_resume_enables_what_was_disabled(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        now = timezone.now()
        WebhookEndpoint.objects.update(
            state=EndpointState.DISABLED, disabled_at=now, disabled_reason="Gone (410).", failing_since=now
        )
        shown = manager.get(f"{PATH}/{endpoint.public_id}").json()
        assert (shown["state"], shown["disabledReason"]) == ("disabled", "Gone (410).")
        status, code, _ = problem_of(self.act(manager, endpoint, action="test"))
        assert (status, code) == (409, "ENDPOINT_NOT_ACTIVE")
        resumed = self.act(manager, endpoint, action="resume").json()
        assert (resumed["state"], resumed["disabledAt"], resumed["failingSince"]) == ("active", None, None)

    def test_rotate(self, manager: Caller, created: dict[str, Any], endpoint: WebhookEndpoint) -> None:
        rotated = self.act(manager, endpoint, action="rotate").json()
        assert rotated["secret"].startswith("whsec_")
        assert rotated["secret"] != created["secret"]
        endpoint.refresh_from_db()
        assert unseal(endpoint.secret) == rotated["secret"]
        assert unseal(endpoint.previous_secret) == created["secret"]

    def test_test(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        answer = self.act(manager, endpoint, action="test").json()
        assert answer["id"] == endpoint.public_id
        assert (answer["delivery"]["eventType"], answer["delivery"]["state"]) == ("webhook.test", "pending")
        assert Delivery.objects.get().endpoint_id == endpoint.pk

    def test_replay_since(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        now = timezone.now()
        old = make_delivery(endpoint, "failed", created_at=now - timedelta(hours=5))
        new = make_delivery(endpoint, "failed", created_at=now - timedelta(hours=1))
        done = make_delivery(endpoint, "delivered")
        since = (now - timedelta(hours=2)).isoformat()
        assert self.act(manager, endpoint, action="replay", since=since).json()["replayed"] == 1
        states = {delivery.pk: delivery.state for delivery in Delivery.objects.all()}
        assert states == {old.pk: "failed", new.pk: "pending", done.pk: "delivered"}

    @pytest.mark.parametrize(
        ("body", "fault"),
        [
            ({"action": "explode"}, ("/action", "INVALID_CHOICE")),
            ({}, ("/action", "REQUIRED")),
            ({"action": "replay"}, ("/since", "REQUIRED")),
            ({"action": "replay", "since": "yesterday"}, ("/since", "OFFSET")),
            ({"action": "pause", "since": "2026-03-01T00:00:00Z"}, ("/since", "UNKNOWN_FIELD")),
        ],
    )
    def test_a_bad_action(
        self, manager: Caller, endpoint: WebhookEndpoint, body: dict[str, Any], fault: tuple[str, str]
    ) -> None:
        status, _, faults = problem_of(self.act(manager, endpoint, **body))
        assert (status, faults) == (400, [fault])


class TestDeliveries:
    def test_the_log_newest_first(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        now = timezone.now()
        made = [
            make_delivery(endpoint, state, created_at=now - timedelta(days=days))
            for days, state in ((3, "delivered"), (2, "failed"), (1, "pending"))
        ]
        path = f"{PATH}/{endpoint.public_id}/deliveries"
        shown = manager.get(path).json()
        assert [row["id"] for row in shown["data"]] == [delivery.public_id for delivery in reversed(made)]
        assert shown["pagination"] == {"page": 1, "limit": 50, "total": 3, "totalPages": 1}
        by = lambda query: [row["id"] for row in manager.get(f"{path}?{query}").json()["data"]]  # noqa: E731
        assert by("state=failed") == [made[1].public_id]
        assert by("eventType=webhook.test") == []
        start = (now - timedelta(days=2, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        end = (now - timedelta(days=1, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert by(f"startDate={start}&endDate={end}") == [made[1].public_id]
        assert by("page=2&limit=2") == [made[0].public_id]
        assert problem_of(manager.get(f"{path}?status=failed"))[0] == 400

    def test_one_with_its_attempts(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        delivery = make_delivery(endpoint, "failed")
        shown = manager.get(f"{PATH}/{endpoint.public_id}/deliveries/{delivery.public_id}").json()
        assert shown["body"] == '{"type":"inventory.updated"}'
        (attempt,) = shown["attempts"]
        assert (attempt["number"], attempt["status"], attempt["durationMs"]) == (1, 500, 12)
        assert attempt["requestHeaders"] == {"webhook-id": delivery.event.public_id}
        assert attempt["responseBody"] == "<b>ok</b>"

    def test_replay(self, manager: Caller, endpoint: WebhookEndpoint) -> None:
        delivery = make_delivery(endpoint, "failed")
        path = f"{PATH}/{endpoint.public_id}/deliveries/{delivery.public_id}"
        shown = manager.post(path, {"action": "replay"}).json()
        assert (shown["state"], shown["eventId"]) == ("pending", delivery.event.public_id)
        assert shown["nextAttemptAt"] is not None

    def test_by_another_endpoint_there_is_no_such_delivery(
        self, manager: Caller, endpoint: WebhookEndpoint
    ) -> None:
        delivery = make_delivery(endpoint)
        other = manager.post(PATH, CREATE).json()["id"]
        path = f"{PATH}/{other}/deliveries/{delivery.public_id}"
        assert problem_of(manager.get(path))[:2] == (404, "DELIVERY_NOT_FOUND")

    @pytest.mark.parametrize("count", [1, 3])
    def test_lists_cost_the_same_however_long(
        self, manager: Caller, organization: Organization, endpoint: WebhookEndpoint, count: int
    ) -> None:
        places = [factories.make_warehouse(organization, f"W{number}") for number in range(count)]
        for _ in range(count - 1):
            manager.post(PATH, {**CREATE, "locationIds": [place.public_id for place in places]})
        for _ in range(count):
            make_delivery(endpoint)
        for path, queries in ((PATH, 5), (f"{PATH}/{endpoint.public_id}/deliveries", 5)):
            manager.get(path)
            with CaptureQueriesContext(connection) as captured:
                assert len(manager.get(path).json()["data"]) == count
            assert len(captured) == queries, [query["sql"] for query in captured]


class TestCallers:
    @pytest.fixture
    def strangers(
        self, organization: Organization, rival: Organization, warehouse: Warehouse
    ) -> dict[str, tuple[Caller, int, str]]:
        make: Callable[..., str] = factories.make_key
        scopes = ["integrations.manage", "inventory.read"]
        return {
            "no credential": (Caller(), 401, "UNAUTHENTICATED"),
            "another permission": (Caller(make(organization, ["inventory.write"])), 403, "PERMISSION_DENIED"),
            "one warehouse": (
                Caller(make(organization, scopes, warehouses=[warehouse])),
                403,
                "PERMISSION_DENIED",
            ),
            "another organization": (Caller(make(rival, scopes)), 404, "ENDPOINT_NOT_FOUND"),
        }

    def test_nobody_else_reads_or_changes_anything(
        self, endpoint: WebhookEndpoint, strangers: dict[str, tuple[Caller, int, str]]
    ) -> None:
        delivery = make_delivery(endpoint, "failed")
        one = f"{PATH}/{endpoint.public_id}"
        requests = [
            ("GET", one, None),
            ("PATCH", one, {"url": URL}),
            ("DELETE", one, None),
            *(("POST", one, {"action": action}) for action in ("pause", "resume", "rotate", "test")),
            ("POST", one, {"action": "replay", "since": "2026-03-01T00:00:00Z"}),
            ("GET", f"{one}/deliveries", None),
            ("GET", f"{one}/deliveries/{delivery.public_id}", None),
            ("POST", f"{one}/deliveries/{delivery.public_id}", {"action": "replay"}),
        ]
        before = list(WebhookEndpoint.objects.values()), list(Delivery.objects.values())
        for name, (caller, status, code) in strangers.items():
            for method, path, body in requests:
                answer = problem_of(caller.send(method, path, body))
                assert answer[:2] == (status, code), (name, method, path)
        assert (list(WebhookEndpoint.objects.values()), list(Delivery.objects.values())) == before

    def test_another_organization_sees_an_empty_list(
        self, endpoint: WebhookEndpoint, rival: Organization
    ) -> None:
        caller = Caller(factories.make_key(rival, ["integrations.manage", "inventory.read"]))
        assert caller.get(PATH).json()["data"] == []

    def test_who_may_not_read_stock_does_not_have_it_sent(self, organization: Organization) -> None:
        caller = Caller(factories.make_key(organization, ["integrations.manage"]))
        assert problem_of(caller.post(PATH, CREATE))[:2] == (403, "PERMISSION_DENIED")

    def test_an_owner_with_a_browser(self, alice: User) -> None:
        browser = Caller.person(alice)
        assert browser.post(PATH, CREATE).status_code == 201
        assert len(browser.get(PATH).json()["data"]) == 1
        without = Caller.person(alice, token=False)
        assert problem_of(without.post(PATH, CREATE))[0] == 403

    def test_a_change_that_fails_leaves_nothing(
        self, manager: Caller, created: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = f"{PATH}/{created['id']}"
        before = json.dumps(manager.get(path).json())
        bad = {"events": ["inventory.oversold"], "locationIds": ["wh_01h455vb4pex5vsknk084sn02q"]}
        assert problem_of(manager.send("PATCH", path, bad))[0] == 404
        assert json.dumps(manager.get(path).json()) == before
