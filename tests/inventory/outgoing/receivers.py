"""Servers on this machine that answer as a test wants them to, on a thread of their own, and only for so long."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType

__all__ = ["Receiver", "Script", "answering", "read_request"]

Script = Callable[[socket.socket, threading.Event], None]


class Receiver:
    """Runs `script` with every connection and the event that ends the test. Counts connections, keeps requests.

    Without `listens` it only has a port; without `reads` the script begins before the request was read.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        listens: bool = True,
        reads: bool = True,
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.tls_names: list[str | None] = []
        self._script = script
        self._reads = reads
        self._tls = tls
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._listener.bind((host, 0))
        if listens:
            self._listener.listen(16)
        self.port: int = self._listener.getsockname()[1]
        self._listener.settimeout(0.02)
        self._accepts = listens
        if tls is not None:
            tls.sni_callback = lambda _, name, __: self.tls_names.append(name)

    def __enter__(self) -> Receiver:
        if self._accepts:
            self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in list(self._threads):
            thread.join(10)
        self._listener.close()
        assert not any(thread.is_alive() for thread in self._threads)

    def url(self, path: str = "/", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.settimeout(3)
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            stack.enter_context(contextlib.suppress(OSError))  # the caller is free to hang up
            if self._tls is not None:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            if self._reads and (request := read_request(connection)):
                self.requests.append(request)
            if self._script is not None:
                self._script(connection, self._over)


def read_request(connection: socket.socket) -> bytes:
    """One request with its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return received
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def answering(*pieces: bytes) -> Script:
    """Answers with these bytes and hangs up."""

    def script(connection: socket.socket, _: threading.Event) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return script
