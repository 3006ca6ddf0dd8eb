"""The arrows between packages: held, and a check that would notice a wrong one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "stock_requests", "cycle_counts", "inventory", "warehouses")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "COLUMNS": "200"},
        text=True,
        capture_output=True,
        timeout=100,
        check=False,
    )


def test_arrows_point_down() -> None:
    finished = lint_imports(ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " 0 broken" in finished.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        (
            "warehouses/places/bins.py",
            "import inventory.models",
            "warehouses is not allowed to import inventory",
        ),
        (
            "inventory/formulas.py",
            "import stock_requests.apps",
            "inventory is not allowed to import stock_requests",
        ),
        ("inventory/formulas.py", "import config.environment", "inventory is not allowed to import config"),
        (
            "stock_requests/apps.py",
            "import cycle_counts",
            "stock_requests is not allowed to import cycle_counts",
        ),
        ("inventory/api/gateway/urls.py", "import inventory.api.nexus.urls", "inventory.api.nexus"),
        (
            "inventory/formulas.py",
            "import rest_framework",
            "inventory is not allowed to import rest_framework",
        ),
        ("warehouses/access.py", "import celery", "warehouses is not allowed to import celery"),
        (
            "inventory/formulas.py",
            "import inventory.api.nexus.urls",
            "is not allowed to import inventory.api",
        ),
        (
            "warehouses/models/bin.py",
            "import warehouses.http",
            "warehouses.models is not allowed to import warehouses.http",
        ),
        ("inventory/new_idea.py", "", "new_idea"),
    ],
)
def test_a_wrong_arrow_is_noticed(tmp_path: Path, file: str, line: str, broken: str) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _, names: {n for n in names if n == "__pycache__"},
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    finished = lint_imports(tmp_path)
    assert finished.returncode == 1, finished.stdout + finished.stderr
    assert broken in finished.stdout
