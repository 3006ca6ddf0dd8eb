"""Hostile input against a view that stands for all of them: always a 4xx that says why, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.warehouses.http.conftest import Api, problem
from warehouses.http.parsers import DEEPEST

GOOD = b'{"code": "A1"}'


def nested(levels: int) -> bytes:
    """`levels` levels in all: the body and what is in `data`."""
    inner = levels - 1
    return b'{"code": "A1", "data": ' + b"[" * inner + b"]" * inner + b"}"


def test_a_good_body_is_taken(api: Api) -> None:
    response = api.post("/everything", GOOD)

    assert response.status_code == 200
    assert response.json() == {"fields": ["code"], "place": False}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "not JSON"),
        (b"{}}", "not JSON"),
        (b"{'code': 1}", "not JSON"),
        (b'{"code": "A1",}', "not JSON"),
        (b'{"code": "A\n1"}', "not JSON"),
        (b'{"code": "A\x001"}', "not JSON"),
        (b'\xef\xbb\xbf{"code": "A1"}', "not JSON"),
        (b'{"code": "\xff\xfe"}', "not UTF-8"),
        (b'{"code": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"code": NaN}', "NaN"),
        (b'{"code": Infinity}', "Infinity"),
        (b'{"code": -Infinity}', "-Infinity"),
        (b'{"quantity": 1e400}', "1e400"),
        (b'{"quantity": -1e400}', "-1e400"),
        (b'{"quantity": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"quantity": 9223372036854775808}', "too large"),
        (b'{"quantity": -9223372036854775808}', "too large"),
        (b'{"code": "A1", "code": "A2"}', "twice"),
        (b'{"data": [{"a": 1, "b": 2, "a": 1}]}', "twice"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "twice"),
        (b'{"code": "A\\u0000"}', "NUL"),
        (b'{"data": {"\\u0000": 1}}', "NUL"),
        (b'{"data": ["\\ud800"]}', "surrogate"),
        (b'{"data": {"\\udc00": 1}}', "surrogate"),
        (b"[" * 100_000, "deep"),
        (b'{"data":' * 100_000, "deep"),
        (b"[" * 5_000 + b"]" * 5_000, "deep"),
        (nested(DEEPEST + 1), "deep"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, bytes) else None,
)
def test_what_is_no_json_of_ours_is_refused(api: Api, body: bytes, detail: str) -> None:
    response = api.send("POST", "/everything", body)

    assert response.status_code == 400
    found = problem(response)
    assert found["code"] == "INVALID_JSON"
    assert detail in found["detail"]


def test_the_deepest_body_allowed_is_taken(api: Api) -> None:
    assert api.post("/everything", nested(DEEPEST)).status_code == 200


def test_the_place_of_a_bad_text_is_named(api: Api) -> None:
    found = problem(api.post("/everything", b'{"code": "A1", "data": {"a/b": [0, {"c~": "x\\u0000"}]}}'))

    assert [error["pointer"] for error in found["errors"]] == ["/data/a~1b/1/c~0"]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b"1.5"])
def test_another_type_than_an_object_is_refused(api: Api, body: bytes) -> None:
    response = api.post("/everything", body)

    assert response.status_code == 400
    assert problem(response)["errors"] == [
        {"pointer": "", "code": "INVALID", "detail": "The body must be a JSON object."}
    ]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=idna",
        "application/json; charset=latin-1",
        "application/json; charset=nonsense",
        "application/vnd.api+json",
        "*/*",
        "nonsense",
        "",
    ],
)
def test_another_media_type_or_charset_is_415(api: Api, content_type: str) -> None:
    response = api.post("/everything", GOOD, **{"Content-Type": content_type})

    assert response.status_code == 415
    assert problem(response)["code"] == "UNSUPPORTED_MEDIA_TYPE"
    assert response["Accept"] == "application/json"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", 'Application/JSON; Charset="UTF-8"'],
)
def test_json_in_utf_8_is_taken_however_it_is_written(api: Api, content_type: str) -> None:
    body = json.dumps({"code": "Größe"}, ensure_ascii=False).encode()

    assert api.post("/everything", body, **{"Content-Type": content_type}).status_code == 200


def test_a_compressed_body_is_415(api: Api) -> None:
    assert api.post("/everything", GOOD, **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_body_without_a_length_is_411(api: Api) -> None:
    response = api.send("POST", "/everything", **{"Transfer-Encoding": "chunked"})

    assert response.status_code == 411
    assert problem(response)["code"] == "LENGTH_REQUIRED"


def test_no_body_at_all_is_no_empty_object(api: Api) -> None:
    response = api.send("POST", "/everything")

    assert response.status_code == 400
    assert problem(response)["code"] == "INVALID_JSON"


def test_a_view_may_do_without_a_body(api: Api) -> None:
    assert api.send("POST", "/bodiless").json() == {"body": {}}
    assert api.post("/bodiless", {"a": 1}).json() == {"body": {"a": 1}}
    assert api.post("/bodiless", b"[]").status_code == 400


def test_a_body_over_the_limit_is_413(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    assert api.post("/everything", {"code": "A1", "note": "x" * 100}).status_code == 200
    response = api.post("/everything", {"code": "A1", "note": "x" * 1000})

    assert response.status_code == 413
    assert problem(response)["code"] == "PAYLOAD_TOO_LARGE"


def test_a_long_row_of_quotes_is_no_work(api: Api) -> None:
    body = b'{"code": "' + b'\\"' * 500_000 + b'"}'

    assert api.post("/everything", body).status_code == 400
