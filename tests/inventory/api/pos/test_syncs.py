"""`POST /inventory/sync`, and `GET /inventory/sync/{id}`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import PosConnection, SyncProblem, SyncRun, SyncState, SyncType
from tests.factories import make_person
from tests.inventory.api.callers import Caller, problem, problem_of
from tests.inventory.api.snapshots import everything
from tests.inventory.api.syncs import connect, end_syncs, make_run
from warehouses.actors import ActorType
from warehouses.http.instants import instant
from warehouses.models import Organization, Warehouse

SYNC = "/api/v1/inventory/sync"
UNKNOWN = "sync_01h455vb4pex5vsknk084sn02q"


@pytest.fixture
def connected(warehouse: Warehouse) -> Warehouse:
    connect(warehouse)
    return warehouse


def start(api: Caller, location: Warehouse | str, sync_type: Any = "full", **more: Any) -> Any:
    named = location if isinstance(location, str) else location.public_id
    return api.post(f"/pos{SYNC}", {"location_id": named, "sync_type": sync_type}, **more)


class TestStarting:
    @pytest.mark.parametrize("kind", ["full", "incremental"])
    def test_it_is_queued_in_the_callers_name(self, api: Caller, connected: Warehouse, kind: str) -> None:
        response = start(api, connected, kind)

        assert response.status_code == 202
        run = SyncRun.objects.get()
        assert (run.public_id, run.sync_type, run.state) == (response.json()["id"], kind, SyncState.QUEUED)
        assert (run.actor_type, run.actor_name) == (ActorType.KEY, "Integration")

    def test_its_address_is_where_it_is_followed(self, api: Caller, connected: Warehouse, key: str) -> None:
        response = start(api, connected)
        for caller in (api, Caller(key)):  # whatever the form of the key
            found = caller.get(response["Location"])
            assert (found.status_code, found["X-API-Contract"]) == (200, "pos")
            assert found.json() == {**response.json(), "problems": []}

    @pytest.mark.parametrize("kind", ["retry", "Full", "FULL", "", None, 1, True, [], {}, "full "])
    def test_no_other_kind(self, api: Caller, connected: Warehouse, kind: Any) -> None:
        before = everything()
        status, code, where = problem_of(start(api, connected, kind))
        assert (status, code, [pointer for pointer, _ in where]) == (400, "INVALID_REQUEST", ["/sync_type"])
        assert everything() == before

    def test_a_location_that_is_not_connected(
        self, api: Caller, connected: Warehouse, second: Warehouse
    ) -> None:
        PosConnection.objects.update(is_active=False)
        before = everything()
        for place in (second, connected):
            assert problem_of(start(api, place)) == (409, "POS_NOT_CONNECTED", [])
        assert everything() == before

    def test_an_inactive_location(self, api: Caller, connected: Warehouse) -> None:
        Warehouse.objects.filter(pk=connected.pk).update(is_active=False)
        before = everything()
        assert problem_of(start(api, connected))[:2] == (409, "WAREHOUSE_INACTIVE")
        assert everything() == before

    def test_one_at_a_time(self, api: Caller, connected: Warehouse, second: Warehouse) -> None:
        connect(second)
        first = start(api, connected).json()["id"]
        before = everything()

        response = start(api, connected, "incremental")

        assert problem_of(response) == (409, "SYNC_IN_PROGRESS", [])
        assert problem(response)["run_id"] == first
        assert everything() == before
        assert start(api, second).status_code == 202
        end_syncs()
        assert start(api, connected).status_code == 202

    def test_a_location_that_is_not_there(
        self, api: Caller, connected: Warehouse, rival_warehouse: Warehouse
    ) -> None:
        connect(rival_warehouse)
        before = everything()
        for named in (rival_warehouse, "wh_01h455vb4pex5vsknk084sn02q", "junk", connected.public_id.upper()):
            response = start(api, named)
            assert problem_of(response) == (
                404,
                "WAREHOUSE_NOT_FOUND",
                [("/location_id", "WAREHOUSE_NOT_FOUND")],
            )
        assert everything() == before

    def test_a_location_that_the_caller_sees_and_may_not_write(
        self, organization: Organization, connected: Warehouse, second: Warehouse
    ) -> None:
        roles = {organization: [("Viewer", connected), ("Warehouse manager", second)]}
        bob = Caller.person(make_person("bob@example.com", roles))
        before = everything()
        assert problem_of(start(bob, connected))[:2] == (403, "PERMISSION_DENIED")
        assert everything() == before

    def test_twice_with_one_key_is_once(self, api: Caller, connected: Warehouse) -> None:
        make = {"Idempotency-Key": "K-1"}
        first, second = (start(api, connected, headers=make) for _ in range(2))

        assert (first.status_code, second.status_code) == (202, 202)
        assert second.content == first.content
        assert second["Location"] == first["Location"]
        assert second["Idempotent-Replayed"] == "true"
        assert SyncRun.objects.count() == 1

    def test_a_condition_is_not_dropped_in_silence(self, api: Caller, connected: Warehouse) -> None:
        response = start(api, connected, headers={"If-Match": "*"})
        assert problem_of(response) == (400, "INVALID_REQUEST", [("If-Match", "INVALID_REQUEST")])


class TestFollowing:
    def test_how_it_stands(self, api: Caller, warehouse: Warehouse) -> None:
        began = timezone.now() - timedelta(minutes=3)
        run = make_run(
            warehouse,
            sync_type=SyncType.RETRY,
            state=SyncState.FAILED,
            rows_read=9,
            rows_changed=1,
            rows_unchanged=2,
            rows_repeated=3,
            rows_refused=3,
            error="The feed answers 500.",
            created_at=began,
            started_at=began + timedelta(seconds=1),
            finished_at=began + timedelta(seconds=2),
        )
        for number in (7, 3, 5):
            SyncProblem.objects.create(
                run=run, row=number, code="INVALID_ROW", detail=f"Row {number}", content="secret"
            )

        response = api.get(f"{SYNC}/{run.public_id}")

        assert response.status_code == 200
        assert response.json() == {
            "id": run.public_id,
            "location_id": warehouse.public_id,
            "sync_type": "retry",
            "status": "failed",
            "rows_read": 9,
            "rows_changed": 1,
            "rows_unchanged": 2,
            "rows_repeated": 3,
            "rows_refused": 3,
            "error": "The feed answers 500.",
            "created_at": instant(began),
            "started_at": instant(began + timedelta(seconds=1)),
            "finished_at": instant(began + timedelta(seconds=2)),
            "problems": [
                {"row": number, "code": "INVALID_ROW", "detail": f"Row {number}"} for number in (3, 5, 7)
            ],
        }

    def test_the_first_hundred_problems(self, api: Caller, warehouse: Warehouse) -> None:
        run = make_run(warehouse, rows_refused=130)
        SyncProblem.objects.bulk_create(
            SyncProblem(run=run, row=number, code="INVALID_ROW", detail="x") for number in range(130, 0, -1)
        )
        problems = api.get(f"{SYNC}/{run.public_id}").json()["problems"]
        assert [found["row"] for found in problems] == list(range(1, 101))

    def test_its_tag_stays_until_there_is_news(self, api: Caller, warehouse: Warehouse) -> None:
        run = make_run(warehouse, state=SyncState.RUNNING, next_attempt_at=timezone.now())
        path = f"{SYNC}/{run.public_id}"
        tag = api.get(path)["ETag"]
        assert api.get(path, If_None_Match=tag).status_code == 304

        SyncRun.objects.update(rows_read=1)

        assert api.get(path, If_None_Match=tag).status_code == 200

    def test_an_id_of_nothing_is_one_and_the_same_answer(
        self, api: Caller, warehouse: Warehouse, rival_warehouse: Warehouse
    ) -> None:
        ours, theirs = make_run(warehouse), make_run(rival_warehouse)
        answers = set()
        for named in (
            *(UNKNOWN, theirs.public_id, str(ours.pk), ours.public_id.upper(), ours.public_id[:-1], "1"),
            *("sync_", warehouse.public_id, "a/b", "sync", "x" * 300),
        ):
            response = api.get(f"{SYNC}/{named}")
            assert problem_of(response) == (404, "SYNC_NOT_FOUND", []), named
            answers.add(problem(response)["detail"])
        assert len(answers) == 1

    def test_of_a_location_that_a_key_does_not_cover(
        self, api_with: Callable[..., Caller], warehouse: Warehouse, second: Warehouse
    ) -> None:
        run = make_run(warehouse)
        limited = api_with(warehouses=[second])
        assert problem_of(limited.get(f"{SYNC}/{run.public_id}")) == (404, "SYNC_NOT_FOUND", [])
