from __future__ import annotations

import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.conf import settings as django_settings
from limits.storage import memory
from structlog.testing import capture_logs

from tests import factories
from tests.warehouses.http.conftest import Api, Browser, problem
from warehouses.access import Access
from warehouses.actors import Actor, ActorType
from warehouses.http import throttling
from warehouses.models import Bin, Organization, User

# This process's own: in another one's database, counts are forgotten whenever a test begins there.
REDIS_URL = django_settings.REDIS_URL or "redis://127.0.0.1:6379/7"


@pytest.fixture(autouse=True)
def _within_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory, windows begin at whole minutes: no test straddles two, however long it takes."""
    middle = time.time() // 60 * 60 + 30
    monkeypatch.setattr(memory, "time", SimpleNamespace(time=lambda: middle))


@pytest.fixture
def shared(settings: Any) -> Iterator[None]:
    settings.REDIS_URL = REDIS_URL
    try:
        redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1).ping()
    except redis.RedisError:
        pytest.skip("there is no Redis here")
    throttling.forget_counts()
    yield
    throttling.forget_counts()


def parse(response: Any) -> tuple[int, int]:
    match = re.fullmatch(r'"(?:key|user)";r=(\d+);t=(\d+)', response["RateLimit"])
    assert match
    return int(match[1]), int(match[2])


def test_beyond_the_limit_a_key_is_told_to_wait(api: Api, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 3

    answers = [api.get("/bins") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [parse(answer)[0] for answer in answers] == [2, 1, 0, 0]
    refused = answers[-1]
    found = problem(refused)
    assert found["code"] == "RATE_LIMITED"
    assert found["violated-policies"] == ["key"]
    assert refused["RateLimit-Policy"] == '"key";q=3;w=60'
    assert 1 <= parse(refused)[1] <= 60
    assert int(refused["Retry-After"]) >= parse(refused)[1]
    assert refused["X-API-Contract"] == "toy"


def test_a_refused_write_does_nothing(api: Api, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    api.get("/bins")

    assert api.post("/bins", {"code": "B1", "pick_sequence": 1}).status_code == 429
    assert not Bin.objects.filter(code="B1").exists()


def test_what_is_refused_for_other_reasons_counts_too(api: Api, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 2

    assert [api.get(path).status_code for path in ("/bins?x=1", "/undeclared", "/bins")] == [400, 403, 429]


def test_an_organization_may_have_its_own_limit(
    api: Api, organization: Organization, api_of: Callable[..., Api]
) -> None:
    Organization.objects.filter(pk=organization.pk).update(rate_limit=1)
    other = api_of(factories.make_key(factories.make_organization("Other")))

    assert [api.get("/bins").status_code for _ in range(2)] == [200, 429]
    assert [other.get("/bins").status_code for _ in range(2)] == [200, 200]


def test_each_key_counts_for_itself(
    api: Api, api_of: Callable[..., Api], organization: Organization, settings: Any
) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    second = api_of(factories.make_key(organization, name="Second"))

    assert [api.get("/bins").status_code, api.get("/bins").status_code] == [200, 429]
    assert second.get("/bins").status_code == 200


def test_another_forwarded_address_is_no_other_caller(api: Api, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 2

    answers = [api.get("/bins", **{"X-Forwarded-For": f"10.0.0.{number}"}) for number in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]


def test_a_person_counts_as_a_person(
    alice: User, browser_of: Callable[[User], Browser], settings: Any
) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    browser = browser_of(alice)

    first, second = browser.get("/bins"), browser.get("/bins")

    assert (first.status_code, second.status_code) == (200, 429)
    assert first["RateLimit-Policy"] == '"user";q=1;w=60'
    assert problem(second)["violated-policies"] == ["user"]


def _access(limit: int) -> Access:
    organization = Organization(name="Acme", rate_limit=limit)
    return Access(organization, Actor(type=ActorType.KEY, id=uuid4(), name="Shop"))


def _at_once(access: Access, threads: int, each: int) -> Counter[bool]:
    barrier = threading.Barrier(threads)

    def run(_: int) -> list[bool]:
        barrier.wait(timeout=10)
        return [throttling.consume(access).allowed for _ in range(each)]

    with ThreadPoolExecutor(threads) as pool:
        return Counter(allowed for found in pool.map(run, range(threads)) for allowed in found)


def test_the_limit_holds_for_parallel_requests() -> None:
    for limit in (1, 50, 150):
        assert _at_once(_access(limit), threads=20, each=10) == {True: limit, False: 200 - limit}


def test_the_limit_holds_for_the_first_requests_of_a_caller_too() -> None:
    """Where MemoryStorage alone lets some through: its lock of a new name is dropped and made again meanwhile."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    barrier = threading.Barrier(8)

    def run(access: Access) -> int:
        barrier.wait(timeout=10)
        return sum(throttling.consume(access).allowed for _ in range(2))

    try:
        with ThreadPoolExecutor(8) as pool:
            passed = Counter(sum(pool.map(run, [_access(5)] * 8)) for _ in range(300))
    finally:
        sys.setswitchinterval(interval)

    assert passed == {5: 300}


@pytest.mark.usefixtures("shared")
def test_the_limit_holds_for_parallel_requests_in_redis() -> None:
    for limit in (1, 50, 150):
        assert _at_once(_access(limit), threads=20, each=10) == {True: limit, False: 200 - limit}


@pytest.mark.usefixtures("shared")
def test_two_processes_share_the_count_in_redis() -> None:
    access = _access(3)
    assert [throttling.consume(access).allowed for _ in range(2)] == [True, True]

    throttling.forget_counts()  # what another process begins with

    assert [throttling.consume(access).allowed for _ in range(2)] == [True, False]


def test_requests_pass_while_redis_is_away_and_it_is_logged_once(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttling.forget_counts()
    access = _access(1)

    with capture_logs() as lines:
        quotas = [throttling.consume(access) for _ in range(3)]

    assert [quota.allowed for quota in quotas] == [True, True, True]
    assert [(line["event"], line["log_level"]) for line in lines] == [("rate_limit.storage_failed", "error")]


@pytest.mark.usefixtures("shared")
def test_after_a_pause_redis_is_asked_again(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    throttling.forget_counts()
    access = _access(1)
    throttling.consume(access)

    counter = throttling._the_counter()
    monkeypatch.setattr(counter.limiter.storage, "storage", redis.Redis.from_url(REDIS_URL))
    counter.limiter.storage.initialize_storage(REDIS_URL)
    assert [throttling.consume(access).allowed for _ in range(2)] == [True, True]
    counter.asleep_until = 0.0

    assert [throttling.consume(access).allowed for _ in range(2)] == [True, False]
