"""What stands between a fresh clone and a running product: refusals that say what to do."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from config import processes

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env=environment, text=True, capture_output=True, timeout=60, check=False
    )


# --- the port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_free_port_passes_in_silence(taken_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    finished = run(sys.executable, ".ci/port", PORT=str(free))
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_a_taken_port_is_named_with_a_way_out(taken_port: int) -> None:
    finished = run(sys.executable, ".ci/port", PORT=str(taken_port))
    assert finished.returncode == 1
    assert finished.stderr.splitlines() == [
        f"Cannot listen at 127.0.0.1 port {taken_port}: Address already in use.",
        f"Stop what uses it, or choose another: make run PORT={taken_port + 1}",
    ]


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "-1", "8e3", "٣"])
def test_what_is_no_port_is_refused(port: str) -> None:
    finished = run(sys.executable, ".ci/port", PORT=port)
    assert finished.returncode == 1
    assert finished.stderr.startswith("PORT must be a number from 1 to 65535")


def test_a_taken_port_stops_the_start_before_anything_is_made(taken_port: int, tmp_path: Path) -> None:
    """A clone in which nothing but the scripts exists: whatever else were tried would fail otherwise."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    finished = run(
        tmp_path / ".ci" / "serve", PORT=str(taken_port), PATH=os.environ["PATH"], PYTHON=sys.executable
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"Cannot listen at 127.0.0.1 port {taken_port}")
    assert [file.name for file in tmp_path.iterdir()] == [".ci"]


# --- the Python


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone without .venv, and a folder of programs that has nothing but a shell's needs."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "bin").mkdir()
    for name in ("sh", "dirname"):
        program = shutil.which(name)
        assert program is not None
        (tmp_path / "bin" / name).symlink_to(program)
    return tmp_path


def fake_python(clone: Path, name: str, script: str) -> Path:
    path = clone / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def chosen(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run(clone / ".ci" / "python", PATH=str(clone / "bin"), **environment)


def test_no_python_is_said_so(clone: Path) -> None:
    finished = chosen(clone)
    assert finished.returncode == 1
    assert finished.stderr.startswith("Tallyhouse needs Python 3.11 or newer; found: none.")


def test_an_older_python_is_named_and_refused(clone: Path) -> None:
    fake_python(clone, "python3", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    finished = chosen(clone)
    assert finished.returncode == 1
    assert finished.stderr.startswith("Tallyhouse needs Python 3.11 or newer; found: Python 3.9.2 (python3).")


def test_a_newer_python_beside_an_older_one_is_taken(clone: Path) -> None:
    fake_python(clone, "python3", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    newer = fake_python(
        clone, "python3.12", 'case "$1" in --version) echo "Python 3.12.1";; *) exit 0;; esac'
    )
    finished = chosen(clone)
    assert (finished.returncode, finished.stdout.strip()) == (0, str(newer))


def test_a_python_without_venv_is_told_what_to_install(clone: Path) -> None:
    fake_python(clone, "python3", 'case "$2" in *ensurepip*) exit 1;; *) echo "Python 3.11.2";; esac')
    finished = chosen(clone)
    assert finished.returncode == 1
    assert finished.stderr.strip() == (
        "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"
    )


def test_the_python_of_venv_goes_first(clone: Path) -> None:
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").symlink_to(sys.executable)
    finished = chosen(clone)
    assert (finished.returncode, finished.stdout) == (0, ".venv/bin/python\n")


# --- the processes


def test_each_process_is_told_what_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "0.0.0.0", "PORT": 8077, "WEB_WORKERS": 3, "WEB_THREADS": 2}.items():  # noqa: S104
        monkeypatch.setattr(settings, name, value)
    monkeypatch.setattr(settings, "TASK_WORKERS", 5)
    web = " ".join(processes.command("web"))
    assert "config.wsgi:application --host 0.0.0.0 --port 8077 --workers 3 --blocking-threads 2 " in web
    assert "--concurrency=5" in processes.command("worker")
    assert "beat" in processes.command("beat")


def test_an_unknown_process_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert processes.main(["webb"]) == 2
    assert capsys.readouterr().err == "usage: python -m config.processes [web|worker|beat]\n"
    with pytest.raises(ValueError, match="no process is called 'webb'"):
        processes.command("webb")
