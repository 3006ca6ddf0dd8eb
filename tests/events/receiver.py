"""A receiver of webhooks, as a customer would have one: a real HTTP server, in threads of the test's own process."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

__all__ = ["Received", "Receiver"]


@dataclass(frozen=True)
class Received:
    """One request, noted when it came: it may never have been answered."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.told["data"]

    def verify(self, secret: str) -> None:
        """Raise what the library of Standard Webhooks raises when this was not signed with the secret."""
        Webhook(secret).verify(self.body, self.headers)


class Receiver(ThreadingHTTPServer):
    """Answers 204, at once or, at a path that is held, when it is released."""

    daemon_threads = False  # closing waits for them
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.changed = threading.Condition()
        self.received: list[Received] = []
        self.open: Counter[str] = Counter()
        #: The most requests that a path has had open at once.
        self.most: Counter[str] = Counter()
        self._gates: defaultdict[str, threading.Event] = defaultdict(_opened)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def hold(self, path: str = "/hook") -> None:
        """Leave requests at this path without an answer."""
        self._gates[path].clear()

    def release(self) -> None:
        """Answer those that are held, and the next ones at once."""
        for gate in self._gates.values():
            gate.set()

    def at(self, path: str = "/hook") -> list[Received]:
        with self.changed:
            return [request for request in self.received if request.path == path]

    def ids(self, path: str = "/hook") -> Counter[str]:
        """How often each event has come."""
        return Counter(request.id for request in self.at(path))

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Until it is so: looked at whenever a request has come or gone."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout=seconds):
                raise AssertionError(
                    f"after {seconds} s: {Counter(map(_name, self.received))}, {self.open} open"
                )

    def close(self) -> None:
        self.release()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def note(self, request: Received) -> None:
        with self.changed:
            self.received.append(request)
            self.open[request.path] += 1
            self.most[request.path] = max(self.most[request.path], self.open[request.path])
            self.changed.notify_all()
        self._gates[request.path].wait(60)
        with self.changed:
            self.open[request.path] -= 1
            self.changed.notify_all()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver
    timeout = 10

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the sender was killed between its headers and its body: nothing has come
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.note(Received(self.path, headers, body))
        with contextlib.suppress(OSError):  # the sender may have been killed meanwhile
            self.send_response(204)
            self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Tests read the requests, not a log of them."""


def _opened() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


def _name(request: Received) -> tuple[str, str, str]:
    return request.path, request.told["type"], request.id
