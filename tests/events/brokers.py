"""Brokers of a test's own, to be emptied, stopped and frozen without anybody else noticing."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
from pathlib import Path

import redis
from celery import Celery

from tests.events.waiting import wait_for

__all__ = ["Broker", "Folder", "Redis", "free_port"]


class Broker:
    """What the two kinds have in common; a queue is what the product's processes make of it."""

    #: What the product's processes need in their environment to use it.
    environment: dict[str, str]

    def app(self) -> Celery:
        raise NotImplementedError

    def messages(self) -> int:
        """How many tasks wait in it, or have been taken and are not finished."""
        raise NotImplementedError

    def empty(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        """From now on, nothing can be published."""
        raise NotImplementedError

    def start(self) -> None:
        raise NotImplementedError

    def send(self, task: str) -> None:
        """Ask the worker for a task, as anybody might."""
        app = self.app()
        with app.connection_for_write() as connection:
            app.send_task(task, connection=connection)


class Redis(Broker):
    """A private server, once it is started. It keeps nothing on disk: whatever stops it empties it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.environment = {"REDIS_URL": self.url}

    def app(self) -> Celery:
        return Celery("tests", broker=self.url, set_as_current=False)

    def messages(self) -> int:
        with self._client() as client:
            return client.llen("celery") + client.hlen("unacked")

    def empty(self) -> None:
        with self._client() as client:
            client.flushall()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        address = ("--bind", "127.0.0.1", "--port", str(self.port))
        memory_only = ("--save", "", "--appendonly", "no", "--dir", str(self.folder))
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", *address, *memory_only], stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._answers, "Redis answers")

    def freeze(self) -> None:
        """It takes connections, and says nothing more."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "redis.log").read_text())
        with contextlib.suppress(redis.ConnectionError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5)


class Folder(Broker):
    """The embedded broker, in the data folder of the processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "broker"
        self.environment = {"REDIS_URL": ""}

    def app(self) -> Celery:
        app = Celery("tests", broker="filesystem://localhost", set_as_current=False)
        app.conf.broker_transport = "config.broker.Transport"
        app.conf.broker_transport_options = {"folder": str(self.folder)}
        return app

    def messages(self) -> int:
        return len(self._files())

    def empty(self) -> None:
        for file in self._files():
            file.unlink(missing_ok=True)

    def stop(self) -> None:
        """Rights would not keep the superuser out. A file in the folder's place does."""
        if self.folder.exists():
            self.folder.rename(self.folder.with_name("broker-aside"))
        self.folder.touch()

    def start(self) -> None:
        self.folder.unlink()
        aside = self.folder.with_name("broker-aside")
        if aside.exists():
            aside.rename(self.folder)

    def _files(self) -> list[Path]:
        folders = [self.folder / name for name in ("messages", "claimed")]
        return [file for folder in folders if folder.exists() for file in folder.iterdir()]


def free_port() -> int:
    """A port that nobody listens at, and nobody else will.

    It lies below those that the system gives to outgoing connections, and each parallel process of the suite looks
    in a range of its own.
    """
    number = int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0)
    first = 10_000 + number % 16 * 1_350
    for port in random.sample(range(first, first + 1_350), 1_350):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("All ports are taken.")
