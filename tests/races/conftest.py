"""A real server on the test database: the product's own web server, with several processes where the engine allows."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import pytest_django
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What the server said."""

    status: int
    headers: http.client.HTTPMessage  # asked for names in any case
    body: Any

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass(frozen=True)
class Server:
    """A running server. Each thread has a session of its own."""

    port: int
    log: Path

    def session(self, key: str) -> Session:
        return Session(self, key)

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")


class Session:
    """One kept-alive connection of one caller."""

    def __init__(self, server: Server, key: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.key = key

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            named["Content-Type"] = "application/json"
        self.connection.request(method, path, body=content, headers={"X-API-Key": self.key, **named})
        response = self.connection.getresponse()
        text = response.read()
        return Answer(response.status, response.headers, json.loads(text) if text else None)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()


@pytest.fixture(scope="session")
def start_server(
    django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """Start a server, once for each planted fault (see `tests.races.faults`); "" is the product as it is."""
    running: dict[str, tuple[subprocess.Popen[bytes], Server]] = {}

    def start(fault: str = "") -> Server:
        if fault not in running:
            running[fault] = _started(fault, tmp_path_factory.mktemp("server"))
        return running[fault][1]

    yield start
    for process, _ in running.values():
        process.terminate()
    for process, _ in running.values():
        process.wait(timeout=20)


@pytest.fixture(autouse=True)
def _no_connection_is_kept(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Each server has sixteen threads that keep theirs for a minute: those of all servers, of all the tests' parallel
    processes, are more than PostgreSQL lets in. A server whose connection has gone opens another one.
    """
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'"
            )


@pytest.fixture
def server(transactional_db: None, start_server: Callable[[str], Server]) -> Server:
    return start_server("")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Call a function in as many threads as there are arguments, all from one signal; the results in their order."""
    if connection.vendor == "postgresql":
        # Who is last of a dozen would be told after three seconds that there is too much going on: on a machine that
        # others keep busy, that is sooner than their turn.
        options = connection.settings_dict["OPTIONS"]
        patient = f"{options['options']} -c lock_timeout=30s -c statement_timeout=60s"
        monkeypatch.setitem(options, "options", patient)

    def run(work: Callable[[Any], Any], arguments: list[Any]) -> list[Any]:
        barrier = Barrier(len(arguments))

        def wait_and_work(argument: Any) -> Any:
            barrier.wait(timeout=30)
            try:
                return work(argument)
            finally:
                connection.close()  # a thread has its own, if it asked the database at all

        with ThreadPoolExecutor(len(arguments)) as threads:
            return list(threads.map(wait_and_work, arguments))

    return run


def database_url() -> str:
    """The database of this very test process."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    password = f":{at['PASSWORD']}" if at["PASSWORD"] else ""
    return (
        f"postgresql://{at['USER']}{password}@{at['HOST'] or 'localhost'}:{at['PORT'] or 5432}/{at['NAME']}"
    )


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What a process of the product needs to work on the test database."""
    return os.environ | {
        "ENVIRONMENT": "test",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "REDIS_URL": "",
        "RATE_LIMIT_PER_MINUTE": "10000000",
        "LOG_LEVEL": "INFO",
        "SECRET_KEY": "only-for-tests",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def _started(fault: str, folder: Path) -> tuple[subprocess.Popen[bytes], Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / "log"
    # Two processes are truly at once; SQLite is for installations with one.
    workers, threads = ("2", "8") if connection.vendor == "postgresql" else ("1", "8")
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "tests.races.faults:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", workers, "--blocking-threads", threads),
        *("--no-ws", "--workers-kill-timeout", "2", "--log-level", "warning"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder, PLANTED_FAULT=fault), stdout=output, stderr=output
        )
    server = Server(port, log)
    deadline = time.monotonic() + 60
    while True:
        try:
            with server.session("") as session:
                session.send("GET", "/healthz")
        except (OSError, http.client.HTTPException):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{server.read_log()}") from None
            time.sleep(0.1)
        else:
            return process, server
