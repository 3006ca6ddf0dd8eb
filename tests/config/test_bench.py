"""`make bench`: it runs against the installed product, says what it found for programs, and notices a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import connection

from tests.bench import report
from tests.bench.databases import seed_digest
from tests.bench.figures import AtLeast, AtMost, BenchFault, Figure, in_turns
from tests.bench.load import Outcome, load, request
from tests.bench.plots import bars
from tests.bench.receiver import receiver
from tests.bench.scale import SCALES

ROOT = Path(__file__).resolve().parents[2]
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")


def run_bench(*arguments: str, scale: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    return subprocess.run(
        [sys.executable, ".ci/bench", *arguments],
        cwd=ROOT,
        env=kept | {"BENCH_SCALE": scale} | environment,
        text=True,
        capture_output=True,
        timeout=580,
        check=False,
    )


def figure(value: float = 100.0, limit: float = 200.0, **fields: object) -> Figure:
    made = Figure.of("Adjust", "adjust <1>", "adjustments/s", [(value, limit)])
    return Figure(**{name: getattr(made, name) for name in Figure.__slots__} | fields)


class TestRun:
    pytestmark = pytest.mark.postgresql

    @pytest.mark.timeout(600)  # it installs the product, and lets it work for a while
    @pytest.mark.django_db
    def test_every_figure_is_a_line_of_json(self) -> None:
        redis = os.environ.get("TEST_REDIS_URL", "")
        if not redis:
            pytest.skip("production needs Redis")
        settings = connection.settings_dict
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        address = f"{settings['USER']}{password}@{settings['HOST']}:{settings['PORT'] or 5432}"
        finished = run_bench(
            "--discard",
            scale="tiny",
            BENCH_DATABASE_URL=f"postgresql://{address}/postgres",
            BENCH_REDIS_URL=redis,
        )

        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert "The stock is right." in finished.stderr
        figures = [json.loads(line) for line in finished.stdout.splitlines()]
        for found in figures:
            assert list(found) == ["name", "value", "unit", "limit", "ratio"]
            assert found["value"] > 0
            assert found["limit"] > 0
            assert found["ratio"] > 0
        assert Counter(found["unit"] for found in figures) == {
            "ms": 19,
            "rows/s": 6,
            "MiB": 7,
            "adjustments/s": 4,
            "s": 6,
            "pages/s": 3,
            "units/s": 1,
            "events/s": 1,
        }
        assert len({found["name"] for found in figures}) == len(figures)
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'tallyhouse\\_bench%'")
            assert cursor.fetchall() == []

    @pytest.mark.django_db
    @pytest.mark.parametrize("scale", ["small", "full"])
    def test_a_server_that_may_lose_something_is_not_measured(self, scale: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW fsync")
            if cursor.fetchone() == ("on",):
                pytest.skip("this server is durable")
        settings = connection.settings_dict
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        address = f"{settings['USER']}{password}@{settings['HOST']}:{settings['PORT'] or 5432}"
        finished = run_bench(
            scale=scale,
            BENCH_DATABASE_URL=f"postgresql://{address}/postgres",
            BENCH_REDIS_URL="redis://nowhere/0",
        )

        assert (finished.returncode, finished.stdout) == (1, "")
        assert "WRONG: This PostgreSQL may lose what it has acknowledged" in finished.stderr


def test_an_unknown_scale_is_refused_before_anything_is_made() -> None:
    finished = run_bench(
        scale="huge", BENCH_DATABASE_URL="postgresql://nowhere/x", BENCH_REDIS_URL="redis://nowhere/0"
    )

    assert (finished.returncode, finished.stdout) == (1, "")
    assert "BENCH_SCALE is one of full, default, small, tiny, not 'huge'." in finished.stderr


def test_the_scale_is_the_one_that_the_issue_asks_for() -> None:
    full = SCALES["full"]

    assert SCALES["default"] is full
    assert (full.few, full.many, full.written, full.pairs) == (1_000, 1_000_000, 100_000, 5)
    assert full.grows == (10_000, 100_000, 1_000_000)


def test_data_is_filled_anew_for_another_schema(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = seed_digest()
    migrations = tmp_path / "inventory" / "migrations"
    migrations.mkdir(parents=True)
    for path in ROOT.glob("*/migrations/[0-9]*.py"):
        copied = tmp_path / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(path.read_bytes())
    monkeypatch.setattr("tests.bench.databases._SEEDS", ())
    without_seeds = seed_digest()
    monkeypatch.setattr("tests.bench.databases.ROOT", tmp_path)

    assert seed_digest() == without_seeds != first
    (migrations / "9999_another.py").write_text("operations = []")
    assert seed_digest() != without_seeds


class TestLoad:
    def test_every_client_sends_all_of_its_requests(self) -> None:
        with receiver() as receiving, load() as loading:
            sent = request("POST", "/here", body=b'{"timestamp": "now"}')
            outcome = loading.run(receiving.port, [[sent] * 5, [sent] * 3, []])
            arrived = receiving.arrivals("/here")

        assert outcome.statuses == Counter({200: 8})
        assert len(outcome.latencies) == len(arrived) == 8
        assert outcome.last == b"ok"
        assert 0 < outcome.seconds < 30

    def test_an_answer_that_nobody_expects_is_a_fault(self) -> None:
        outcome = Outcome(statuses=Counter({200: 3, 422: 1, 500: 2}), strange="Something went wrong here.")

        with pytest.raises(BenchFault, match=r"Selling answered \{500: 2\}: Something went wrong"):
            outcome.require("Selling", but=422)

    def test_nobody_who_answers_is_a_fault(self) -> None:
        with load() as loading, pytest.raises(BenchFault, match="ConnectionRefusedError"):
            loading.run(1, [[b"GET / HTTP/1.1\r\n\r\n"]])


def test_product_and_yardstick_take_turns_at_going_first() -> None:
    order: list[str] = []

    def take(name: str, seconds: float) -> float:
        order.append(name)
        return seconds

    pairs = in_turns(3, lambda number: take(f"p{number}", 2.0), lambda number: take(f"y{number}", 4.0))
    assert order == ["p0", "y0", "y1", "p1", "p2", "y2"]
    assert pairs == [(2.0, 4.0)] * 3


def test_a_figure_is_the_median_of_its_pairs() -> None:
    found = Figure.of("Adjust", "adjust", "adjustments/s", [(100.0, 200.0), (300.0, 400.0), (90.0, 900.0)])
    assert json.loads(found.line()) == {
        "name": "adjust",
        "value": 100.0,
        "unit": "adjustments/s",
        "limit": 400.0,
        "ratio": 0.5,
    }
    assert (found.low, found.high, found.pairs) == (0.1, 0.75, 3)


@pytest.mark.parametrize(
    ("aim", "is_met"),
    [(None, None), (AtLeast(0.5), True), (AtLeast(0.51), False), (AtMost(0.5), True), (AtMost(0.49), False)],
)
def test_an_aim_is_met_or_not(aim: AtLeast | AtMost | None, is_met: bool | None) -> None:
    assert figure(aim=aim).is_met is is_met


def test_a_part_of_a_run_replaces_the_one_before_in_the_document(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text(report.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "DOCUMENT", document)
    monkeypatch.setattr(report, "IMAGES", tmp_path / "images")
    report.write("lists", [figure(333.0, group="Lists of all")], ["Measured elsewhere."])
    report.write("writing", [figure(111.0, 444.0), figure(group="Bulk & more")], ["Measured before."])
    report.write(
        "writing",
        [figure(222.0, 444.0, aim=AtLeast(0.5)), figure(group="Hot SKU")],
        ["Measured here."],
    )
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert text.count("Measured here.") == text.count("Measured elsewhere.") == 1
    assert "Measured before." not in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["adjust <1>", "222", "444", "adjustments/s", "0.50", "0.50–0.50", "≥ 0.5", "yes"] in rows
    assert not any("111" in row for row in rows)
    assert "![Hot SKU: the ratios to the yardsticks](images/bench/hot-sku.svg)" in text
    assert sorted(path.name for path in (tmp_path / "images").iterdir()) == [
        *("adjust.svg", "hot-sku.svg", "lists-of-all.svg"),
    ]


def test_a_picture_is_svg_and_names_what_it_shows() -> None:
    found = ElementTree.fromstring(bars("Adjust & more", [figure(aim=AtLeast(0.8)), figure()]))  # noqa: S314 - ours

    texts = ["".join(text.itertext()) for text in found.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "Adjust & more"
    assert texts.count("adjust <1>") == 2
    assert "prefers-color-scheme: dark" in "".join(found.itertext())
    kinds = [one.get("class") for one in found.iter("{http://www.w3.org/2000/svg}rect")]
    assert kinds == ["short", "bar"]
    assert [one.get("class") for one in found.iter("{http://www.w3.org/2000/svg}line")].count("aim") == 1
