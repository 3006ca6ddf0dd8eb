"""Servers of a run's own that are killed and come back: PostgreSQL, durable as an installation's is, and Redis."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import redis

from tests.events.brokers import free_port
from tests.events.waiting import wait_for

__all__ = ["DATABASE", "Cluster", "RedisServer", "frozen", "missing_programs"]

DATABASE = "tallyhouse"
_ROOT = Path(__file__).resolve().parents[2]
#: As much of it as a small machine has; everything that makes a commit durable stays as PostgreSQL has it.
_SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "full_page_writes": "on",
    "max_connections": "60",
    "shared_buffers": "64MB",
    # How long the log may stay in memory. It matters for commits that do not wait for the disk, and for no others.
    "wal_writer_delay": "1s",
    "log_min_messages": "log",
}
_SECONDS = 60


def _suite() -> ModuleType:
    """.ci/test as a module: how programs are found, and who may run them, is written there."""
    loader = SourceFileLoader("suite", str(_ROOT / ".ci" / "test"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    if spec is None:
        raise RuntimeError(".ci/test cannot be read.")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def missing_programs() -> list[str]:
    """What has to be installed for a run, and is not."""
    found = {"PostgreSQL": _suite().postgresql_programs(), "Redis": shutil.which("redis-server")}
    return [name for name, program in found.items() if program is None]


class Cluster:
    """A PostgreSQL cluster in a folder. `kill` is what a power failure is to whatever was not written."""

    def __init__(self, folder: Path, **settings: str) -> None:
        suite = _suite()
        programs = suite.postgresql_programs()
        if programs is None:
            raise RuntimeError("PostgreSQL is not installed.")
        self.programs: Path = programs
        self.folder = folder
        self.data = folder / "cluster"
        self.settings = {**_SETTINGS, **settings}
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        user = suite.unprivileged() if os.geteuid() == 0 else None
        self.identity: dict[str, Any] = (
            {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        )
        folder.mkdir(parents=True)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Make the cluster, and in it a database that nothing is in."""
        made = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "-D", self.data, *made)
        self.start()
        with self.connect("postgres") as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(DATABASE)))

    def copy_database(self, url: str) -> None:
        """Fill the database with a copy of another one, of any server."""
        script = self.folder / "copy.sql"
        self._run("pg_dump", "--no-owner", "--no-privileges", "-f", script, url)
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", script, self.url())

    def follow(self, primary: Cluster, name: str) -> None:
        """Make it a standby of `primary`, which knows it by `name`, and let it follow."""
        self._run(
            *("pg_basebackup", "-D", self.data, "-X", "stream", "-c", "fast", "-R"),
            *("-d", f"host=127.0.0.1 port={primary.port} user=postgres application_name={name}"),
        )
        self.start()

    def start(self) -> None:
        """Start it, recovering what a kill has left, and wait until it takes connections."""
        command: list[Any] = [self.programs / "postgres", "-D", self.data, "-p", str(self.port)]
        command += ["-h", "127.0.0.1", "-k", self.folder]
        command += [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **self.identity
            )
        wait_for(self._answers, "PostgreSQL answers", _SECONDS)

    def kill(self) -> None:
        """kill -9, the postmaster and all of its children at once: shared memory and what was only there is gone."""
        if self.process is None:
            return
        # Held still first: it would put a new child in the place of one that it sees die, or tell them to write.
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGSTOP)
        children = _children_of(self.process.pid)
        for pid in (*children, self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        wait_for(lambda: not any(_lives(pid) for pid in children), "PostgreSQL is gone", _SECONDS)

    def walsenders(self) -> list[int]:
        """The processes that send the log to standbys."""
        with self.connect("postgres") as connection:
            return [row[0] for row in connection.execute("SELECT pid FROM pg_stat_replication")]

    def require(self, standby: str) -> None:
        """From now on no commit is acknowledged before that standby has it on its disk.

        Said after the standby was copied, so that it waits for nobody when it is the primary.
        """
        with self.connect("postgres") as connection:
            connection.execute(
                psycopg.sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}").format(standby)
            )
            connection.execute("SELECT pg_reload_conf()")
        wait_for(self._is_followed_synchronously, "the standby is synchronous", _SECONDS)

    def promote(self) -> None:
        """Make a standby the primary, and wait until it writes."""
        with self.connect("postgres") as connection:
            row = connection.execute("SELECT pg_promote(true, %s)", [_SECONDS]).fetchone()
        if row != (True,):
            raise RuntimeError("The standby was not promoted.")

    def connect(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=5)

    def read_log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"PostgreSQL has ended:\n{self.read_log()[-4000:]}")
        with contextlib.suppress(psycopg.OperationalError), self.connect("postgres") as connection:
            connection.execute("SELECT 1")
            return True
        return False

    def _is_followed_synchronously(self) -> bool:
        with self.connect("postgres") as connection:
            found = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
        return [row[0] for row in found] == ["sync"]

    def _run(self, program: str, *arguments: Any) -> None:
        finished = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            **self.identity,
        )
        if finished.returncode:
            raise RuntimeError(f"{program}: {finished.stderr}")


class RedisServer:
    """A Redis that keeps its append-only file, as docs/operating.md asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    def start(self) -> None:
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)]
        command += ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
        command += ["--maxmemory-policy", "noeviction"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        wait_for(self._answers, "Redis answers", _SECONDS)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"Redis has ended:\n{(self.folder / 'log').read_text()[-4000:]}")
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis.from_url(self.url, socket_timeout=5) as client,
        ):
            return bool(client.ping())
        return False


@contextlib.contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    """Meanwhile these processes stand still."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _children_of(parent: int) -> list[int]:
    """PostgreSQL's children each begin a session, so that only this tells whose they are."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    found.append(int(entry.name))
    return found


def _lives(pid: int) -> bool:
    """Whether it still runs; what has ended and was not collected yet does not."""
    try:
        state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
