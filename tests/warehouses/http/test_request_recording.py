"""Requests to a contract are recorded as they were answered, at no cost, and whatever becomes of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.warehouses.http import toys
from tests.warehouses.http.conftest import Api, Browser
from warehouses.models import ApiKey, Organization, RequestRecord, User
from warehouses.request_log import log

FIELDS = ("method", "path", "query", "contract", "status", "code", "is_replay", "actor_type", "actor_name")


@pytest.fixture(autouse=True)
def _a_log_of_its_own() -> Iterator[None]:
    log.forget()
    yield
    log.forget()


def recorded() -> RequestRecord:
    """What the one request since the last time has left."""
    RequestRecord.objects.all().delete()
    assert log.flush() == 1
    return RequestRecord.objects.get()


def of(record: RequestRecord) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in FIELDS)


def test_a_request_of_a_key(api: Api, organization: Organization) -> None:
    answer = api.get("/bins?prefix=A 1&page=2")

    record = recorded()
    assert of(record) == (
        "GET", "/bins", "prefix=A 1&page=2", "toy", 200, "", False, "key", "Integration",
    )  # fmt: skip
    assert record.organization == organization
    assert record.request_id == answer["X-Request-ID"]
    assert record.actor_id == ApiKey.objects.get().pk
    assert record.problem == ""
    assert record.milliseconds >= 0
    assert (record.pk.int >> 80) >= int(record.started_at.timestamp() * 1000)


def test_a_request_of_a_person(
    alice: User, organization: Organization, browser_of: Callable[[User], Browser]
) -> None:
    browser_of(alice).get("/bins")

    record = recorded()
    assert (record.actor_type, record.actor_id, record.actor_name) == ("user", alice.pk, alice.email)
    assert record.organization == organization


def test_what_was_refused_is_kept_with_its_problem(api: Api) -> None:
    answer = api.get("/bins?nonsense=1")

    record = recorded()
    assert (record.status, record.code) == (400, "INVALID_REQUEST")
    assert record.problem == answer.text
    assert '"parameter": "nonsense"' in record.problem


def test_a_code_in_a_text_is_not_taken_for_the_problems(api: Api) -> None:
    api.get('/bins?"code": "FORGED"=1')

    assert recorded().code == "INVALID_REQUEST"


def test_a_failure_is_recorded_too(api: Api) -> None:
    toys.to_raise.append(RuntimeError("nobody thought of it"))
    api.client.raise_request_exception = False
    api.get("/raise")

    record = recorded()
    assert (record.status, record.code) == (500, "INTERNAL_ERROR")
    assert "nobody thought of it" not in record.problem


def test_a_repeated_write_is_told_apart(api: Api) -> None:
    body = {"code": "A-1", "pick_sequence": 1}
    for is_replay in (False, True):
        api.post("/bins", body, **{"Idempotency-Key": "one"})

        assert recorded().is_replay is is_replay


@pytest.mark.parametrize(
    "query",
    ["api_key=s3cret", "Token=s3cret", "x-signature=s3cret", "page=th_live_s3cret", "page=whsec_s3cret"],
)
def test_no_secret_is_kept(api: Api, query: str) -> None:
    api.get(f"/bins?{query}")

    record = recorded()
    assert "s3cret" not in f"{record.path}{record.query}{record.problem}"


def test_nor_one_in_the_path(api: Api, key: str) -> None:
    api.get(f"/bins/{key}")

    record = recorded()
    assert record.path == "/bins/th_live_…"
    assert key[8:] not in record.problem


def test_text_that_no_database_takes_is_mended(api: Api) -> None:
    api.get("/bins?prefix=%00%ED%A0%80" + "x" * 2000)

    record = recorded()
    assert len(record.query) == 500
    assert "\x00" not in record.query


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "th_live_" + "0" * 38}])
def test_an_unknown_caller_is_in_nobodys_log(
    api_of: Callable[..., Api], organization: Organization, headers: dict[str, str]
) -> None:
    assert api_of(**headers).get("/bins").status_code == 401

    assert len(log) == 0


def test_a_page_is_no_request_to_the_api(api: Api) -> None:
    api.get("/plain")

    assert len(log) == 0


def test_it_can_be_switched_off(api: Api, settings: Any) -> None:
    settings.REQUEST_LOG = False
    api.get("/bins")

    assert len(log) == 0


def test_the_request_costs_no_query_more(api: Api, settings: Any) -> None:
    api.get("/bins")
    counts = []
    for is_on in (True, False):
        settings.REQUEST_LOG = is_on
        with CaptureQueriesContext(connection) as captured:
            api.get("/bins")
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_a_broken_log_takes_no_answer_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(record: RequestRecord) -> None:
        raise MemoryError

    monkeypatch.setattr(log, "note", fail)

    assert api.get("/bins").status_code == 200


def test_what_it_says_belongs_to_its_organization(
    api: Api, api_of: Callable[..., Api], organization: Organization
) -> None:
    rival = factories.make_organization("Rival")
    api.get("/bins")
    api_of(factories.make_key(rival)).get("/bins")
    log.flush()

    for owner in (organization, rival):
        assert RequestRecord.objects.for_organization(owner).count() == 1
