from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests import factories
from tests.warehouses.http import toys
from warehouses.http import throttling
from warehouses.models import Organization, User, Warehouse


@pytest.fixture(autouse=True)
def _toy_contract(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.warehouses.http.toys"
    # What the installation puts around the pages is not looked at here, and wants the admin's URLs.
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if not name.startswith(("config.", "whitenoise."))
    ]
    throttling.forget_counts()
    yield
    toys.during_write.clear()
    toys.to_raise.clear()
    throttling.forget_counts()


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    found: Warehouse = Warehouse.objects.get(organization=organization)
    return found


@pytest.fixture
def key(organization: Organization) -> str:
    return factories.make_key(organization)


class Api:
    """A client with a key: JSON in, JSON out. Exceptions that nobody foresaw are raised in the test."""

    def __init__(self, key: str | None = None, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=True)
        self.headers = ({"X-API-Key": key} if key else {}) | headers

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        content: dict[str, Any] = {}
        if body is not None:
            data = body if isinstance(body, bytes | str) else json.dumps(body)
            content = {"data": data, "content_type": headers.pop("Content-Type", "application/json")}
        return self.client.generic(method, path, headers={**self.headers, **headers}, **content)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


@pytest.fixture
def api(key: str) -> Api:
    return Api(key)


@pytest.fixture
def api_of() -> Callable[..., Api]:
    return Api


@pytest.fixture
def make_bins(warehouse: Warehouse) -> Callable[..., None]:
    numbers = itertools.count(1)

    def make(*codes: str) -> None:
        for code in codes:
            factories.make_bin(warehouse, code, pick_sequence=next(numbers))

    return make


class Browser:
    """A signed-in person with a browser; sends the CSRF token unless told not to."""

    def __init__(self, user: User) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.force_login(user)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, body: Any, *, token: bool = True, **headers: str) -> Any:
        secret = "a" * 32
        self.client.cookies["csrftoken"] = secret
        sent = headers | ({"X-CSRFToken": secret} if token else {})
        content_type = sent.pop("Content-Type", "application/json")
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(path, data, content_type=content_type, headers=sent)

    def choose(self, organization: Organization) -> None:
        session = self.client.session
        session["organization_id"] = str(organization.pk)
        session.save()


@pytest.fixture
def browser_of() -> Callable[[User], Browser]:
    return Browser


@pytest.fixture
def alice(organization: Organization) -> User:
    """The owner of Acme, and a member of nothing else."""
    return factories.make_person("alice@example.com", {organization: ["Owner"]})


def problem(response: HttpResponse) -> dict[str, Any]:
    """The body of a problem, with all that every problem has."""
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["instance"] == response["X-Request-ID"]
    assert body["type"] == f"urn:tallyhouse:problem:{body['code'].lower().replace('_', '-')}"
    assert body["title"]
    assert body["detail"]
    return body
