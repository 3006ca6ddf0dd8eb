"""`make chaos`: a schedule of kills, and what of it the stock, the clients and the receiver noticed."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.chaos import schedule
from tests.chaos.installation import settings_of
from tests.chaos.servers import DATABASE, Cluster, RedisServer, missing_programs


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    missing = missing_programs()
    if missing:
        sys.exit(f"Not installed: {', '.join(missing)} (make services).")
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="tallyhouse-chaos-"))
    folder.chmod(0o755)  # PostgreSQL's own user has to come through it
    try:
        return _run(folder, options)
    finally:
        if options.keep:
            sys.stdout.write(f"Everything is left in {folder}.\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="draws the schedule and what clients do; another each time")
    parser.add_argument("--seconds", type=float, default=60.0, help="of load (60)")
    parser.add_argument("--clients", type=int, default=8, choices=range(1, 33), metavar="N", help="(8)")
    parser.add_argument(
        "--victims", default=",".join(schedule.VICTIMS), help="who is killed, with commas between"
    )
    parser.add_argument("--synchronous-commit", choices=("on", "off"), default="on", help="off has to go red")
    parser.add_argument("--failover", action="store_true", help="lose the primary, and promote its standby")
    parser.add_argument(
        "--replication", choices=("sync", "async"), default="sync", help="of --failover; async has to go red"
    )
    parser.add_argument(
        "--copy-of", metavar="URL", help="a migrated database to begin with; faster than migrating"
    )
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs and data")
    options = parser.parse_args(arguments)
    options.victims = options.victims.split(",")
    if unknown := set(options.victims) - set(schedule.VICTIMS):
        parser.error(
            f"nobody is called {', '.join(sorted(unknown))}; there are {', '.join(schedule.VICTIMS)}"
        )
    if not 1 <= options.seconds <= 3600:
        parser.error("--seconds is from 1 to 3600")
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "big")
    return options


def _run(folder: Path, options: argparse.Namespace) -> int:
    primary = Cluster(folder / "primary", synchronous_commit=options.synchronous_commit)
    standby = Cluster(folder / "standby") if options.failover else None
    redis = RedisServer(folder / "redis")
    url = primary.url() if standby is None else addresses(primary, standby)
    (folder / "static").mkdir()  # where collected files would lie
    variables = settings_of(folder, database_url=url, redis_url=redis.url)
    # This process looks at the database as the product does, and wants no log of its own.
    os.environ.update(variables, LOG_LEVEL="ERROR")
    import django

    django.setup()
    from tests.chaos.storm import Storm

    storm = Storm(folder, options, primary=primary, standby=standby, redis=redis, variables=variables)
    try:
        return storm.run()
    finally:
        storm.close()


def addresses(primary: Cluster, standby: Cluster) -> str:
    """Both, as docs/operating.md has it: connections are made to whichever of the two takes writes."""
    return (
        f"postgresql://postgres@/{DATABASE}?host=127.0.0.1,127.0.0.1&port={primary.port},{standby.port}"
        "&target_session_attrs=read-write"
    )


def run_until_stopped(arguments: list[str]) -> int:
    """The run as a command: the exit status, also where somebody has stopped it."""
    try:
        return main(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing is left running.\n")
        return 130


def _end(*arguments: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(run_until_stopped(sys.argv[1:]))
