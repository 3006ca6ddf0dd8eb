"""Requests that were once right, broken anywhere, against the product's own web server: never a 5xx, never HTML.

What is broken is drawn from a seed that the failure prints; nightly it is another one each time, and 10,000 requests,
after which the server may not have grown.
"""

from __future__ import annotations

import contextlib
import copy
import http.client
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests import factories
from tests.inventory.api.routes import EVERY_SCOPE, ROUTES, prepare
from tests.machine.profile import IS_NIGHTLY
from tests.races.conftest import Server
from warehouses import transactions
from warehouses.models import Organization

REQUESTS = 10_000 if IS_NIGHTLY else 300
SEED = int(os.environ.get("MUTATION_SEED") or (random.SystemRandom().getrandbits(32) if IS_NIGHTLY else 1))
#: Of the server's memory, from when every route has been asked a few times: caches are full then.
MOST_GROWTH = 1.25

HOSTILE: list[Any] = [
    *(
        None,
        True,
        "",
        " ",
        "\x00",
        "\ud800",
        "ａ１２",
        "💥" * 300,
        "x" * 5000,
        "' OR 1=1 --",
        "<b>",
        "../../etc",
    ),
    *(0, -1, 1.5, -0.0, 2**31, 2**63, 10**40, 1e308, "1e400", "NaN", "Infinity", "0x10", "１２"),
    *([], {}, [[]], {"a": {"b": {"c": []}}}, [None] * 600, "2026-02-30", "9999-12-31T23:59:59+14:00"),
    *(
        "wh_01hx000000e008000000000001",
        "sku_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "00000000-0000-0000-0000-000000000000",
    ),
]
RAW = [
    *(b"", b"{", b"[" * 5000, b'{"a":' * 500, b"\xff\xfe{}", b'{"a": 1, "a": 2}', b"null", b"[]", b'"x"'),
    *(b'{"quantity": 1e400}', b'{"quantity": ' + b"9" * 5000 + b"}", b'{"sku": "\\ud800"}', b"a=b&c=d"),
]
PARAMETERS = ["page", "limit", "per_page", "cursor", "sort", "search", "sku", "date", "locationId", "x"]
HEADERS = [
    *(("Content-Type", value) for value in ("text/plain", "application/json; charset=utf-16", "a/b", "")),
    *(("Accept", value) for value in ("text/html", "*/*;q=0", "application/xml", ";;;")),
    *(("If-Match", value) for value in ("*", 'W/"1"', '"', "x" * 4000)),
    *(("Idempotency-Key", value) for value in ("", "ü", "k" * 400, "a b")),
    *(("X-API-Contract", value) for value in ("gateway", "nexus", "pos", "backoffice", "nobody", "")),
    *(("X-HTTP-Method-Override", "DELETE"), ("X-Request-ID", "\t"), ("Accept-Language", "x" * 500)),
    *(
        ("Authorization", "Bearer x"),
        ("Content-Encoding", "gzip"),
        ("Range", "bytes=0-"),
        ("Cookie", "a=;;=b"),
    ),
]


def broken(value: Any, dice: random.Random) -> Any:
    """A copy of a body with one thing in it changed."""
    value = copy.deepcopy(value)
    at, where = value, dice.random()
    while isinstance(at, dict | list) and at and dice.random() < 0.7:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = dice.choice(keys)
        if not isinstance(at[key], dict | list) or where < 0.2:
            break
        at = at[key]
    if isinstance(at, dict) and at:
        key = dice.choice(list(at))
        if where < 0.6:
            at[key] = dice.choice(HOSTILE)
        elif where < 0.8:
            del at[key]
        else:
            at[f"{key}{dice.choice(['', 'x', '__in', chr(0)])}"] = dice.choice(HOSTILE)
    elif isinstance(at, list) and at:
        at[dice.randrange(len(at))] = dice.choice(HOSTILE)
        at *= dice.choice([1, 1, 2, 700])
    return value if isinstance(value, dict | list) and dice.random() < 0.97 else dice.choice(HOSTILE)


def text_of(value: Any) -> str:
    return quote(str(value).encode("utf-8", "surrogatepass"), safe=",:-_")[:3000]


class Client:
    """One connection, made anew whenever the server has closed it."""

    def __init__(self, server: Server, key: str) -> None:
        self.server, self.key = server, key
        self.connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)

    def close(self) -> None:
        self.connection.close()

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Any, bytes]:
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, body=body, headers={"X-API-Key": self.key, **headers})
                response = self.connection.getresponse()
                return response.status, response.headers, response.read()
            except (ConnectionError, http.client.HTTPException):
                self.connection.close()
                self.connection = self._connect()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")


def drawn(
    dice: random.Random, paths: list[tuple[str, str, Any]]
) -> tuple[str, str, bytes | None, dict[str, str]]:
    """A route's request with one or two things broken in it."""
    method, path, body = dice.choice(paths)
    headers = {"Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    for _ in range(dice.choice([1, 1, 2])):
        what = dice.choice(["body", "body", "query", "path", "header", "raw", "method"])
        if what == "body" and body is not None:
            content = json.dumps(broken(body, dice)).encode()
        elif what == "raw" and body is not None:
            whole = json.dumps(body).encode()
            content = dice.choice([*RAW, whole[: dice.randrange(len(whole))], whole + b"}", whole * 2])
        elif what == "query":
            name = dice.choice(PARAMETERS)
            path += f"{'&' if '?' in path else '?'}{name}={text_of(dice.choice(HOSTILE))}"
        elif what == "path":
            before, _, query = path.partition("?")
            parts = before.split("/")
            parts[dice.randrange(2, len(parts))] = text_of(dice.choice(HOSTILE)) or "%00"
            path = "/".join(parts) + (f"?{query}" if query else "")
        elif what == "header":
            name, value = dice.choice(HEADERS)
            headers[name] = value.encode("utf-8").decode("latin-1")
        elif what == "method":
            method = dice.choice(
                ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "NONE"]
            )
    return method, path[:7000], content, headers


def refused_rightly(status: int, headers: Any, content: bytes) -> None:
    kind = headers.get("Content-Type", "")
    assert status < 500, (status, content[:500])
    assert "html" not in kind, (status, kind)
    if status >= 400 and content:
        assert kind.startswith("application/problem+json"), (status, kind, content[:500])
        problem = json.loads(content)
        assert {"type", "title", "status", "detail", "instance", "code"} <= problem.keys(), problem
        assert problem["status"] == status
        for each in problem.get("errors", ()):
            assert {"code", "detail"} <= each.keys(), problem
    elif content and kind.startswith("application/json"):
        json.loads(content)


def memory_of(port: int) -> int:
    """Bytes that the processes which listen at the port have in memory."""
    total = 0
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            if b"granian" in command and str(port).encode() in command.split(b"\0"):
                total += int((entry / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return total


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(7200 if IS_NIGHTLY else 600)
def test_broken_requests_are_refused_and_leave_no_trace(
    organization: Organization, start_server: Callable[[str], Server]
) -> None:
    warehouse = organization.warehouses.get()
    sku = factories.make_sku(organization, "SKU-001")
    factories.stock(sku, warehouse, 100)
    transactions.run(lambda: prepare(sku, warehouse))
    server = start_server("")
    key = factories.make_key(organization, EVERY_SCOPE)
    paths = [
        (route.method, asked.path, asked.body)
        for route in ROUTES
        for request in route.requests(sku.code, warehouse.public_id)
        for asked in (route.prefixed(request),)
    ]
    with contextlib.closing(Client(server, key)) as client:
        filled = _ask(client, server, paths)
    assert "Traceback" not in server.read_log()
    if IS_NIGHTLY and filled:  # where there is /proc
        assert memory_of(server.port) < filled * MOST_GROWTH


def _ask(client: Client, server: Server, paths: list[tuple[str, str, Any]]) -> int:
    """Send all; the server's memory once it has seen a fifth of them."""
    dice = random.Random(SEED)
    filled = 0
    for number in range(REQUESTS):
        request = drawn(dice, paths)
        try:
            refused_rightly(*client.send(*request))
        except (AssertionError, ValueError, http.client.HTTPException, OSError) as failed:
            said = "\n".join(server.read_log().splitlines()[-30:])
            raise AssertionError(
                f"MUTATION_SEED={SEED}, request {number}: {request}\n{failed}\n{said}"
            ) from failed
        if number == REQUESTS // 5:
            filled = memory_of(server.port)
    return filled
