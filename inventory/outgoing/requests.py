"""Sending one HTTP request to an address that a user typed in."""

from __future__ import annotations

import contextlib
import functools
import http.client
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import urllib3
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER

from inventory.outgoing.addresses import LOOKUP_SECONDS, Address, Refused, Target, check_url, resolve
from inventory.outgoing.deadlines import Deadline
from inventory.outgoing.replies import HEAD_BYTES, HeadTooLong, Malformed, Reply

__all__ = ["Answer", "Unreachable", "send"]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
#: How a request is framed and where it goes is not for callers to say.
_RESERVED = frozenset(
    {
        *("accept-encoding", "connection", "content-length", "expect", "host", "keep-alive"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status: a redirect is an answer too, and is not followed.

    `headers` are by lower-case name, repeated ones joined by commas. `body` is as it came, never decompressed, and
    empty if it was kept in a file; `is_cut` says that there was more of it. `address` is the one that was called.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    is_cut: bool
    address: str
    duration_ms: int


class Unreachable(Exception):
    """There was no answer, or none that could be read; the message is a sentence for people.

    `code` is one of DNS, CONNECT, TLS, TIMEOUT, PROTOCOL and TOO_LARGE. `address` is the one that was called last,
    None if it did not come to that.
    """

    def __init__(self, code: str, detail: str, *, address: str | None = None, duration_ms: int = 0) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.address = address
        self.duration_ms = duration_ms


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None = None,
    deadline_seconds: float = 15.0,
    connect_seconds: float = 5.0,
    most_bytes: int = 16_384,
    keep: BinaryIO | None = None,
) -> Answer:
    """Make one request, and return what was answered within `deadline_seconds`, look-up and body included.

    The host is looked up once, its addresses judged, and these very addresses called, one after another until one
    accepts within `connect_seconds`. Proxies, redirects, cookies and retries there are none.

    Of the body, `most_bytes` are read and the rest is cut off. With `keep` it is written there, whatever the status,
    and a longer one is Unreachable with TOO_LARGE: a part of a feed is none. What was written before a failure stays.

    Raises Refused, Unreachable, and what `keep` raises when it is written to.
    """
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r} is no method.")
    target = check_url(url)
    fields = _fields(target, headers)
    with Deadline(deadline_seconds) as deadline, contextlib.ExitStack() as stack:
        request = _Request(target, deadline, stack)
        connection = request.connect(connect_seconds)
        if target.scheme == "https":
            connection = request.secure(connection)
        return request.exchange(connection, method, fields, body, most_bytes, keep)


class _Request:
    """The steps of a request; each turns what may go wrong in it into Unreachable."""

    def __init__(self, target: Target, deadline: Deadline, stack: contextlib.ExitStack) -> None:
        self._target = target
        self._deadline = deadline
        self._stack = stack
        self._address: str | None = None

    def connect(self, seconds: float) -> socket.socket:
        failure = self._failure("CONNECT", "The host has no address.")
        for address in self._resolve():
            self._address = str(address)
            try:
                return self._connect_to(address, seconds)
            except OSError as error:
                if self._deadline.has_passed:
                    raise self._too_late() from error
                failure = self._failure("CONNECT", _connect_words(error, seconds))
                failure.__cause__ = error
        raise failure

    def _resolve(self) -> tuple[Address, ...]:
        try:
            return resolve(self._target, seconds=min(LOOKUP_SECONDS, self._deadline.remaining))
        except Refused as refusal:
            if refusal.code != "UNRESOLVED":
                raise
            # Nothing is wrong with the address itself: names that are not found today may be tomorrow.
            raise self._failure("DNS", refusal.detail) from refusal

    def _connect_to(self, address: Address, seconds: float) -> socket.socket:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = socket.socket(family, socket.SOCK_STREAM)
        self._stack.callback(connection.close)
        connection.settimeout(min(seconds, self._deadline.remaining))
        # The number, never the name: a resolver asked once more may answer something else.
        connection.connect((str(address), self._target.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._deadline.watch(connection)
        return connection

    def secure(self, connection: socket.socket) -> ssl.SSLSocket:
        """The connection with TLS on it: the certificate has to be that of the name, not of the address."""
        with self._translated("TLS"):
            connection.settimeout(self._deadline.remaining)
            secured = _trust().wrap_socket(connection, server_hostname=self._target.host)
            self._stack.callback(secured.close)
        return secured

    def exchange(
        self,
        connection: socket.socket,
        method: str,
        fields: Mapping[str, str],
        body: bytes | None,
        most_bytes: int,
        keep: BinaryIO | None,
    ) -> Answer:
        headers: dict[str, str] = {}
        client = HTTPConnection(self._target.host, self._target.port, timeout=self._deadline.remaining)
        self._stack.callback(client.close)
        client.sock = connection
        client.auto_open = 0  # it is connected, and must not connect by name if it ever is not
        client.response_class = functools.partial(Reply, fields=headers)  # type: ignore[assignment]
        with self._translated("PROTOCOL"):
            # Who answers early need not listen to the end. If there is no answer either, reading it will say so.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.request(
                    method,
                    self._target.path,
                    body=body,
                    headers=fields,
                    preload_content=False,
                    decode_content=False,
                )
            client.timeout = self._deadline.remaining
            response = client.getresponse()
            self._stack.callback(response.close)
        received, is_cut = self._read(response, most_bytes, keep)
        return Answer(
            status=response.status,
            headers=headers,
            body=received,
            is_cut=is_cut,
            address=str(self._address),
            duration_ms=self._deadline.milliseconds,
        )

    def _read(
        self, response: urllib3.HTTPResponse, most_bytes: int, keep: BinaryIO | None
    ) -> tuple[bytes, bool]:
        """The body as far as it is wanted, and whether there was more."""
        if keep is not None and (response.length_remaining or 0) > most_bytes:
            raise self._too_large(most_bytes)
        pieces: list[bytes] = []
        count = 0
        while count <= most_bytes:
            with self._translated("PROTOCOL"):
                piece = response.read(min(_PIECE, most_bytes + 1 - count))
            if not piece:
                break
            count += len(piece)
            if keep is None:
                pieces.append(piece)
            elif count <= most_bytes:
                keep.write(piece)
            else:
                raise self._too_large(most_bytes)
        return b"".join(pieces)[:most_bytes], count > most_bytes

    @contextlib.contextmanager
    def _translated(self, code: str) -> Iterator[None]:
        """Whatever a connection or a receiver does wrong within is raised as Unreachable."""
        try:
            yield
        except (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError) as error:
            if self._deadline.has_passed:
                raise self._too_late() from error
            raise self._failure(*_explained(error, code)) from error
        if self._deadline.has_passed:
            # The connection that was shut down looks like one that ended by itself.
            raise self._too_late()

    def _too_late(self) -> Unreachable:
        return self._failure("TIMEOUT", "The answer was not complete in time.")

    def _too_large(self, most_bytes: int) -> Unreachable:
        return self._failure("TOO_LARGE", f"The answer is longer than {most_bytes:,} bytes.")

    def _failure(self, code: str, detail: str) -> Unreachable:
        return Unreachable(code, detail, address=self._address, duration_ms=self._deadline.milliseconds)


def _fields(target: Target, headers: Mapping[str, str]) -> dict[str, str]:
    """All headers of the request. Raises Refused, for headers may come from users as well."""
    fields = {"Host": target.authority, "Accept-Encoding": "identity", "Connection": "close"}
    names: set[str] = set()
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _RESERVED or name.lower() in names:
            raise Refused("HEADER", f"The header {name!r} cannot be sent.")
        if not _VALUE.fullmatch(value) or value == SKIP_HEADER:
            raise Refused("HEADER", f"The header {name} has characters in it that cannot be sent.")
        names.add(name.lower())
        fields[name] = value
    if "user-agent" not in names:
        fields["User-Agent"] = "Tallyhouse"
    return fields


@functools.lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """The system's certificate authorities; SSL_CERT_FILE and SSL_CERT_DIR name others."""
    context = ssl.create_default_context()
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    return context


def _connect_words(error: OSError, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"The receiver did not accept a connection within {seconds:g} seconds."
    return f"No connection to the receiver: {_reason(error)}."


def _explained(error: Exception, code: str) -> tuple[str, str]:
    """Code and words for what came out of a connection; `code` is for what says nothing of itself."""
    cause = error.__cause__ if isinstance(error, urllib3.exceptions.HTTPError) else error
    match cause:
        case TimeoutError():
            return "TIMEOUT", "The answer was not complete in time."
        case ssl.SSLCertVerificationError():
            return "TLS", f"The receiver's certificate is not accepted: {cause.verify_message.rstrip('.')}."
        case ssl.SSLError():
            return "TLS", f"No secure connection to the receiver: {cause.reason or 'it broke off'}."
        case HeadTooLong():
            return "TOO_LARGE", f"The headers of the answer are longer than {HEAD_BYTES:,} bytes."
        case Malformed():
            return "PROTOCOL", str(cause)
        case http.client.RemoteDisconnected():
            return "PROTOCOL", "The receiver closed the connection without an answer."
        case http.client.HTTPException() | None:
            return "PROTOCOL", "The answer broke off."
        case OSError():
            return code, f"The connection to the receiver broke: {_reason(cause)}."
    return "PROTOCOL", "The answer could not be read."


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else "it was refused"
