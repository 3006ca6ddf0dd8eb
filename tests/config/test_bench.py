"""`make bench`: it runs on the engine at hand, says what it found in a form that programs read, and notices a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.bench import __main__ as bench
from tests.bench import report
from tests.bench.databases import migrated
from tests.bench.figures import BenchFault, Figure, in_turns

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "TEST_DATABASE_URL", "TEST_REDIS_URL")


def run_bench(engine: str, scale: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    return subprocess.run(
        [sys.executable, ".ci/bench", "--engine", engine],
        cwd=ROOT,
        env=environment | {"BENCH_SCALE": scale},
        text=True,
        capture_output=True,
        timeout=110,
        check=False,
    )


def test_every_figure_is_a_line_of_json() -> None:
    finished = run_bench(connection.vendor, "tiny")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "The stock is right." in finished.stderr
    figures = [json.loads(line) for line in finished.stdout.splitlines()]
    for figure in figures:
        assert list(figure) == ["name", "value", "unit", "limit", "ratio"]
        assert figure["value"] > 0
        assert figure["limit"] > 0
        assert figure["ratio"] > 0
    assert [(figure["name"], figure["unit"]) for figure in figures] == [
        ("nexus, first page", "ms"),
        ("nexus, first page: its total", "ms"),
        ("nexus, deep page", "ms"),
        ("nexus, low only", "ms"),
        ("nexus, low only: its total", "ms"),
        ("gateway, first page", "ms"),
        ("gateway, first page: its total", "ms"),
        ("gateway, deep page", "ms"),
        ("gateway, low only", "ms"),
        ("gateway, low only: its total", "ms"),
        ("pos, first page", "ms"),
        ("pos, first page: its total", "ms"),
        ("pos, deep page", "ms"),
        ("pos, low only", "ms"),
        ("pos, low only: its total", "ms"),
        ("pos, snapshot", "ms"),
        ("pos, snapshot: its total", "ms"),
        ("pos, snapshot, deep page", "ms"),
        ("adjust", "adjustments/s"),
        ("adjust, with Idempotency-Key", "adjustments/s"),
        ("adjust, with one subscriber", "adjustments/s"),
        ("webhooks delivered", "deliveries/s"),
        ("bulk of 1", "rows/s"),
        ("bulk of 50", "rows/s"),
        ("hot SKU", "units/s"),
    ]


def test_an_unknown_scale_is_refused_before_anything_is_made() -> None:
    finished = run_bench("sqlite", "huge")
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert "BENCH_SCALE is one of default, small, tiny, not 'huge'." in finished.stderr


def test_a_fault_ends_it_with_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lay(scale: object) -> None:
        raise BenchFault("999 of 400 units were sold.")

    monkeypatch.setattr("tests.bench.ground.lay", lay)
    monkeypatch.setenv("BENCH_SCALE", "tiny")
    assert bench.run(write=False) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.endswith("WRONG: 999 of 400 units were sold.\n")


def test_a_database_that_is_not_given_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "argv", ["tests.bench"])
    with pytest.raises(SystemExit, match="Run `make bench`"):
        bench.main()


@pytest.mark.django_db
def test_a_database_that_holds_something_is_not_measured_on() -> None:
    with pytest.raises(BenchFault, match="not empty"):
        migrated()


def test_product_and_yardstick_take_turns_at_going_first() -> None:
    order: list[str] = []

    def take(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    pairs = in_turns(3, lambda number: take(f"p{number}", 2.0), lambda number: take(f"y{number}", 4.0))
    assert order == ["p0", "y0", "y1", "p1", "p2", "y2"]
    assert pairs == [(2.0, 4.0)] * 3


def test_a_figure_is_the_median_of_its_pairs() -> None:
    figure = Figure.of("adjust", "adjustments/s", [(100.0, 200.0), (300.0, 400.0), (90.0, 900.0)])
    assert json.loads(figure.line()) == {
        "name": "adjust",
        "value": 100.0,
        "unit": "adjustments/s",
        "limit": 400.0,
        "ratio": 0.5,
    }
    assert (figure.low, figure.high) == (0.1, 0.75)


def test_a_run_replaces_the_one_before_in_the_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(report.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "DOCUMENT", document)
    for value in (111.0, 222.0):
        report.write([Figure.of("adjust", "adjustments/s", [(value, 444.0)])], ["Measured here."])
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert text.count("Measured here.") == 1
    assert "| adjust | 222     | 444       | adjustments/s | 0.50  | 0.50–0.50      |" in text
    assert "111" not in text
