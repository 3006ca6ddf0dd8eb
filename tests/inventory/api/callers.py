"""Who calls: an integrator with a key, or a signed-in person with a browser."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from warehouses.http.organization import SESSION_KEY
from warehouses.models import Organization, User

__all__ = ["Caller", "problem", "problem_of"]

_CSRF = "a" * 32


class Caller:
    """JSON in, JSON out. Exceptions that nobody foresaw are raised in the test, not answered."""

    def __init__(self, key: str | None = None, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=True)
        self.headers = ({"X-API-Key": key} if key else {}) | headers

    @classmethod
    def person(cls, user: User, organization: Organization | None = None, *, token: bool = True) -> Caller:
        """A browser with `user` signed in, working in `organization` if one is given; without `token`, no CSRF."""
        caller = cls()
        caller.client.force_login(user)
        caller.client.cookies["csrftoken"] = _CSRF
        if token:
            caller.headers["X-CSRFToken"] = _CSRF
        if organization is not None:
            session = caller.client.session
            session[SESSION_KEY] = str(organization.pk)
            session.save()
        return caller

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """`body`: what becomes JSON, or bytes that are sent as they are."""
        sent = {**self.headers, **(headers or {})}
        content: dict[str, Any] = {"content_type": sent.pop("Content-Type", "application/json")}
        if body is not None:
            content["data"] = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.generic(method, path, headers=sent, **content)

    def get(self, path: str, **headers: str) -> Any:
        return self.send(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def put(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        return self.send("PUT", path, body, headers)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        return self.send("POST", path, body, headers)


def problem(response: Any) -> dict[str, Any]:
    """The body of a problem, with all that every problem has."""
    assert response["Content-Type"] == "application/problem+json", response.content[:300]
    body: dict[str, Any] = json.loads(response.content)
    assert body["status"] == response.status_code
    assert body["instance"] == response["X-Request-ID"]
    assert body["type"] == f"urn:tallyhouse:problem:{body['code'].lower().replace('_', '-')}"
    assert body["title"]
    assert body["detail"]
    return body


def problem_of(response: Any) -> tuple[int, str, list[tuple[str, str]]]:
    """(status, code, [(where, code)]) of a problem: what a client acts on."""
    body = problem(response)
    where = [
        (error.get("pointer", error.get("parameter", error.get("header"))), error["code"])
        for error in body.get("errors", [])
    ]
    return response.status_code, body["code"], where
