"""A process that works on runs, and says at which moment it may be killed.

Usage: killed_worker.py MOMENT. `batch` is when the second batch is written and not committed, `committed` right after
its commit, `file` when a file's rows are committed and it has not been moved, `end` before the end of the run is
written; `any` says so at the beginning, and goes on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from inventory.sync import batches, csv_drop, engine  # noqa: E402 - after setup


def ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def stop(*arguments: Any, **options: Any) -> None:
    ready()
    time.sleep(60)


def second(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Like `plain`, but it stops after the second call."""
    calls: list[bool] = []

    def work(*arguments: Any, **options: Any) -> Any:
        done = plain(*arguments, **options)
        calls.append(True)
        if len(calls) == 2:
            stop()
        return done

    return work


def main(moment: str) -> None:
    if moment == "any":
        ready()
    elif moment == "batch":
        batches._Batch._write_run = second(batches._Batch._write_run)  # type: ignore[method-assign]
    elif moment == "committed":
        engine.take_over = second(engine.take_over)
    elif moment == "file":
        csv_drop._move = stop
    else:
        engine.complete = stop
    while engine.work(seconds=30):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
