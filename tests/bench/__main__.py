"""`make bench`: JSON lines on standard output, one a figure; for people, progress and tables on standard error."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.figures import BenchFault, Figure, expect
from tests.bench.load import load
from tests.bench.scale import SCALES, USUAL

if TYPE_CHECKING:
    from tests.bench.ground import Bench
    from tests.bench.lists import Site

#: The chapters, in their order.
PARTS = ("writing", "lists", "computing")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put what is measured in docs/benchmarks.md")
    parser.add_argument("--fresh", action="store_true", help="fill the databases anew")
    parser.add_argument("--discard", action="store_true", help="drop what was filled at the end")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="measure this part; more than once: these"
    )
    options = parser.parse_args()
    name = os.environ.get("BENCH_SCALE", "") or USUAL
    if name not in SCALES:
        sys.exit(f"BENCH_SCALE is one of {', '.join(SCALES)}, not {name!r}.")
    database, redis = os.environ.get("BENCH_DATABASE_URL", ""), os.environ.get("BENCH_REDIS_URL", "")
    if not (database and redis):
        sys.exit("Run `make bench`: it finds or starts the servers to measure on.")
    # What this process does itself is what a worker would do, and no proxy stands in front.
    os.environ |= {
        "ENVIRONMENT": "test",
        "DATABASE_URL": database,
        "DATABASE_STATEMENT_TIMEOUT": "1h",
        "REDIS_URL": "",
        # What the web processes sign sessions and seal secrets with.
        "SECRET_KEY": "only-for-measuring-0123456789-abcdefghijklmnopqrstuvwxyz",
        "LOG_LEVEL": "WARNING",
        "OUTGOING_NETWORKS": "127.0.0.0/8",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    # Whoever ends it with a signal ends what it has started, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    import django

    django.setup()
    logging.getLogger().setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="tallyhouse-bench-") as folder, load() as loading:
        from tests.bench.databases import Server
        from tests.bench.ground import Bench

        server = Server(database)
        try:
            bench = Bench(SCALES[name], server, redis, Path(folder), loading)
            return run(bench, name, parts=options.only or PARTS, writes=options.write, is_fresh=options.fresh)
        finally:
            server.close(discard=options.discard)


def run(bench: Bench, name: str, *, parts: Sequence[str], writes: bool, is_fresh: bool) -> int:
    from tests.bench import report

    scale = bench.scale
    average, commit = os.getloadavg()[0], report.commit_of_checkout()
    measured: list[tuple[str, list[Figure], list[str]]] = []
    try:
        fill(bench, bench.scale.sizes(parts), is_fresh=is_fresh)
        for part in parts:
            began = time.monotonic()
            figures: list[Figure] = []
            for figure in {"writing": written, "lists": listed, "computing": computed}[part](bench):
                figures.append(figure)
                sys.stdout.write(figure.line() + "\n")
                sys.stdout.flush()
                say(f"{time.monotonic() - began:6.0f} s  {figure.name}: {figure.ratio:.2f}")
            facts = report.machine(bench.server, scale, name, time.monotonic() - began, average, commit)
            say("\n".join(["", *facts, "", report.table(figures), ""]))
            measured.append((part, figures, facts))
    except BenchFault as fault:
        say(f"WRONG: {fault}")
        return 1
    say("The stock is right.")
    if writes:
        for part, figures, facts in measured:
            report.write(part, figures, facts)
    return 0


def fill(bench: Bench, sizes: Iterable[int], *, is_fresh: bool) -> None:
    """Make the databases that the run's are copies of, where they are not there already."""
    is_durable = bench.server.setting("fsync") == bench.server.setting("synchronous_commit") == "on"
    expect(
        is_durable or bench.scale is SCALES["tiny"],
        "This PostgreSQL may lose what it has acknowledged (fsync, synchronous_commit): its figures say nothing.",
    )
    bench.server.forget(everything=is_fresh)
    for skus in sizes:
        began = time.monotonic()
        say(f"{skus:,} SKUs …")
        if bench.server.fill(skus):
            say(f"… filled in {time.monotonic() - began:.0f} seconds, and kept.")


def written(bench: Bench) -> Iterator[Figure]:
    """What changes stock, and what is told of it."""
    from tests.bench.adjustments import measure_adjustments
    from tests.bench.bulks import measure_bulks
    from tests.bench.computations import compute
    from tests.bench.ground import lay
    from tests.bench.hot_sku import measure_hot_sku
    from tests.bench.installation import by_hand_environment, installed, production
    from tests.bench.webhooks import measure_webhooks

    ground = lay(bench)
    environment = production(database=ground.product.url, redis=f"{bench.redis}/1", folder=bench.folder)
    others = production(database=ground.by_hand.url, redis=f"{bench.redis}/2", folder=bench.folder)
    with (
        installed(environment) as product,
        installed(by_hand_environment(others), by_hand=True) as by_hand,
    ):
        yield from measure_bulks(bench, ground, product)
        yield from measure_adjustments(bench, ground, product, by_hand)
        yield from measure_hot_sku(bench, ground, product, by_hand)
        yield from measure_webhooks(bench, ground, product, environment)
        ground.require_books()
    # The product's command looks at every row of what was written over HTTP.
    compute("verify_stock", ground.product)
    for database in (ground.product, ground.by_hand):
        bench.server.drop(database)


def listed(bench: Bench) -> Iterator[Figure]:
    """Pages and files."""
    from tests.bench.installation import by_hand_environment, collect_files, installed, production
    from tests.bench.lists import measure_lists
    from tests.bench.snapshots import measure_snapshots

    collect_files(production(database=bench.server.url, redis=f"{bench.redis}/3", folder=bench.folder))
    with contextlib.ExitStack() as stack:
        few = stack.enter_context(site(bench, bench.scale.few, 3))
        many = stack.enter_context(site(bench, bench.scale.many, 4))
        environment = production(database=many.database.url, redis=f"{bench.redis}/5", folder=bench.folder)
        by_hand = stack.enter_context(installed(by_hand_environment(environment), by_hand=True))
        yield from measure_lists(few, many, by_hand, bench.scale.pairs, bench.scale.pages)
        yield from measure_snapshots(few, many, bench.scale.pairs)


@contextlib.contextmanager
def site(bench: Bench, skus: int, number: int) -> Iterator[Site]:
    from tests.bench.callers import make_caller
    from tests.bench.installation import installed, production
    from tests.bench.lists import Site

    database = bench.server.copy(skus, "lists")
    caller = make_caller(database)
    environment = production(database=database.url, redis=f"{bench.redis}/{number}", folder=bench.folder)
    with installed(environment) as installation:
        yield Site(skus, database, installation, caller, bench.load)
    bench.server.drop(database)


def computed(bench: Bench) -> Iterator[Figure]:
    """What reads everything."""
    from tests.bench.callers import make_caller
    from tests.bench.computations import Size, measure_computations

    sizes = []
    for skus in bench.scale.grows:
        database = bench.server.copy(skus, "computed")
        sizes.append(Size(skus, database, make_caller(database)))
    yield from measure_computations(sizes, bench.scale.pairs, bench.scale.computed, say)
    for size in sizes:
        bench.server.drop(size.database)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
