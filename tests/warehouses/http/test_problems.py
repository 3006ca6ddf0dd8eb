from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DataError, IntegrityError, OperationalError, connection
from django.http import Http404, HttpRequest, UnreadablePostError
from django.test import Client
from rest_framework import exceptions

from tests.warehouses.http import toys
from tests.warehouses.http.conftest import Api, problem
from warehouses import refusals
from warehouses.http.pointers import flatten
from warehouses.http.problems import csrf_failure, problem_response
from warehouses.models import Bin, Organization
from warehouses.refusals import Problem


@pytest.fixture(params=[False, True], ids=["debug-off", "debug-on"])
def debug(request: pytest.FixtureRequest, settings: Any) -> bool:
    settings.DEBUG = request.param
    return bool(request.param)


def _caused(error: Exception, state: str | None) -> Exception:
    error.__cause__ = psycopg.errors.lookup(state)() if state else psycopg.OperationalError("gone")
    return error


EXCEPTIONS = [
    (refusals.InvalidInput("BAD_REASON", "No."), 400, "BAD_REASON"),
    (refusals.Forbidden("READONLY_WAREHOUSE", "No."), 403, "READONLY_WAREHOUSE"),
    (refusals.NotFound("INVENTORY_NOT_FOUND", "No."), 404, "INVENTORY_NOT_FOUND"),
    (refusals.Conflict("WRONG_STATE", "No."), 409, "WRONG_STATE"),
    (refusals.Stale("PRECONDITION_FAILED", "No."), 412, "PRECONDITION_FAILED"),
    (refusals.RuleBroken("NEGATIVE_QUANTITY", "No."), 422, "NEGATIVE_QUANTITY"),
    (Http404("secret detail"), 404, "NOT_FOUND"),
    (PermissionDenied("secret detail"), 403, "PERMISSION_DENIED"),
    (SuspiciousOperation("secret detail"), 400, "INVALID_REQUEST"),
    (DisallowedHost("secret detail"), 400, "INVALID_REQUEST"),
    (BadRequest("secret detail"), 400, "INVALID_REQUEST"),
    (TooManyFieldsSent("secret detail"), 400, "INVALID_REQUEST"),
    (RequestDataTooBig("secret detail"), 413, "PAYLOAD_TOO_LARGE"),
    (UnreadablePostError("secret detail"), 400, "INVALID_REQUEST"),
    (exceptions.NotFound(), 404, "NOT_FOUND"),
    (exceptions.PermissionDenied(), 403, "PERMISSION_DENIED"),
    (exceptions.ParseError("Bad."), 400, "INVALID_JSON"),
    (exceptions.UnsupportedMediaType("text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    (exceptions.MethodNotAllowed("GET"), 405, "METHOD_NOT_ALLOWED"),
    (exceptions.NotAcceptable(), 406, "NOT_ACCEPTABLE"),
    (exceptions.NotAuthenticated(), 401, "UNAUTHENTICATED"),
    (exceptions.Throttled(wait=7), 429, "RATE_LIMITED"),
    (exceptions.ValidationError({"sku": ["Wrong."]}), 400, "INVALID_REQUEST"),
    (_caused(IntegrityError("secret detail"), "23505"), 409, "ALREADY_EXISTS"),
    (_caused(IntegrityError("secret detail"), "23503"), 409, "CONFLICT"),
    (_caused(IntegrityError("secret detail"), "23514"), 409, "CONFLICT"),
    (_caused(IntegrityError("secret detail"), "23P01"), 409, "CONFLICT"),
    (_caused(DataError("secret detail"), "22003"), 400, "INVALID_REQUEST"),
    (_caused(DataError("secret detail"), "22001"), 400, "INVALID_REQUEST"),
    (_caused(OperationalError("secret detail"), "40P01"), 409, "CONTENTION"),
    (_caused(OperationalError("secret detail"), "55P03"), 409, "CONTENTION"),
    (_caused(OperationalError("secret detail"), "57014"), 503, "UNAVAILABLE"),
    (_caused(OperationalError("secret detail"), "53300"), 503, "UNAVAILABLE"),
    (_caused(OperationalError("secret detail"), None), 503, "UNAVAILABLE"),
    (OperationalError("database is locked"), 409, "CONTENTION"),
    (IntegrityError("UNIQUE constraint failed: secret"), 409, "ALREADY_EXISTS"),
    (IntegrityError("FOREIGN KEY constraint failed"), 409, "CONFLICT"),
    (IntegrityError("CHECK constraint failed: secret"), 409, "CONFLICT"),
]


@pytest.mark.parametrize("path", ["/raise", "/page/raises"])
@pytest.mark.parametrize(("error", "status", "code"), EXCEPTIONS, ids=lambda value: repr(value)[:50])
def test_every_exception_that_is_foreseen_has_its_problem(
    api: Api, debug: bool, path: str, error: Exception, status: int, code: str
) -> None:
    toys.to_raise.append(error)

    response = api.get(path)

    assert response.status_code == status
    assert problem(response)["code"] == code
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content


UNFORESEEN = [
    ValueError("secret detail"),
    KeyError("secret"),
    RecursionError("secret"),
    OperationalError("no such column: secret"),
    _caused(IntegrityError("null value in column secret"), "23502"),
    IntegrityError("NOT NULL constraint failed: secret"),
]


@pytest.mark.parametrize("path", ["/raise", "/page/raises"])
@pytest.mark.parametrize("error", UNFORESEEN, ids=repr)
def test_what_nobody_foresaw_is_500_and_tells_nothing(
    api: Api, debug: bool, path: str, error: Exception
) -> None:
    toys.to_raise.append(error)
    api.client.raise_request_exception = False

    response = api.get(path)

    assert response.status_code == 500
    assert problem(response)["code"] == "INTERNAL_ERROR"
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content


def test_what_nobody_foresaw_fails_a_test(api: Api) -> None:
    toys.to_raise.append(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        api.get("/raise")


def test_contention_says_when_to_try_again(api: Api) -> None:
    toys.to_raise.append(refusals.Conflict("CONTENTION", "Later."))

    assert api.get("/raise")["Retry-After"] == "1"


def test_a_refusal_keeps_its_words_rows_and_figures(api: Api) -> None:
    toys.to_raise.append(
        refusals.RuleBroken(
            "INSUFFICIENT_STOCK",
            "Only 3 are available.",
            problems=[
                Problem("INSUFFICIENT_STOCK", "Only 3.", index=4, field="quantity"),
                Problem("X", "Whole."),
            ],
            extra={"available": 3, "status": 999, "code": "FORGED"},
        )
    )

    response = api.get("/raise")

    assert problem(response) == {
        "type": "urn:tallyhouse:problem:insufficient-stock",
        "title": "Insufficient stock",
        "status": 422,
        "detail": "Only 3 are available.",
        "instance": response["X-Request-ID"],
        "code": "INSUFFICIENT_STOCK",
        "errors": [
            {"pointer": "/quantity", "code": "INSUFFICIENT_STOCK", "detail": "Only 3."},
            {"pointer": "", "code": "X", "detail": "Whole."},
        ],
        "available": 3,
    }


def test_a_view_says_where_a_problem_lies_in_its_body(api: Api) -> None:
    toys.to_raise.append(
        refusals.RuleBroken("X", "No.", problems=[Problem("X", "No.", index=4, field="quantity")])
    )

    found = problem(api.get("/raise-elsewhere"))

    assert [error["pointer"] for error in found["errors"]] == ["/rows/4/quantity"]


def test_a_refused_write_leaves_nothing(api: Api) -> None:
    def refuse() -> None:
        raise refusals.RuleBroken("NO", "No.")

    toys.during_write.append(refuse)

    assert api.post("/bins", {"code": "B1", "pick_sequence": 1}).status_code == 422
    assert not Bin.objects.filter(code="B1").exists()


def test_a_record_that_exists_already_is_409(api: Api, make_bins: Callable[..., None]) -> None:
    make_bins("B1")

    response = api.post("/bins", {"code": "b1", "pick_sequence": 1})

    assert response.status_code == 409
    assert problem(response)["code"] == "ALREADY_EXISTS"


def test_a_number_beyond_the_column_is_400(api: Api, is_postgresql: bool) -> None:
    def overflow() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 9223372036854775807::int4")

    if not is_postgresql:
        pytest.skip("SQLite stores it")
    toys.during_write.append(overflow)

    assert api.post("/bins", {"code": "B1", "pick_sequence": 1}).status_code == 400


def test_an_address_that_is_not_there_is_a_problem(debug: bool, db: None) -> None:
    response: Any = Client().get("/nowhere/at/all", headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert problem(response)["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nowhere/%00", "NOT_FOUND"),
        ("/nowhere/%ff%fe", "NOT_FOUND"),
        ("/bins/%00", "NOT_FOUND"),  # never reaches the database, which would choke on it
        ("/bins/a%0d%0ab", "NOT_FOUND"),
        ("/bins/%ed%a0%80", "BIN_NOT_FOUND"),
    ],
)
def test_a_path_with_bytes_that_are_no_text_is_404(api: Api, path: str, code: str) -> None:
    response = api.get(path)

    assert response.status_code == 404
    assert problem(response)["code"] == code


def test_a_urlconf_without_handlers_of_its_own_is_no_way_out(debug: bool, db: None, settings: Any) -> None:
    settings.ROOT_URLCONF = tuple(toys.urlpatterns)

    for path in ("/nowhere", "/page/nothing"):
        response: Any = Client().get(path)
        assert response.status_code == 404
        problem(response)


def test_a_view_that_finds_nothing_is_a_problem(debug: bool, db: None) -> None:
    response: Any = Client().get("/page/nothing")

    assert response.status_code == 404
    problem(response)


def test_a_host_that_is_not_ours_is_a_problem(debug: bool, db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["example.com"]
    response: Any = Client(headers={"Host": "evil.example"}).get("/page/idle")

    assert response.status_code == 400
    assert problem(response)["code"] == "INVALID_REQUEST"
    assert b"evil" not in response.content


def test_a_form_that_is_too_large_is_a_problem(debug: bool, db: None, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32  # so that the CSRF check, outside of every view, reads the form
    form = "text=" + "x" * 100

    response: Any = client.post("/page/posting", form, content_type="application/x-www-form-urlencoded")

    # Django's debug page knows no 413.
    assert response.status_code == (400 if debug else 413)
    problem(response)


def test_a_missing_csrf_token_is_a_problem(debug: bool, db: None) -> None:
    response: Any = Client(enforce_csrf_checks=True).post("/page/posting", {"text": "x"})

    assert response.status_code == 403
    assert problem(response)["code"] == "CSRF_FAILED"


def test_another_method_is_a_problem_that_lists_the_right_ones(debug: bool, db: None) -> None:
    response: Any = Client().get("/page/posting")

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert problem(response)["code"] == "METHOD_NOT_ALLOWED"


def test_a_page_may_answer_an_error_in_its_own_words(debug: bool, db: None) -> None:
    response: Any = Client().get("/page/refusing")

    assert response.status_code == 422
    assert response.content == b"<h1>A page's own words</h1>"


def test_too_many_parameters_are_400(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5

    response = api.get("/bins?" + "&".join(f"a{number}=1" for number in range(10)))

    assert response.status_code == 400
    problem(response)


def test_a_lone_surrogate_in_a_quoted_value_breaks_no_answer() -> None:
    response = problem_response(None, status=400, detail="There is no “\ud800”.")

    assert response.status_code == 400
    assert "There is no" in response.content.decode()


def test_csrf_failure_says_why() -> None:
    response = csrf_failure(HttpRequest(), reason="CSRF cookie not set.")

    assert b"CSRF cookie not set." in response.content


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"a": ["No."]}, [("/a", "No.")]),
        ({"a": ["No.", "Nor this."]}, [("/a", "No."), ("/a", "Nor this.")]),
        ({"non_field_errors": ["No."]}, [("", "No.")]),
        ({"rows": {"non_field_errors": ["No."]}}, [("/rows", "No.")]),
        (
            {"rows": {0: {"sku": ["No."]}, 12: {"sku": ["No."]}}},
            [("/rows/0/sku", "No."), ("/rows/12/sku", "No.")],
        ),
        ({"rows": [{}, {"sku": ["No."]}]}, [("/rows/1/sku", "No.")]),
        ({"rows": [["No."], []]}, [("/rows/0", "No.")]),
        (["No."], [("", "No.")]),
        ({"a/b": {"c~d": "No."}}, [("/a~1b/c~0d", "No.")]),
    ],
)
def test_nested_errors_become_pointers(detail: Any, expected: list[tuple[str, str]]) -> None:
    error = exceptions.ValidationError(detail)

    assert [(found["pointer"], found["detail"]) for found in flatten(error.detail)] == expected


def test_messages_of_the_database_are_not_shown(api: Api, organization: Organization) -> None:
    body = {"code": "B1", "pick_sequence": 1}
    assert api.post("/bins", body).status_code == 201

    response = api.post("/bins", body)

    assert b"warehouses_bin" not in response.content
