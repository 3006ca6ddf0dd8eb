"""Wrong types and values in every field: 400, with the pointer of each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouses.http.conftest import Api, problem


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"code": 5}, "/code", "INVALID"),
        ({"code": True}, "/code", "INVALID"),
        ({"code": None}, "/code", "NULL"),
        ({"code": ["A1"]}, "/code", "INVALID"),
        ({"code": {"a": 1}}, "/code", "INVALID"),
        ({"code": ""}, "/code", "BLANK"),
        ({"code": " \t "}, "/code", "BLANK"),
        ({"code": "x" * 41}, "/code", "MAX_LENGTH"),
        ({"code": "A\n1"}, "/code", "CONTROL"),
        ({"code": "A\x1b[31m"}, "/code", "CONTROL"),
        ({"code": "A\x7f1"}, "/code", "CONTROL"),
        ({"code": "A\x851"}, "/code", "CONTROL"),
        ({"code": "A\u20281"}, "/code", "CONTROL"),
        ({}, "/code", "REQUIRED"),
        ({"code": "A1", "note": "a\x07"}, "/note", "CONTROL"),
        ({"code": "A1", "note": "a\rb"}, "/note", "CONTROL"),
        ({"code": "A1", "quantity": "5"}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": "１２"}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": 5.0}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": 1e3}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": -0.0}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": True}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": None}, "/quantity", "NULL"),
        ({"code": "A1", "quantity": [5]}, "/quantity", "INVALID"),
        ({"code": "A1", "quantity": 2**31}, "/quantity", "MAX_VALUE"),
        ({"code": "A1", "quantity": -(2**31)}, "/quantity", "MIN_VALUE"),
        ({"code": "A1", "quantity": 2**63 - 1}, "/quantity", "MAX_VALUE"),
        ({"code": "A1", "flag": "true"}, "/flag", "INVALID"),
        ({"code": "A1", "flag": 1}, "/flag", "INVALID"),
        ({"code": "A1", "flag": 0}, "/flag", "INVALID"),
        ({"code": "A1", "flag": ""}, "/flag", "INVALID"),
        ({"code": "A1", "flag": None}, "/flag", "NULL"),
        ({"code": "A1", "flag": [True]}, "/flag", "INVALID"),
        ({"code": "A1", "flag": {"a": 1}}, "/flag", "INVALID"),
        ({"code": "A1", "at": "2026-03-12"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "2026-03-12T14:00:00"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "2026-02-30T14:00:00Z"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "2026-W11-4T14:00:00Z"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "0001-01-01T00:00:00+14:00"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "9999-12-31T23:59:59-14:00"}, "/at", "OFFSET"),
        ({"code": "A1", "at": "2026-03-12T14:00:00+99:99"}, "/at", "OFFSET"),
        ({"code": "A1", "at": 1773324000}, "/at", "OFFSET"),
        ({"code": "A1", "day": "2026-1-7"}, "/day", "FORM"),
        ({"code": "A1", "day": "20260127"}, "/day", "FORM"),
        ({"code": "A1", "day": "2026-02-30"}, "/day", "FORM"),
        ({"code": "A1", "day": "٢٠٢٦-٠١-٢٧"}, "/day", "FORM"),
        ({"code": "A1", "day": "0000-01-01"}, "/day", "FORM"),
        ({"code": "A1", "day": 20260127}, "/day", "FORM"),
        ({"code": "A1", "place": 5}, "/place", "INVALID"),
        ({"code": "A1", "place": "x" * 300}, "/place", "MAX_LENGTH"),
        ({"code": "A1", "rows": {}}, "/rows", "NOT_A_LIST"),
        ({"code": "A1", "rows": "A1"}, "/rows", "NOT_A_LIST"),
        ({"code": "A1", "rows": None}, "/rows", "NULL"),
        ({"code": "A1", "rows": []}, "/rows", "EMPTY"),
        ({"code": "A1", "rows": [{"code": "a"}] * 4}, "/rows", "MAX_LENGTH"),
        ({"code": "A1", "rows": [{"code": "a"}, 5]}, "/rows/1", "INVALID"),
        ({"code": "A1", "rows": [None]}, "/rows/0", "NULL"),
        ({"code": "A1", "rows": [[]]}, "/rows/0", "INVALID"),
        ({"code": "A1", "qauntity": 5}, "/qauntity", "UNKNOWN_FIELD"),
        ({"code": "A1", "a/b~c": 5}, "/a~1b~0c", "UNKNOWN_FIELD"),
        (
            {"code": "A1", "rows": [{"code": "a"}, {"code": "b", "is_staff": True}]},
            "/rows/1/is_staff",
            "UNKNOWN_FIELD",
        ),
    ],
)
def test_a_wrong_value_is_400_at_its_pointer(api: Api, body: dict[str, Any], pointer: str, code: str) -> None:
    response = api.post("/everything", body)

    assert response.status_code == 400
    found = problem(response)
    assert found["code"] == "INVALID_REQUEST"
    assert [(error["pointer"], error["code"]) for error in found["errors"]] == [(pointer, code)]


def test_every_fault_is_told_at_once(api: Api) -> None:
    body = {"quantity": "5", "wat": 1, "rows": [{"quantity": 1}, {"code": "b"}, {"code": 7, "x": 1}]}

    found = problem(api.post("/everything", body))

    assert {(error["pointer"], error["code"]) for error in found["errors"]} == {
        ("/code", "REQUIRED"),
        ("/quantity", "INVALID"),
        ("/wat", "UNKNOWN_FIELD"),
        ("/rows/0/code", "REQUIRED"),
        ("/rows/2/code", "INVALID"),
        ("/rows/2/x", "UNKNOWN_FIELD"),
    }


def test_good_values_of_every_kind_are_taken(api: Api) -> None:
    body = {
        "code": "  Größe-42 ✓ ",
        "note": "two\r\nlines\tand a tab",
        "quantity": -2147483647,
        "flag": False,
        "at": "2026-03-12T14:00:00.000Z",
        "day": "2026-02-28",
        "place": "no such id",
        "data": {"any": [1, 2.5, None, "x"]},
        "rows": [{"code": "a", "quantity": 0}],
    }

    response = api.post("/everything", body)

    assert response.json() == {"fields": sorted(body), "place": False}


def test_text_is_trimmed_and_its_lines_are_lf() -> None:
    from tests.warehouses.http.toys import EverythingSerializer

    serializer = EverythingSerializer(data={"code": " A1\t", "note": "a\r\nb "})

    assert serializer.is_valid()
    assert serializer.validated_data == {"code": "A1", "note": "a\nb"}
