"""The locked requirements: complete, hashed, in agreement, and without any address."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "config" / "requirements"
LOCKS = sorted(FOLDER.glob("*.txt"))
ADDRESS = re.compile(
    r"://|\b(git|hg|svn)\+|^-(i|f)\b|--(extra-)?index-url|--find-links|--trusted-host|@ ", re.MULTILINE
)


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock.read_text(), re.MULTILINE))


def requirements(lock: Path) -> list[str]:
    """Each requirement with its continued lines."""
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    return [entry for entry in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines() if entry.strip()]


@pytest.mark.parametrize("file", sorted(FOLDER.iterdir()), ids=lambda file: file.name)
def test_no_file_holds_an_address(file: Path) -> None:
    assert ADDRESS.findall(file.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://host/simple",
        "x @ https://host/x.whl",
        "-i host",
        "git+ssh://host/x",
        "--find-links dir",
    ],
)
def test_an_address_would_be_found(line: str) -> None:
    assert ADDRESS.search(f"django==5.2\n{line}\n")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda file: file.name)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    loose = [
        entry.split()[0]
        for entry in requirements(lock)
        if not re.match(r"[a-z0-9._-]+(\[[^]]*\])?==\S+", entry) or "--hash=sha256:" not in entry
    ]
    assert loose == []


def test_what_is_developed_with_is_what_runs() -> None:
    run, develop = pins(FOLDER / "run.txt"), pins(FOLDER / "develop.txt")
    assert len(run) > 40
    assert {name: develop.get(name) for name in run} == run
