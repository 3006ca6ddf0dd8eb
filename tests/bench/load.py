"""The load: a process of its own that sends prepared requests over connections that are kept, and takes the time.

Raw sockets and one loop, because it shares the machine with what it measures: a client made for people would cost as
much as the server. Nothing of the product is imported here: the process starts bare.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from statistics import median
from typing import Final

from tests.bench.figures import BenchFault, expect

__all__ = ["Load", "Outcome", "load", "request"]

_PATIENCE: Final = 120.0
_READ: Final = 262_144


def request(
    method: str, target: str, *, body: bytes | None = None, headers: Sequence[tuple[str, str]] = ()
) -> bytes:
    """The bytes of a request, as a proxy that ends HTTPS would pass it on."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "X-Forwarded-Proto: https"]
    lines += ["X-Forwarded-For: 192.0.2.1", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


@dataclass(slots=True)
class Outcome:
    """What came of one run. `latencies` in seconds; `last` is the body of the last answer, `strange` the first that
    had another status than was expected."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    last: bytes = b""
    strange: str = ""

    @property
    def milliseconds(self) -> float:
        """The median of a request."""
        return 1000 * median(self.latencies)

    def require(self, what: str, *, but: int = 200) -> None:
        """Raise BenchFault unless every answer had the status 200, or `but`."""
        others = {status: count for status, count in self.statuses.items() if status not in {200, but}}
        expect(not others, f"{what} answered {dict(others)}: {self.strange[:600]}")


class Load:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def run(self, port: int, clients: Sequence[Sequence[bytes]], *, until: int = 0) -> Outcome:
        """Each client sends its requests one after the other, all clients at the same time.

        A client ends with its requests, or with the first answer of status `until`.
        """
        self._pipe.send((port, clients, until))
        expect(self._pipe.poll(_PATIENCE + 10), "The load does not come back.")
        outcome = self._pipe.recv()
        if isinstance(outcome, str):
            raise BenchFault(f"The load failed: {outcome}")
        assert isinstance(outcome, Outcome)
        return outcome


@contextlib.contextmanager
def load() -> Iterator[Load]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Load(ours)
    finally:
        process.kill()
        process.join()


def _serve(parent: Connection) -> None:
    while True:
        try:
            port, clients, until = parent.recv()
        except EOFError:
            return
        try:
            parent.send(_run(port, clients, until))
        except (OSError, ValueError) as error:
            parent.send(f"{type(error).__name__}: {error}")


class _Client:
    """One connection with its requests."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self.requests = requests
        self.next = 0
        self.received = b""
        self.began = 0.0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self) -> None:
        self.received = b""
        self.began = time.perf_counter()
        self.socket.sendall(self.requests[self.next])
        self.next += 1

    def take(self) -> tuple[int, bytes] | None:
        """Status and body, once all of the answer is there."""
        part = self.socket.recv(_READ)
        if not part:
            raise ConnectionError("the server has closed a connection that was to be kept")
        self.received += part
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = _length(head)
        if length is None:
            if not body.endswith(b"0\r\n\r\n"):
                return None
            body = _joined(body)
        elif len(body) < length:
            return None
        return int(head[9:12]), body


def _length(head: bytes) -> int | None:
    """How long the body is; None if it comes in chunks."""
    for line in head.lower().split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
        if name == b"transfer-encoding":
            return None
    return 0


def _joined(chunks: bytes) -> bytes:
    found, rest = [], chunks
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        found.append(rest[:length])
        rest = rest[length + 2 :]
    return b"".join(found)


def _run(port: int, clients: Sequence[Sequence[bytes]], until: int) -> Outcome:
    outcome = Outcome()
    deadline = time.monotonic() + _PATIENCE
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        callers = [_Client(port, requests) for requests in clients if requests]
        for client in callers:
            stack.callback(client.socket.close)
            selector.register(client.socket, selectors.EVENT_READ, client)
        began = time.perf_counter()
        for client in callers:
            client.send()
        open_clients = len(callers)
        while open_clients:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{open_clients} clients still wait after {_PATIENCE:.0f} seconds")
            for key, _ in selector.select(timeout=1):
                client = key.data
                answer = client.take()
                if answer is None:
                    continue
                outcome.latencies.append(time.perf_counter() - client.began)
                status, body = answer
                outcome.statuses[status] += 1
                outcome.last = body
                if status not in {200, until} and not outcome.strange:
                    outcome.strange = body[:2000].decode("utf-8", "replace")
                if client.next < len(client.requests) and status != until:
                    client.send()
                else:
                    selector.unregister(client.socket)
                    open_clients -= 1
        outcome.seconds = time.perf_counter() - began
    return outcome
