"""What a run is told as: a table for people, and docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from tests.bench.figures import Figure
from tests.bench.scale import WAREHOUSES, Scale

__all__ = ["commit_of_checkout", "machine", "table", "write"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"


def table(figures: Sequence[Figure]) -> str:
    """Markdown that is readable as it is."""
    rows = [("figure", "product", "yardstick", "unit", "ratio", "ratios from–to")]
    rows += [
        (
            figure.name,
            _number(figure.value),
            _number(figure.limit),
            figure.unit,
            f"{figure.ratio:.2f}",
            f"{figure.low:.2f}–{figure.high:.2f}",
        )
        for figure in figures
    ]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def machine(scale: Scale, name: str, seconds: float, load: float, commit: str) -> list[str]:
    """What the figures hold for. `commit` and `load` (processes that wanted to run) are those before it began."""
    cores = os.cpu_count() or 1
    busy = ": busy with other work meanwhile, so trust the ratios only" if load > cores / 2 else ""
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} in {seconds:.0f} seconds, at commit {commit},",
        f"`BENCH_SCALE={name}`: {scale.large:,} SKUs in {WAREHOUSES} warehouses against {scale.small:,},"
        f" medians of {scale.pairs} pairs.",
        f"{cores} cores ({_processor()}), {_memory()}, {platform.system()}; load {load:.1f} at the start{busy}.",
        f"Python {platform.python_version()}, Django {django.get_version()}, {_database()},"
        f" limits counted in {'Redis' if settings.REDIS_URL else 'memory'}.",
    ]


def write(figures: Sequence[Figure], facts: Sequence[str]) -> None:
    """Put the run in docs/benchmarks.md, in the place of the last one."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    measured = "\n\n".join([_BEGIN, "\n".join(facts), table(figures), _END])
    DOCUMENT.write_text(f"{before}{measured}{after}", encoding="utf-8")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def commit_of_checkout() -> str:
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "config", "inventory", "warehouses")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def _database() -> str:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_version()")
            return f"SQLite {cursor.fetchone()[0]} (WAL, synchronous=NORMAL)"
    with connection.cursor() as cursor:
        settled = []
        for name in ("server_version", "fsync", "synchronous_commit", "shared_buffers"):
            cursor.execute(f"SHOW {name}")
            settled.append(cursor.fetchone()[0])
    version, fsync, commit, buffers = settled
    return f"PostgreSQL {version.split()[0]} (fsync {fsync}, synchronous_commit {commit}, shared_buffers {buffers})"
