"""Many at once under one idempotency key: one effect, whatever the answers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from tests import factories
from tests.warehouses.http import toys
from tests.warehouses.http.conftest import Api, problem
from warehouses.http import idempotency
from warehouses.models import Bin, IdempotencyRecord, Organization

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

BODY = {"code": "B1", "pick_sequence": 1}


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return factories.make_organization()


def at_once(count: int, send: Callable[[int], Any]) -> list[Any]:
    """Every call's result; each in a thread with a connection of its own, all off together."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=10)
            return send(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_while_the_first_runs_the_second_is_told_to_wait(key: str) -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        assert leave.wait(timeout=10)

    toys.during_write.append(hold)
    answers: list[Any] = []

    def first() -> None:
        try:
            answers.append(Api(key).post("/bins", BODY, **{"Idempotency-Key": "k1"}))
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert inside.wait(timeout=10)
        second = Api(key).post("/bins", BODY, **{"Idempotency-Key": "k1"})
    finally:
        leave.set()
        thread.join(timeout=10)

    assert second.status_code == 409
    assert problem(second)["code"] == "IDEMPOTENCY_IN_PROGRESS"
    assert second["Retry-After"] == "1"
    assert answers[0].status_code == 201
    toys.during_write.clear()
    replay = Api(key).post("/bins", BODY, **{"Idempotency-Key": "k1"})
    assert replay["Idempotent-Replayed"] == "true"
    assert replay.content == answers[0].content


def test_thirty_at_once_have_one_effect(key: str) -> None:
    # Bins of other codes: no unique constraint stands in for the key.
    def send(number: int) -> Any:
        return Api(key).post("/bins", BODY, **{"Idempotency-Key": "k1"})

    answers = at_once(30, send)

    assert Bin.objects.filter(code="B1").count() == 1
    assert IdempotencyRecord.objects.count() == 1
    kinds = Counter((answer.status_code, answer.get("Idempotent-Replayed")) for answer in answers)
    assert kinds[201, None] == 1
    assert set(kinds) <= {(201, None), (201, "true"), (409, None)}
    assert {problem(answer)["code"] for answer in answers if answer.status_code == 409} <= {
        "IDEMPOTENCY_IN_PROGRESS"
    }


def test_without_the_claim_the_second_does_its_work_too(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: it is the claim that keeps the second out, not luck."""
    monkeypatch.setattr(idempotency, "_claim", lambda name: None)
    together = threading.Barrier(2)
    reached: list[int] = []

    def meet() -> None:
        reached.append(1)
        together.wait(timeout=10)

    toys.during_write.append(meet)

    def send(number: int) -> Any:
        return Api(key).post("/bins", {"code": f"B{number}", "pick_sequence": 1}, **{"Idempotency-Key": "k1"})

    answers = at_once(2, send)

    assert len(reached) == 2
    # Both worked under one key; only the record's unique constraint undid one of them.
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {problem(answer)["code"] for answer in answers if answer.status_code == 409} == {"ALREADY_EXISTS"}


def test_keys_of_two_callers_do_not_wait_for_each_other(key: str, organization: Organization) -> None:
    other = factories.make_key(organization, name="Second")
    together = threading.Barrier(2)
    toys.during_write.append(lambda: together.wait(timeout=10) and None)

    def send(number: int) -> Any:
        body = {"code": f"B{number}", "pick_sequence": 1}
        return Api([key, other][number]).post("/bins", body, **{"Idempotency-Key": "k1"})

    assert [answer.status_code for answer in at_once(2, send)] == [201, 201]
