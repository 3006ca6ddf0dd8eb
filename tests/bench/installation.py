"""The product as it is installed: its own processes, with production's settings, on a free port of this machine."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.figures import BenchFault, expect

__all__ = ["Installation", "by_hand_environment", "collect_files", "installed", "production", "started"]

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 60.0
#: What a process needs to run at all.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")


def collect_files(environment: Mapping[str, str]) -> None:
    """What pages name of scripts and styles is where production has it."""
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    expect(finished.returncode == 0, f"collectstatic failed: {finished.stderr[-600:]!r}")


class Installation:
    """A web server that answers at `port`, as a process with its workers."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self.port = port
        self.process = process

    @property
    def pids(self) -> list[int]:
        """Of the workers."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def forget_peaks(self) -> None:
        """From now on `peak_megabytes` is of what comes."""
        for pid in self.pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak_megabytes(self) -> float:
        """The most memory that any of the workers has had, in MiB."""
        return max(_status(pid, "VmHWM") for pid in self.pids)


def _status(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise BenchFault(f"Linux says nothing of {name}.")


def production(*, database: str, redis: str, folder: Path) -> dict[str, str]:
    """Production's environment. The load says that it came by HTTPS, as the proxy in front would; there is no proxy."""
    return {
        **{name: value for name, value in os.environ.items() if name in _KEPT},
        "ENVIRONMENT": "production",
        "SECRET_KEY": "only-for-measuring-0123456789-abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "127.0.0.1",
        "BEHIND_PROXY": "1",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DATA_DIR": str(folder),
        "WEB_WORKERS": "2",
        # A receiver on this machine may be told.
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        # Requests are counted all the same; nobody is to run into the limit here.
        "RATE_LIMIT_PER_MINUTE": "10000000",
        "PYTHONUNBUFFERED": "1",
    }


def by_hand_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "DJANGO_SETTINGS_MODULE": "tests.bench.by_hand.settings"}


@contextlib.contextmanager
def installed(environment: Mapping[str, str], *, by_hand: bool = False) -> Iterator[Installation]:
    """The product's web server with this environment, or, with the same settings, that of what is written by hand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    module = "tests.bench.by_hand" if by_hand else "config.processes"
    command = [sys.executable, "-m", module, *([] if by_hand else ["web"])]
    name = "by_hand" if by_hand else "web"
    with started(command, {**environment, "PORT": str(port)}, name=name) as process:
        deadline = time.monotonic() + _PATIENCE
        while not _listens(port):
            expect(process.poll() is None and time.monotonic() < deadline, f"{name} does not start.")
            time.sleep(0.1)
        yield Installation(port, process)


@contextlib.contextmanager
def started(
    command: list[str], environment: Mapping[str, str], *, name: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this run; what it says is kept in a file, of which the end is shown when the run fails in it."""
    log = Path(environment["DATA_DIR"]) / f"{name}.log"
    with log.open("ab") as output:
        # In a session of its own, Ctrl-C reaches the run first, which stops it.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    except BenchFault:
        said = log.read_text(errors="replace").splitlines()[-20:]
        sys.stderr.write("\n".join([f"--- the end of what {name} said:", *(line[:500] for line in said), ""]))
        raise
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
