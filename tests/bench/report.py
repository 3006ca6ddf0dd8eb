"""What a run is told as: a table for people, docs/benchmarks.md and the pictures in it."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import django

from tests.bench.databases import Server
from tests.bench.figures import Figure
from tests.bench.plots import bars
from tests.bench.scale import CLIENTS, MOVEMENTS_PER_SKU, WAREHOUSES, Scale

__all__ = ["commit_of_checkout", "machine", "table", "write"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images" / "bench"
_PICTURE = re.compile(r"!\[.*\]\(images/bench/(.+\.svg)\)")


def table(figures: Sequence[Figure]) -> str:
    """Markdown that is readable as it is."""
    rows = [("figure", "product", "yardstick", "unit", "ratio", "ratios from–to", "aim", "met")]
    rows += [
        (
            figure.name,
            _number(figure.value),
            _number(figure.limit),
            figure.unit,
            f"{figure.ratio:.2f}",
            f"{figure.low:.2f}–{figure.high:.2f}",
            "" if figure.aim is None else str(figure.aim),
            {True: "yes", False: "no", None: ""}[figure.is_met],
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


def machine(server: Server, scale: Scale, name: str, seconds: float, load: float, commit: str) -> list[str]:
    """What the figures hold for. `commit` and `load` (processes that wanted to run) are those before it began."""
    cores = os.cpu_count() or 1
    busy = ": busy with other work meanwhile, so trust the ratios only" if load > cores / 2 else ""
    settings = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
    version, *others = (server.setting(setting) for setting in settings)
    told = ", ".join(f"{setting} {value}" for setting, value in zip(settings[1:], others, strict=True))
    return [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} in {seconds:.0f} seconds, at commit {commit},",
        f"`BENCH_SCALE={name}`: {scale.many:,} SKUs in {WAREHOUSES} warehouses with"
        f" {scale.many * MOVEMENTS_PER_SKU:,} movements, written to with {scale.written:,} SKUs by {CLIENTS} clients;"
        f" medians of {scale.pairs} pairs.",
        f"{cores} cores ({_processor()}), {_memory()}, {platform.system()}; load {load:.1f} at the start{busy}.",
        f"Python {platform.python_version()}, Django {django.get_version()}, PostgreSQL {version.split()[0]} ({told}).",
    ]


def write(part: str, figures: Sequence[Figure], facts: Sequence[str]) -> None:
    """Put a part of a run in docs/benchmarks.md, in the place of the last one, with a picture for each heading."""
    begin, end = f"<!-- measured: {part} -->", f"<!-- measured: {part}, end -->"
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    last, after = rest.split(end)
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name in _PICTURE.findall(last):
        (IMAGES / name).unlink(missing_ok=True)
    parts = [begin, "\n".join(facts)]
    for heading, found in groupby(figures, key=lambda figure: figure.group):
        group = list(found)
        picture = IMAGES / f"{'-'.join(heading.lower().split())}.svg"
        picture.write_text(bars(heading, group), encoding="utf-8")
        shown = f"![{heading}: the ratios to the yardsticks](images/bench/{picture.name})"
        parts += [f"### {heading}", table(group), shown]
    DOCUMENT.write_text(f"{before}{chr(10).join(_spaced([*parts, end]))}{after}", encoding="utf-8")


def _spaced(parts: Sequence[str]) -> list[str]:
    return [line for part in parts for line in (part, "")][:-1]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def commit_of_checkout() -> str:
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", "config", "inventory", "warehouses", "cycle_counts")
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
