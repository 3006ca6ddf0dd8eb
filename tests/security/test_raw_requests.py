"""Requests that a proxy and the product could read in two ways, byte by byte, against the product's own web server."""

from __future__ import annotations

import re
import socket

import pytest

from tests import factories
from tests.races.conftest import Server

pytestmark = pytest.mark.django_db(transaction=True)

_JSON = b"Content-Type: application/json\r\n"
_HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def statuses(server: Server, request: bytes) -> list[int]:
    """Of all that is answered to these bytes, until the server hangs up or says nothing more."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request)
        connection.settimeout(2)
        answered = b""
        while True:
            try:
                part = connection.recv(65536)
            except TimeoutError:
                break
            if not part:
                break
            answered += part
    # An answer begins right behind the body of the one before.
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answered)]


def post(key: str, headers: bytes, body: bytes) -> bytes:
    line = b"POST /gateway/api/v1/inventory/adjust HTTP/1.1\r\nHost: localhost\r\n"
    return line + _JSON + f"X-API-Key: {key}\r\n".encode() + headers + b"\r\n" + body


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n", 411),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"2\r\n{}\r\n0\r\n\r\n", 411),
        (b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n", 400),
        (b"Transfer-Encoding : chunked\r\nContent-Length: 2\r\n", b"{}", 400),
        (b"Content-Length: 2\r\nContent-Length: 5\r\n", b"{}", 400),
        (b"Content-Length: 2, 2\r\n", b"{}", 400),
        (b"Content-Length: +2\r\n", b"{}", 400),
        (b"X-A: b\r\n Content-Length: 2\r\n", b"{}", 400),
        (b"X-A: b\rContent-Length: 2\r\n", b"{}", 400),
    ],
)
def test_a_second_request_is_not_smuggled_in(
    server: Server, headers: bytes, body: bytes, status: int
) -> None:
    """What is behind a body whose end is in doubt is not read: one answer, and the connection is over."""
    key = factories.make_key(factories.make_organization("Acme"))
    assert statuses(server, post(key, headers, body) + _HIDDEN) == [status]


def test_two_requests_in_a_row_are_two(server: Server) -> None:
    """The control: a body whose end is clear, wrong as it is, leaves room for the next request."""
    key = factories.make_key(factories.make_organization("Acme"))
    assert statuses(server, post(key, b"Content-Length: 2\r\n", b"{}") + _HIDDEN) == [400, 200]
    chunked = post(key, b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n")
    assert statuses(server, chunked + _HIDDEN) == [411, 200]


@pytest.mark.parametrize(
    "hosts",
    [
        b"",
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: evil.example\r\nHost: localhost\r\n",
        b"Host: localhost, evil.example\r\n",
    ],
)
def test_one_host_is_named(server: Server, hosts: bytes) -> None:
    assert statuses(server, b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n") == [400]


def test_of_two_keys_none_counts(server: Server) -> None:
    key = factories.make_key(factories.make_organization("Acme"))
    path = b"GET /nexus/api/inventory/warehouses HTTP/1.1\r\nHost: localhost\r\n"
    good, bad = f"X-API-Key: {key}\r\n".encode(), b"X-API-Key: bad\r\n"
    assert statuses(server, path + good + b"\r\n") == [200]
    assert statuses(server, path + good + bad + b"\r\n") == [401]
    assert statuses(server, path + bad + good + b"\r\n") == [401]
