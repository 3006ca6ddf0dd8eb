"""A point of sale that speaks the feed of docs/pos-feed.md, on this machine, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

__all__ = ["Fault", "FeedServer", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one answer.

    `cut` sends so many bytes of the document as if that were all, `drop` promises the whole and closes after so many,
    `body` is sent instead of the document; `seconds` is how long the answer takes to begin.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None
    drop: int | None = None
    seconds: float = 0.0


class FeedServer:
    """`full` and `changes` are its rows; the cursor is the number of changes given so far."""

    def __init__(self) -> None:
        self.full: list[Any] = []
        self.changes: list[Any] = []
        self.page_size = 500
        self.seen: list[Seen] = []
        self.faults: deque[Fault] = deque()
        self.more: dict[str, Any] = {}  # members of every document
        self.before_answer: Callable[[], None] = lambda: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> FeedServer:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/feed"

    def queries(self) -> list[dict[str, str]]:
        return [seen.query for seen in self.seen]

    def document(self, query: dict[str, str]) -> bytes:
        is_full = query["mode"] == "full"
        rows = self.full if is_full else self.changes[int(query.get("since", "0")) :]
        begin = int(query.get("page", "0"))
        end = begin + self.page_size
        content = {"rows": rows[begin:end], "next_page": str(end) if end < len(rows) else None}
        if content["next_page"] is None:
            content["cursor"] = str(len(self.changes))
        return json.dumps(content | self.more).encode()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        self.seen.append(Seen(parts.path, query, {k.lower(): v for k, v in request.headers.items()}))
        self.before_answer()
        fault = self.faults.popleft() if self.faults else Fault()
        time.sleep(fault.seconds)
        body = self.document(query) if fault.body is None else fault.body
        sent = body[: fault.cut if fault.cut is not None else fault.drop]
        headers = {"Content-Type": "application/json", **fault.headers}
        headers["Content-Length"] = str(len(body if fault.drop is not None else sent))
        try:
            request.send_response(fault.status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(sent)
            request.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the caller did not want to wait
        request.close_connection = True
