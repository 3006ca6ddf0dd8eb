"""A receiver of webhooks: a real HTTP server on this machine that behaves, and misbehaves, as it is told."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Behaviour", "Received", "Receiver", "running_receiver"]

_PATIENCE = 20.0


@dataclass(frozen=True)
class Behaviour:
    """What is done with a request: `delay` in seconds, `hangs` until the receiver lets go, `drips` a byte at a time."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    delay: float = 0.0
    hangs: bool = False
    closes: bool = False
    drips: float = 0.0
    meanwhile: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Records what comes in, in order; `most_at_once` by path and by webhook-id."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[Received] = []
        self.most_at_once: Counter[str] = Counter()
        self.trouble: list[BaseException] = []
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._open: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._let_go = threading.Event()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def will(self, *behaviours: Behaviour, path: str = "/hook") -> None:
        """Behave like this from now on: one request each, the last one for all that follow."""
        with self._changed:
            self._behaviours[path] = list(behaviours)

    def at(self, path: str = "/hook") -> list[Received]:
        with self._changed:
            return [request for request in self.requests if request.path == path]

    def open_at(self, path: str) -> int:
        with self._changed:
            return self._open[path]

    def wait_for(self, count: int, path: str = "/hook") -> list[Received]:
        """Until so many have arrived there."""
        with self._changed:
            arrived = self._changed.wait_for(lambda: self._count(path) >= count, timeout=_PATIENCE)
            assert arrived, f"{self._count(path)} of {count} requests at {path}"
        return self.at(path)

    def let_go(self) -> None:
        """End all requests that hang, and hang no more."""
        self._let_go.set()

    def _count(self, path: str) -> int:
        return sum(request.path == path for request in self.requests)

    def take(self, request: Received) -> Behaviour:
        with self._changed:
            self.requests.append(request)
            for name in (request.path, request.headers.get("webhook-id", "")):
                self._open[name] += 1
                self.most_at_once[name] = max(self.most_at_once[name], self._open[name])
            self._changed.notify_all()
            queue = self._behaviours.get(request.path, [Behaviour()])
            behaviour = queue.pop(0) if len(queue) > 1 else queue[0]
        if behaviour.meanwhile is not None:
            try:
                behaviour.meanwhile()
            except BaseException as error:  # noqa: BLE001 - raised by the fixture when the test is over
                self.trouble.append(error)
        if behaviour.hangs:
            self._let_go.wait(_PATIENCE)
        time.sleep(behaviour.delay)
        return behaviour

    def leave(self, request: Received) -> None:
        with self._changed:
            for name in (request.path, request.headers.get("webhook-id", "")):
                self._open[name] -= 1
            self._changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Received(self.path, headers, body)
        behaviour = self.receiver.take(request)
        # Before the answer: once the sender has it, the request is over on both sides.
        self.receiver.leave(request)
        if behaviour.closes:
            self.close_connection = True
            return
        try:
            self.send_response(behaviour.status)
            for name, value in behaviour.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(behaviour.body)))
            self.end_headers()
            for byte in behaviour.body if behaviour.drips else ():
                time.sleep(behaviour.drips)
                self.wfile.write(bytes([byte]))
            if not behaviour.drips:
                self.wfile.write(behaviour.body)
        except OSError:
            self.close_connection = True  # the sender had enough

    do_GET = do_POST  # who follows a redirect comes with GET

    def log_message(self, *args: Any) -> None:
        """Nothing: the tests say what matters."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", 0), _Handler)
    receiver = Receiver(server.server_address[1])
    server.RequestHandlerClass = type("Handler", (_Handler,), {"receiver": receiver})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go()
        server.shutdown()
        server.server_close()
        thread.join(5)
    for error in receiver.trouble:
        raise error
