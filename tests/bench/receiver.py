"""A receiver of webhooks in a process of its own. Nothing of the product is imported here: the process starts bare."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

from tests.bench.figures import expect

__all__ = ["receiver"]


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


def _serve(parent: Connection) -> None:
    with _Server(("127.0.0.1", 0), _Taker) as server:
        parent.send(server.server_port)
        server.serve_forever()


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    """The port of a receiver in a process of its own, which says 200 to everything."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        expect(ours.poll(30), "The receiver did not start.")
        yield ours.recv()
    finally:
        process.kill()
        process.join()
