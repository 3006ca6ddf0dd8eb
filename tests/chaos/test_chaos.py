"""A short storm, so that `make chaos` still works on the day when somebody needs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.servers import missing_programs
from tests.races.conftest import database_url

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user gets in too, unlike pytest's folders."""
    with tempfile.TemporaryDirectory(prefix="tallyhouse-storm-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.postgresql
@pytest.mark.timeout(600)  # seconds, where others keep the machine busy
@pytest.mark.skipif(bool(missing_programs()), reason="PostgreSQL and Redis are to be started here")
def test_a_short_storm(django_db_setup: None, folder: Path) -> None:
    """Of everything there is one process or more, the database among it; three of them are killed."""
    command = [".ci/chaos", "--seed", "3", "--seconds", "4", "--clients", "3", "--copy-of", database_url()]
    finished = subprocess.run(
        [sys.executable, *command, "--victims", "postgresql,worker-children,web-children"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
        text=True,
        capture_output=True,
        timeout=590,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Nothing is lost, nothing is there twice, the stock is right." in finished.stdout
    assert finished.stdout.count("kill -9 ") == 3
    assert "kill -9 postgresql" in finished.stdout
    acknowledged = re.search(r"^([\d,]+) writes acknowledged", finished.stdout, re.MULTILINE)
    assert acknowledged is not None
    assert int(acknowledged[1].replace(",", "")) > 0
    assert list(folder.iterdir()) == [], "nothing is left behind"
