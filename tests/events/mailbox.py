"""A mail server of a test's own, which can be made to keep a message waiting for its answer."""

from __future__ import annotations

import email
import socketserver
import threading
from email.message import Message as Mail
from typing import Any

__all__ = ["Mailbox"]


class Mailbox:
    """What it was given is in `received`, whether or not it has answered; while `hangs`, it never does."""

    def __init__(self) -> None:
        self.received: list[Mail] = []
        self.hangs = False
        self._closed = threading.Event()
        mailbox = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mailbox._talk(self.rfile, self.wfile)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}?starttls=0"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _talk(self, lines: Any, out: Any) -> None:
        out.write(b"220 ready\r\n")
        for line in lines:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                out.write(b"354 go on\r\n")
                body = b"".join(iter(lines.readline, b".\r\n"))
                self.received.append(email.message_from_bytes(body))
                if self.hangs:
                    self._closed.wait()
                    return
            out.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return
