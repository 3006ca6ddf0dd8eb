"""What no write may choke on: always a 4xx, always a problem, never HTML, and nothing changed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inventory.models import Sku
from tests.inventory.api.callers import Caller, problem
from tests.inventory.api.ground import lay_ground
from tests.inventory.api.routes import ROUTES, WITH_BODIES, Route, route_of
from tests.inventory.api.snapshots import everything
from tests.inventory.api.syncs import end_syncs
from warehouses.models import Organization, Warehouse

every_write = pytest.mark.parametrize("route", WITH_BODIES, ids=str)

# What is no whole number, as JSON text: for every field that takes one.
NOT_INTEGERS = [
    *("null", "true", "false", "1.0", "1.5", "-0.0", "1e3", "1E+2", "0.1e1", "NaN", "Infinity", "-Infinity"),
    *("1e400", "-1e400", '"5"', '""', '" 5"', '"１２"', '"0x10"', '"1e3"', "[]", "[5]", "{}", '{"$gt": 0}'),
    *("2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" + "0" * 30),
    *(
        "-2147483649",
        "9" * 400,
        "9" * 5000,
        '"\\u0000"',
        "01",
        "+1",
        "0x10",
        "1_000",
        "１２",
        ".5",
        "5.",
        "--1",
    ),
]
# What is no amount of money.
NOT_AMOUNTS = [
    *("null", "true", "-1", "-0.01", "-0.0", "1e3", "1E+2", "0.1e1", "NaN", "Infinity", "1e400", "1e-400"),
    *(
        '"5"',
        '"5.00"',
        '""',
        "[]",
        "[5.5]",
        "{}",
        "0.00001",
        "1.00000",
        "12.345678",
        "10000000000",
        "10000000000.00",
    ),
    *("9" * 400, f"0.{'3' * 400}", f"5.{'0' * 5000}", '"１２"', ".5", "5.", "--1", "1,50", "01.5"),
]
# What is no text of a code, an id or a reason.
NOT_TEXTS = [
    *(
        "null",
        "true",
        "false",
        "0",
        "5",
        "5.5",
        "-1",
        "1e400",
        "NaN",
        "[]",
        '["SKU-001"]',
        "{}",
        '{"sku": "SKU-001"}',
    ),
    *(
        '"\\u0000"',
        '"SKU\\u0000-001"',
        '"\\ud800"',
        '"a\\udfffb"',
        '"\\udc00\\ud800"',
        '"a\\nb"',
        '"\\u001b[31m"',
    ),
    *('"\\u007f"', '"' + "x" * 5000 + '"', "'SKU-001'", '"SKU-001', '"\\x41"', '"\\u12"'),
]
BLANKS = ['""', '"   "', '"\\t"', '"\\u00a0"']

MASS_ASSIGNMENT = [
    *(
        "organization",
        "organization_id",
        "organizationId",
        "tenant",
        "id",
        "pk",
        "uuid",
        "version",
        "on_hand",
    ),
    *("onHand", "reserved", "reservedQuantity", "held", "available", "availableQuantity", "status", "actor"),
    *(
        "actor_id",
        "created_by",
        "createdBy",
        "recorded_at",
        "occurred_at",
        "level",
        "stock_item",
        "bin",
        "lot",
    ),
    *("reason_code", "document_id", "by_sync", "bySync", "mode", "is_active", "is_readonly", "safety_stock"),
    *("__proto__", "constructor", "__class__", "quantity ", "Quantity", "QUANTITY", "sku[]", "sku.code", ""),
    *("$where", "warehouse", "warehouse__organization", "a/b~c", "ключ", "x" * 3000),
]


@pytest.fixture
def organization(db: None, request: pytest.FixtureRequest) -> Organization:
    return lay_ground(route_of(request))


@pytest.fixture
def stocked(organization: Organization) -> Sku:
    return Sku.objects.get(organization=organization, code="SKU-001")


@pytest.fixture
def refuses(api: Caller, stocked: Sku, warehouse: Warehouse) -> Iterator[Callable[..., None]]:
    """`refuses(route, content, headers)`: sends it and looks at the answer. The database is compared at the end."""
    before = everything()
    paths: dict[str, str] = {}  # found once: what is refused changes nothing

    def check(
        route: Route, content: bytes, headers: dict[str, str] | None = None, path: str | None = None
    ) -> None:
        path = path or paths.get(str(route))
        if path is None:
            path = paths[str(route)] = route.requests("SKU-001", warehouse.public_id)[0].path
        response = api.send(route.method, path, content, {**route.headers, **(headers or {})})
        shown = (content[:120], headers)
        assert 400 <= response.status_code < 500, (*shown, response.status_code)
        body = problem(response)
        assert len(response.content) < 100_000, shown
        assert "Traceback" not in str(body), shown
        assert "<html" not in str(body).lower(), shown
        json.dumps(body).encode("utf-8")

    yield check
    assert everything() == before


def bodies(route: Route, warehouse: Warehouse) -> list[dict[str, Any]]:
    return [request.body for request in route.requests("SKU-001", warehouse.public_id) if request.body]


def rows_of(body: dict[str, Any]) -> list[str]:
    """The members that are lists of objects."""
    return [
        name
        for name, value in body.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]


def variants(body: dict[str, Any], texts: Callable[[str, Any], list[str]]) -> Iterator[bytes]:
    """`body` as JSON with each of its values, at any depth, replaced by each text that `texts(name, value)` gives."""

    def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
        children: Any = ()
        if isinstance(value, dict):
            children = value.items()
        elif isinstance(value, list):
            children = enumerate(value)
        for key, child in children:
            yield (*path, key), child
            yield from places(child, (*path, key))

    for path, value in places(body, ()):
        for text in texts(str(path[-1]), value):
            copy = json.loads(json.dumps(body))
            parent = copy
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]] = "@@@"
            yield json.dumps(copy).replace('"@@@"', text).encode("utf-8", "surrogatepass")


@every_write
class TestValues:
    def test_wrong_types_and_sizes_of_every_value(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        def texts(name: str, value: Any) -> list[str]:
            found = wrong(name, value)
            return [text for text in found if text != "null"] if name in route.nullable else found

        def wrong(name: str, value: Any) -> list[str]:
            if isinstance(value, bool):
                return [text for text in NOT_INTEGERS if text not in {"true", "false"}]
            if isinstance(value, int):
                return NOT_INTEGERS
            if isinstance(value, float):
                return NOT_AMOUNTS
            if isinstance(value, str):
                bad = [text for text in NOT_TEXTS if text != '"a\\nb"' or name not in route.multiline]
                return bad + (BLANKS if name not in route.blank else [])
            if isinstance(value, list):
                deep = "[" * 30 + "]" * 30
                rows = [
                    "null",
                    "true",
                    "5",
                    '"x"',
                    "{}",
                    "[]",
                    "[[]]",
                    "[null]",
                    "[5]",
                    '["x"]',
                    "[{}]",
                    deep,
                ]
                return [*rows, '{"0": {}}', f"[{','.join(['{}'] * 501)}]", f"[{','.join(['null'] * 20_000)}]"]
            return ["null", "true", "5", '"x"', "[]", "[{}]", "{}"]

        for body in bodies(route, warehouse)[:1]:
            for content in variants(body, texts):
                refuses(route, content)

    def test_fields_that_are_nobodys_to_set(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        """Neither ignored nor obeyed: refused by name, whatever the value."""
        for body in bodies(route, warehouse)[:1]:
            for name in MASS_ASSIGNMENT:
                if name in json.dumps(body):
                    continue
                refuses(route, json.dumps({**body, name: 1}).encode())
                refuses(route, json.dumps({**body, name: None}).encode())
                for rows in rows_of(body):
                    row = {**body[rows][0], name: 1}
                    refuses(route, json.dumps({**body, rows: [row]}).encode())

    def test_every_required_value_left_out(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        for body in bodies(route, warehouse)[:1]:
            for name in body.keys() - route.optional:
                refuses(
                    route, json.dumps({key: value for key, value in body.items() if key != name}).encode()
                )
            for rows in rows_of(body):
                for name in body[rows][0].keys() - route.optional:
                    row = {key: value for key, value in body[rows][0].items() if key != name}
                    refuses(route, json.dumps({**body, rows: [row]}).encode())


def raw_bodies(good: bytes) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Bodies that are no JSON object in UTF-8, and ways of sending a good one that are not agreed on."""
    for content in (
        *(
            b"",
            b" ",
            b"\n",
            b"\x00",
            b"null",
            b"true",
            b"0",
            b"-0",
            b'""',
            b'"text"',
            b"[]",
            b"[{}]",
            b"{}",
            b"{",
        ),
        *(b"}", b'{"', b"{]", b"{,}", b"[,]", b"NaN", b"Infinity", b"undefined", b"{'sku': 1}", b"// c\n{}"),
        *(
            b"[" + good + b"]",
            good + good,
            good + b"x",
            good + b"\x00",
            good[:-1],
            good[1:],
            b")]}'\n" + good,
        ),
        *(b"\xef\xbb\xbf" + good, b"\xff\xfe", b"\xff", b'{"sku": "\xff"}', b'{"sku": "\xc0\xaf"}'),
        *(b'{"sku": "\xed\xa0\x80"}', good.decode().encode("utf-16"), good.decode().encode("utf-32")),
        *(b"[" * 100_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000),
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        good[:-1] + b', "deep": ' + b"[" * 30 + b"]" * 30 + b"}",
        good[:-1] + b', "quantity": 1, "quantity": 2, "sku": "SKU-001", "sku": "SKU-001"}',
        good[:-1] + b', "\\u0000": 1}',
        good[:-1] + b', "\\ud800": 1}',
        good[:-1] + b', "x": ' + b"9" * 100_000 + b"}",
        good[:-1] + b', "x": 1e999999999}',
        good[:-1] + b', "x": "' + b"x" * 1_000_000 + b'"}',
        b'{"updates": [' + b",".join([b"{}"] * 100_000) + b"]}",
        b"sku=SKU-001&quantity=5&adjustment=5",
        gzip.compress(good),
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    ):
        yield content, {}
    for media_type in (
        *(
            "text/plain",
            "text/html",
            "application/xml",
            "application/x-www-form-urlencoded",
            "application/x-json",
        ),
        *(
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application",
            "",
            "*/*",
            "application/json/x",
        ),
        *(
            "application/json; charset=utf-16",
            "application/json; charset=latin-1",
            "application/json; charset=idna",
        ),
        *(
            "application/json; charset=nonsense",
            "application/json; charset=utf-7",
            "application/json, text/plain",
        ),
        "application/merge-patch+json",
    ):
        yield good, {"Content-Type": media_type}
    yield good.decode().encode("utf-16"), {"Content-Type": "application/json; charset=utf-16"}
    for encoding in ("gzip", "deflate", "br", "gzip, gzip", "nonsense"):
        yield gzip.compress(good), {"Content-Encoding": encoding}
        yield good, {"Content-Encoding": encoding}


@every_write
class TestBodies:
    def test_what_is_no_json_object(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        (good, *_) = bodies(route, warehouse)
        for content, headers in raw_bodies(json.dumps(good).encode()):
            if content != b"{}" or good.keys() - route.optional:  # a body whose members may all be left out
                refuses(route, content, headers)

    def test_the_same_member_twice(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        """Two parsers on the way would read two different orders."""
        (good, *_) = bodies(route, warehouse)
        text = json.dumps(good)
        for name in good:
            refuses(route, f"{text[:-1]}, {json.dumps(name)}: {json.dumps(good[name])}}}".encode())
        for rows in rows_of(good):
            for name, value in good[rows][0].items():
                refuses(
                    route, text.replace("[{", f"[{{{json.dumps(name)}: {json.dumps(value)}, ", 1).encode()
                )

    def test_more_than_the_largest_body(
        self, api: Caller, route: Route, stocked: Sku, warehouse: Warehouse
    ) -> None:
        (good, *_) = bodies(route, warehouse)
        before = everything()
        content = json.dumps({**good, "reason": "x" * 3_000_000}).encode()

        (request, *_) = route.requests("SKU-001", warehouse.public_id)
        response = api.send(route.method, request.path, content, route.headers)

        assert response.status_code == 413
        assert problem(response)["code"] == "PAYLOAD_TOO_LARGE"
        assert everything() == before

    def test_parameters_in_the_address(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        (request, *_) = route.requests("SKU-001", warehouse.public_id)
        content = json.dumps(request.body).encode()
        for query in (
            *(
                "quantity=5",
                "dry_run=1",
                "organization=x",
                "page=1",
                "=",
                "%00=1",
                "warehouse_id=",
                "[]",
                "format=json",
            ),
            *(
                "warehouse_id=a&warehouse_id=b",
                "warehouse_id=%00",
                "a" * 2000,
                "&".join(f"p{n}" for n in range(1001)),
            ),
            "warehouse_id=wh_%ff%fe",
        ):
            refuses(route, content, path=f"{request.path}?{query}")

    def test_a_host_that_is_not_ours(
        self, route: Route, refuses: Callable[..., None], warehouse: Warehouse
    ) -> None:
        (good, *_) = bodies(route, warehouse)
        for host in ("evil.example", "a b", "[::1", "x" * 300, "'"):
            refuses(route, json.dumps(good).encode(), {"Host": host})


def test_a_body_on_a_reading_is_not_read(api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
    for route in ROUTES:
        if not route.is_write:
            (request, *_) = route.requests("SKU-001", warehouse.public_id)
            for content in (b"{", b"\xff", b"[" * 100_000, b'{"quantity": 1}'):
                assert api.send("GET", request.path, content, route.headers).status_code == 200


def test_good_bodies_in_unusual_dress_are_taken(api: Caller, stocked: Sku, warehouse: Warehouse) -> None:
    """Control: strictness ends where JSON does."""
    for route in WITH_BODIES:
        for headers in (
            {"Content-Type": "application/json; charset=utf-8"},
            {"Content-Type": 'application/json; charset="UTF-8"'},
            {"Content-Type": "Application/JSON;charset=utf8"},
            {"Content-Encoding": "identity"},
            {"Accept": "text/html, */*;q=0.1"},
        ):
            (request, *_) = route.requests("SKU-001", warehouse.public_id)
            content = json.dumps(request.body, indent=4, ensure_ascii=True).encode()
            content = b"\n\t " + content + b"\r\n"
            response = api.send(route.method, request.path, content, {**route.headers, **headers})
            assert response.status_code == route.status, (route, headers, response.content)
            end_syncs()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/api",
            "/api/",
            "/api/v1",
            "/api/v2/inventory",
            "/api/v1/inventories",
            "/api//inventory",
            "/gateway",
        ),
        *(
            "/nexus/api/v1/inventory",
            "/gateway/api/inventory",
            "/nexus/",
            "/api/v1/%00",
            "/api/%ff",
            "/api/inventory.json",
        ),
        *(
            "/apiv1",
            "/API/v1/inventory",
            "/api/v1/inventory%00",
            "/gateway/gateway/api/v1/inventory",
            "/api/v1/../x",
        ),
    ],
)
def test_addresses_that_nothing_has(api: Caller, path: str) -> None:
    for caller in (api, Caller()):
        for method, body in (("GET", None), ("POST", {})):
            response = caller.send(method, path, body)
            assert response.status_code == 404, path
            assert problem(response)["code"] == "NOT_FOUND"
