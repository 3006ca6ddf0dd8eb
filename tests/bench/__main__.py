"""`make bench`: JSON lines on standard output, one a figure; for people, a table on standard error."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from pathlib import Path

USUAL = "default"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the figures in docs/benchmarks.md")
    options = parser.parse_args()
    database = os.environ.get("BENCH_DATABASE_URL", "")
    if not database:
        sys.exit("Run `make bench`: it makes databases to measure on and drops them afterwards.")
    # The same as in production where it is paid for by every request; only that no proxy stands in front.
    os.environ |= {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database,
        "SECRET_KEY": "only-for-measuring",
        "LOG_FORMAT": "json",
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    import django

    django.setup()
    # Lines are made and written, but nobody wants to read these.
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(nowhere)
        return run(write=options.write)


def run(*, write: bool) -> int:
    from inventory.verification import verify
    from tests.bench import report
    from tests.bench.adjustments import measure_adjustments
    from tests.bench.bulks import measure_bulks
    from tests.bench.figures import BenchFault, expect
    from tests.bench.ground import lay
    from tests.bench.hot_sku import measure_hot_sku
    from tests.bench.lists import measure_lists
    from tests.bench.scale import SCALES
    from tests.bench.webhooks import measure_webhooks

    name = os.environ.get("BENCH_SCALE", "") or USUAL
    if name not in SCALES:
        sys.exit(f"BENCH_SCALE is one of {', '.join(SCALES)}, not {name!r}.")
    scale = SCALES[name]
    load, commit = os.getloadavg()[0], report.commit_of_checkout()
    began = time.monotonic()
    try:
        say(f"Making {scale.small:,} and {scale.large:,} SKUs …")
        ground = lay(scale)
        say(f"… in {time.monotonic() - began:.0f} seconds.")
        figures = []
        for measure in (measure_lists, measure_adjustments, measure_webhooks, measure_bulks, measure_hot_sku):
            for figure in measure(ground):
                figures.append(figure)
                sys.stdout.write(figure.line() + "\n")
                sys.stdout.flush()
        ground.compare()
        for database in (ground.small, ground.large):
            with database.current():
                findings = [f"{found.check}: {found.record}" for found in verify()]
            expect(not findings, f"verify_stock is not clean: {'; '.join(findings[:5])}")
    except BenchFault as fault:
        say(f"WRONG: {fault}")
        return 1
    facts = report.machine(scale, name, time.monotonic() - began, load, commit)
    say("\n".join(["", *facts, "", report.table(figures), "", "The stock is right."]))
    if write:
        report.write(figures, facts)
    return 0


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
