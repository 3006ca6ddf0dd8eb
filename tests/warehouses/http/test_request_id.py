from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.test import Client
from structlog.testing import capture_logs

from tests.warehouses.http import toys
from tests.warehouses.http.conftest import Api, Browser, problem
from warehouses.models import ApiKey, Organization, User


def test_a_sane_id_is_taken_over(api: Api) -> None:
    response = api.get("/bins/none", **{"X-Request-ID": "order-42/try:1"})

    assert response["X-Request-ID"] == "order-42/try:1"
    assert problem(response)["instance"] == "order-42/try:1"


@pytest.mark.parametrize("given", [None, "", "x" * 65, "two words", "a\tb", "naïve", "\x7f"])
def test_another_one_is_replaced_by_a_uuid_7(api: Api, given: str | None) -> None:
    response = api.get("/bins", **({} if given is None else {"X-Request-ID": given}))

    assert re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{19}", response["X-Request-ID"])


def test_two_requests_have_two_ids(api: Api) -> None:
    assert api.get("/bins")["X-Request-ID"] != api.get("/bins")["X-Request-ID"]


def test_one_line_is_logged_a_request(api: Api, organization: Organization) -> None:
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        response = api.get("/bins?page=2")

    (line,) = [line for line in lines if line["event"] == "request"]
    assert line.pop("ms") > 0
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": response["X-Request-ID"],
        "method": "GET",
        "path": "/bins",
        "status": 200,
        "key": ApiKey.objects.get().visible_prefix,
        "user": None,
        "organization": str(organization.pk),
        "contract": "toy",
    }


def test_the_line_names_the_person(alice: User, browser_of: Callable[[User], Browser]) -> None:
    with capture_logs() as lines:
        browser_of(alice).get("/bins")

    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["user"], line["key"]) == (str(alice.pk), None)


def test_a_key_is_never_logged_whole(api: Api, key: str) -> None:
    with capture_logs() as lines:
        api.get("/bins")
        api.get("/bins", Authorization=f"Bearer {key}x")

    assert lines
    assert key not in repr(lines)


def test_an_error_is_logged_under_the_request_id(api: Api) -> None:
    toys.to_raise.append(ValueError("not foreseen"))
    api.client.raise_request_exception = False

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        response = api.get("/raise")

    (error,) = [line for line in lines if line["event"] == "request.failed"]
    assert error["request_id"] == response["X-Request-ID"]
    assert str(error["exc_info"]) == "not foreseen"


def test_nothing_of_a_request_is_bound_after_it(api: Api) -> None:
    api.get("/bins")

    assert structlog.contextvars.get_contextvars() == {}


def test_an_unknown_address_has_an_id_too(db: None) -> None:
    response: Any = Client().get("/nowhere")

    assert problem(response)["instance"]
