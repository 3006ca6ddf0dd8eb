"""A receiver of webhooks in a process of its own. Nothing of the product is imported here: the process starts bare."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any, ClassVar

from tests.bench.figures import expect

__all__ = ["Arrival", "Receiver", "receiver"]

#: The delivery's id, the event's timestamp, and when it came, in seconds of the machine's clock.
Arrival = tuple[str, str, float]
_HELD_SECONDS = 60.0


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    arrivals: ClassVar[dict[str, list[Arrival]]] = {}
    released: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        came = time.time()
        if self.path.startswith("/hang"):
            self.released.wait(_HELD_SECONDS)
        else:
            told = json.loads(content).get("timestamp", "")
            self.arrivals.setdefault(self.path, []).append((self.headers.get("webhook-id", ""), told, came))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def _serve(parent: Connection) -> None:
    with _Server(("127.0.0.1", 0), _Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        parent.send(server.server_port)
        while True:
            try:
                asked = parent.recv()
            except EOFError:
                return
            if asked == "release":
                _Taker.released.set()
            elif asked == "hold":
                _Taker.released.clear()
            parent.send(list(_Taker.arrivals.get(asked, [])))


class Receiver:
    def __init__(self, port: int, pipe: Connection) -> None:
        self.port = port
        self._pipe = pipe

    def arrivals(self, path: str) -> list[Arrival]:
        return self._ask(path)

    def hold(self) -> None:
        """From now on, what is sent to /hang is not answered."""
        self._ask("hold")

    def release(self) -> None:
        self._ask("release")

    def _ask(self, what: str) -> list[Arrival]:
        self._pipe.send(what)
        expect(self._pipe.poll(30), "The receiver does not answer.")
        found: list[Arrival] = self._pipe.recv()
        return found


@contextlib.contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver in a process of its own, which says 200 to everything, but hangs where it is asked to."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        expect(ours.poll(30), "The receiver did not start.")
        yield Receiver(ours.recv(), ours)
    finally:
        process.kill()
        process.join()
