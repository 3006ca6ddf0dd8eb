"""The probes: what is alive, what is ready, and what is said to a stranger about why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from config import health
from config.health import _PROBES as PROBES


@pytest.fixture(autouse=True)
def _broker_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Without Redis, whichever the suite runs on; the tests about Redis name an address of their own."""
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def breaks(name: str) -> None:
        def probe() -> None:
            raise OperationalError("password authentication failed for user tallyhouse at 10.0.0.7")

        monkeypatch.setitem(PROBES, name, probe)

    return breaks


def test_healthz_asks_nothing_but_the_process(client: Client, breaks: Callable[[str], None]) -> None:
    # No database mark: a query would fail this test.
    breaks("database")
    breaks("broker")
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_readyz_is_ready_when_database_and_broker_answer(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "checks": {"database": "ok", "broker": "ok"}}


@pytest.mark.django_db
@pytest.mark.parametrize("broken", [["database"], ["broker"], ["database", "broker"]])
def test_readyz_names_what_is_not_ready_and_nothing_of_why(
    client: Client, breaks: Callable[[str], None], broken: list[str]
) -> None:
    for name in broken:
        breaks(name)
    response = client.get("/readyz", headers={"X-Request-ID": "probe-1"})
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response["Retry-After"] == "5"
    assert response.json() == {
        "type": "urn:tallyhouse:problem:not-ready",
        "title": "Not ready",
        "status": 503,
        "detail": f"Not ready: {', '.join(broken)}.",
        "instance": "probe-1",
        "code": "NOT_READY",
        "errors": [
            {"pointer": "", "code": "NOT_READY", "detail": f"The {name} does not answer."} for name in broken
        ],
    }


@pytest.mark.django_db
def test_readyz_notices_a_broker_folder_that_takes_nothing(client: Client, tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("a file in its place")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (503, "Not ready: broker.")


@pytest.mark.django_db
def test_readyz_notices_that_redis_is_not_there(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")  # nobody listens at port 1
    response = client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (503, "Not ready: broker.")


@pytest.mark.django_db
def test_readyz_notices_that_the_database_is_not_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def cursor(self) -> Iterator[Any]:
            raise OperationalError("the connection is closed")

    monkeypatch.setattr(health, "connections", {"default": Gone()})
    response = client.get("/readyz")
    assert (response.status_code, response.json()["detail"]) == (503, "Not ready: database.")


def test_probes_take_no_writes(client: Client) -> None:
    for path in ("/healthz", "/readyz"):
        response = client.post(path)
        assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
