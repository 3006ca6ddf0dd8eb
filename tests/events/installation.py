"""The product's own processes, on the test database and a broker of their own: `python -m config.processes …`."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.db.models import F

from inventory.models import Delivery, DeliveryState
from tests.events.brokers import Broker, free_port
from tests.events.waiting import wait_for
from tests.races.conftest import ROOT, Answer, Server, Session, database_url, environment

__all__ = ["Installation", "Process", "let_time_pass"]

_READY = {"worker": " ready.", "beat": "beat: Starting"}
_NOTHING = "warehouses.purge_idempotency_records"
#: What the database calls their sessions.
_SESSIONS = "tallyhouse-events"


class Process:
    """A process of the product with all that it has started, in a session of its own."""

    def __init__(self, name: str, log: Path, variables: dict[str, str]) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            self.main = subprocess.Popen(
                [sys.executable, "-m", "config.processes", name],
                cwd=ROOT,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def read_log(self) -> str:
        return self.log.read_text(errors="replace")

    def count(self, *words: str) -> int:
        """How many lines of the log have all these words in them."""
        return sum(all(word in line for word in words) for line in self.read_log().splitlines())

    def wait_for_log(self, *words: str, times: int = 1) -> None:
        """Until there are so many lines with all these words in them."""

        def is_there() -> bool:
            found = self.count(*words)
            if found < times and self.has_ended():
                raise AssertionError(f"{self.name} has ended")
            return found >= times

        wait_for(is_there, f"{words} in the log of {self.name}")

    def members(self) -> list[int]:
        """The living processes of this session; the worker's children are in no group with it, but in its session."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended just now
            state, session = fields[0], int(fields[3])
            if session == self.main.pid and state not in "ZX":
                found.append(int(entry.name))
        return found

    def has_ended(self) -> bool:
        """Looked up without collecting it: until `kill` does, nobody else is given its number."""
        return self.main.pid not in self.members()

    def kill(self) -> None:
        """kill -9, all of them."""
        while members := self.members():
            _kill(members)
        self.main.wait()

    def kill_children(self) -> None:
        _kill([pid for pid in self.members() if pid != self.main.pid])


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.01)


class Installation:
    """Starts processes, stands for those who call them, and takes all of them away at the end."""

    def __init__(self, folder: Path, broker: Broker, key: str) -> None:
        self.folder = folder
        #: More of the environment of the processes that are started from now on.
        self.variables = {"WEB_WORKERS": "1"}
        self.broker = broker
        self.key = key
        self.port = free_port()
        self.started: list[Process] = []

    def start(self, *names: str, faults: str = "") -> Process:
        """Start processes, all at once, and wait until they work; returns the last one."""
        for name in names:
            self.started.append(self._start(name, faults))
        for process in self.started[-len(names) :]:
            self._wait_until_ready(process)
        return self.started[-1]

    def _start(self, name: str, faults: str) -> Process:
        number = sum(process.name == name for process in self.started) + 1
        own = {
            "DATABASE_URL": database_url(),
            "OUTGOING_NETWORKS": "127.0.0.0/8",
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }
        if connection.vendor == "postgresql":
            own["DATABASE_URL"] += f"?application_name={_SESSIONS}"
        # The worker tells of each task in this form only, and that is what is waited for.
        more = {"LOG_FORMAT": "json"} | self.broker.environment | own | self.variables
        if faults:
            more |= {"DJANGO_SETTINGS_MODULE": "tests.events.planted", "PLANTED_FAULTS": faults}
        return Process(name, self.folder / f"{name}-{number}.log", environment(self.folder, **more))

    def _wait_until_ready(self, process: Process) -> None:
        if process.name != "web":
            process.wait_for_log(_READY[process.name])
            return
        wait_for(lambda: self._serves(process), "the web process answers")

    def _serves(self, process: Process) -> bool:
        if process.has_ended():
            raise AssertionError("the web process has ended")
        with contextlib.suppress(OSError, http.client.HTTPException), self.session() as session:
            return session.send("GET", "/healthz").status == 200
        return False

    def session(self) -> Session:
        """A kept-alive connection of the caller."""
        return Server(self.port, self.folder).session(self.key)

    def adjust(self, sku: str, by: int, *, seconds: float = 20, **headers: str) -> Answer:
        """Change stock over HTTP, through the gateway contract; OSError when there is no answer in time."""
        with self.session() as session:
            session.connection.timeout = seconds
            return session.send("POST", "/api/v1/inventory/adjust", {"sku": sku, "adjustment": by}, **headers)

    def let_worker_finish(self, worker: Process) -> None:
        """Until it has done all that the broker has for it, and has shown with one more task that it is alive."""
        before = worker.count(f"Task {_NOTHING}", "received")
        self.broker.send(_NOTHING)
        worker.wait_for_log(f"Task {_NOTHING}", "succeeded", times=before + 1)
        # Tasks are received in their order: all that were sent before have been. Some were too old to be worked on.
        wait_for(
            lambda: (
                worker.count("Task ", "] received")
                == worker.count("Task ", "] succeeded") + worker.count("Discarding revoked task")
            ),
            "the worker has nothing to do",
        )

    def close(self) -> None:
        for process in self.started:
            process.kill()
        if connection.vendor == "postgresql":
            wait_for(_no_session_is_left, "the database has noticed that all of them are gone")


def _no_session_is_left() -> bool:
    """A statement of a killed process goes on to its end; emptying the tables would get in its way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [_SESSIONS],
        )
        (count,) = cursor.fetchone()
    return bool(count == 0)


def let_time_pass(seconds: int) -> None:
    """Move everything that is due at some time as much nearer."""
    waiting = Delivery.objects.filter(state=DeliveryState.PENDING)
    waiting.update(next_attempt_at=F("next_attempt_at") - timedelta(seconds=seconds))
