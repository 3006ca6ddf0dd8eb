"""The log of API requests by itself: bounded, written in one statement, kept for a while, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories
from warehouses.access import Access, access_of_key, access_of_system, access_of_user
from warehouses.actors import ActorType
from warehouses.identifiers import new_id
from warehouses.models import ApiKey, Organization, RequestRecord
from warehouses.request_log import RequestLog, first_id_of, purge, redacted, requests_with
from warehouses.tasks import purge_request_log


def record(organization: Organization, request_id: str = "one", **fields: Any) -> RequestRecord:
    given: dict[str, Any] = {
        "organization": organization,
        "request_id": request_id,
        "started_at": timezone.now(),
        "milliseconds": 3,
        "method": "GET",
        "path": "/api/v1/inventory",
        "contract": "gateway",
        "status": 200,
        "actor_type": ActorType.KEY,
        "actor_id": None,
        "actor_name": "Shop",
    }
    return RequestRecord(**(given | fields))


def made_at(instant: datetime) -> Any:
    """A key as if it had been made then."""
    key = first_id_of(instant)
    return type(key)(int=key.int | (new_id().int & ((1 << 64) - 1)) | (7 << 76))


class TestWriting:
    def test_what_was_noted_is_written_in_one_statement(self, organization: Organization) -> None:
        log = RequestLog(in_background=False)
        for number in range(3):
            log.note(record(organization, f"r{number}"))

        with CaptureQueriesContext(connection) as captured:
            assert log.flush() == 3

        assert len([query for query in captured if "INSERT" in query["sql"]]) == 1
        assert list(RequestRecord.objects.values_list("request_id", flat=True)) == ["r2", "r1", "r0"]
        assert log.flush() == 0

    def test_noting_costs_no_query(self, organization: Organization) -> None:
        log = RequestLog(in_background=False)

        with CaptureQueriesContext(connection) as captured:
            log.note(record(organization))

        assert len(captured) == 0

    def test_what_does_not_fit_is_dropped_and_counted(self, organization: Organization) -> None:
        written: list[RequestRecord] = []
        log = RequestLog(write=written.extend, capacity=2, in_background=False)
        for number in range(5):
            log.note(record(organization, f"r{number}"))
        assert log.dropped == 3

        log.flush()

        assert [entry.request_id for entry in written] == ["r0", "r1"]
        assert log.dropped == 0

    def test_a_database_that_is_away_gets_them_later(self, organization: Organization) -> None:
        written: list[RequestRecord] = []
        is_away = True

        def write(records: Sequence[RequestRecord]) -> None:
            if is_away:
                raise OperationalError("the connection is lost")
            written.extend(records)

        log = RequestLog(write=write, capacity=3, in_background=False)
        for number in range(3):
            log.note(record(organization, f"r{number}"))
        assert log.flush() == 0
        assert len(log) == 3
        is_away = False

        assert log.flush() == 3
        assert [entry.request_id for entry in written] == ["r0", "r1", "r2"]

    def test_of_a_full_list_the_newest_stay(self, organization: Organization) -> None:
        log = RequestLog(capacity=3, in_background=False)

        def write(records: Sequence[RequestRecord]) -> None:
            for number in (3, 4):  # meanwhile requests come
                log.note(record(organization, f"r{number}"))
            raise OperationalError("the connection is lost")

        log._write = write
        for number in range(3):
            log.note(record(organization, f"r{number}"))
        log.flush()

        assert [entry.request_id for entry in log._waiting] == ["r2", "r3", "r4"]

    def test_one_that_is_refused_takes_no_other_with_it(self, organization: Organization) -> None:
        written: list[str] = []

        def write(records: Sequence[RequestRecord]) -> None:
            if any(entry.request_id == "bad" for entry in records):
                raise IntegrityError("its organization is gone")
            written.extend(entry.request_id for entry in records)

        log = RequestLog(write=write, in_background=False)
        for name in ("a", "bad", "b"):
            log.note(record(organization, name))

        assert log.flush() == 2
        assert written == ["a", "b"]
        assert len(log) == 0

    def test_a_thread_writes_by_itself(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("warehouses.request_log._SECONDS_BETWEEN", 0.01)
        done = threading.Event()
        failures = iter([RuntimeError("what nobody thought of")])

        def write(records: Sequence[RequestRecord]) -> None:
            for failure in failures:
                log.note(record(organization, "second"))
                raise failure
            done.set()

        log = RequestLog(write=write, in_background=True)
        log.note(record(organization, "first"))

        assert done.wait(5)


class TestFinding:
    def test_by_the_id_of_the_request(self, organization: Organization) -> None:
        rival = factories.make_organization("Rival")
        RequestRecord.objects.bulk_create(
            [record(organization, "same"), record(organization, "other"), record(rival, "same")]
        )

        with CaptureQueriesContext(connection) as captured:
            found = requests_with(access=access_of_system(organization), request_id=" same ")

        assert [entry.organization for entry in found] == [organization]
        assert len(captured) == 1

    def test_only_for_those_who_manage_all_integrations(self, organization: Organization) -> None:
        RequestRecord.objects.bulk_create([record(organization, "same")])
        place = factories.make_warehouse(organization)
        factories.make_key(organization, ["integrations.manage"], name="All")
        factories.make_key(organization, ["integrations.manage"], warehouses=[place], name="One")
        viewer = access_of_user(
            factories.make_person("vera@acme.example", {organization: ["Viewer"]}), organization
        )

        def finds(access: Access | None) -> bool:
            assert access is not None
            return bool(requests_with(access=access, request_id="same"))

        assert finds(access_of_key(ApiKey.objects.get(name="All")))
        assert not finds(access_of_key(ApiKey.objects.get(name="One")))
        assert not finds(viewer)


class TestPurging:
    def test_what_is_old_goes(self, organization: Organization) -> None:
        now = datetime(2026, 5, 10, 12, tzinfo=UTC)
        for days, name in ((8, "old"), (6, "young")):
            record(organization, name, id=made_at(now - timedelta(days=days))).save()

        assert purge(now) == 1
        assert RequestRecord.objects.get().request_id == "young"

    def test_it_is_kept_as_long_as_the_operator_says(self, organization: Organization, settings: Any) -> None:
        settings.REQUEST_LOG_KEPT = timedelta(hours=1)
        now = timezone.now()
        record(organization, "old", id=made_at(now - timedelta(hours=2))).save()

        assert purge(now) == 1

    def test_no_organization_has_more_than_the_most(
        self, organization: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("warehouses.request_log._PURGED_AT_ONCE", 2)
        rival = factories.make_organization("Rival")
        RequestRecord.objects.bulk_create(
            [*(record(organization, f"a{number}") for number in range(5)), record(rival, "b0")]
        )

        assert purge(timezone.now(), most=2) == 3
        assert set(RequestRecord.objects.values_list("request_id", flat=True)) == {"a3", "a4", "b0"}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/api/v1/inventory/TEA 1", "/api/v1/inventory/TEA 1"),
        ("key=th_live_0123456789abcdefXYZ&page=1", "key=th_live_…&page=1"),
        ("whsec_AAEC+/w== and more", "whsec_… and more"),
        ("a\x00b\nc\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("x" * 30, "x" * 20),
        ("x" * 15 + "th_live_0123456789abcdef", "x" * 15 + "th_li"),
    ],
)
def test_what_is_kept_holds_no_secret(text: str, kept: str) -> None:
    most = 20 if text.startswith("x") else 100
    assert redacted(text, most=most) == kept


def test_the_purge_is_a_task_of_the_schedule(organization: Organization, settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["purge-request-log"]
    assert entry["task"] == purge_request_log.name
    record(organization, id=made_at(timezone.now() - timedelta(days=8))).save()

    purge_request_log()

    assert not RequestRecord.objects.exists()
