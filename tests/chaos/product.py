"""The product's own processes with an installation's settings, and somebody who starts again what has died."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from pathlib import Path

from tests.events.brokers import free_port
from tests.events.installation import Process
from tests.events.waiting import wait_for

__all__ = ["SERVICES", "Product"]

SERVICES = ("web", "worker", "beat")
_SECONDS = 90


class Product:
    """web, worker and beat, as `python -m config.processes` starts them one by one."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.variables = {**variables, "HOST": "127.0.0.1", "PORT": str(self.port)}
        self.running: dict[str, Process] = {}
        self.starts = 0
        #: How often a service has ended without having been killed.
        self.ended_by_itself: list[str] = []

    def start(self, name: str) -> None:
        self.starts += 1
        log = self.folder / f"{name}-{self.starts}.log"
        self.running[name] = Process(name, log, dict(self.variables))

    def kill(self, name: str) -> None:
        """kill -9: the service with all that it has started."""
        if name in self.running:
            self.running.pop(name).kill()

    def kill_children(self, name: str) -> None:
        if name in self.running:
            self.running[name].kill_children()

    def look_after(self) -> None:
        """What a service manager does: whoever has ended is started again."""
        for name in list(self.running):
            if self.running[name].has_ended():
                self.ended_by_itself.append(name)
                self.kill(name)
                self.start(name)

    def wait_until_ready(self) -> None:
        wait_for(self._is_ready, "the product is ready", _SECONDS)

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)

    def _is_ready(self) -> bool:
        self.look_after()
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
        return False
