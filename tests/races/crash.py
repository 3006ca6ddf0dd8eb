"""A process that posts to the ledger and then waits to be killed.

Usage: crash.py MOMENT SKU KEY. It says "ready" when it is at that moment: `before-commit`, when everything is
written and nothing is committed, or `before-answer`, when everything is committed and nobody has been told. With
`quickly-` before it the ledger's short way is taken, else the general one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402 - after setup
from django.test import Client  # noqa: E402

from inventory.ledger import shortcut  # noqa: E402
from warehouses import transactions  # noqa: E402
from warehouses.http import idempotency  # noqa: E402


def stop() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    time.sleep(60)


def main(moment: str, sku: str, key: str) -> None:
    plain = transactions.run

    def run(work: Callable[[], Any]) -> Any:
        def work_and_stop() -> Any:
            done = work()
            stop()
            return done

        if moment == "before-commit":
            return plain(work_and_stop)
        done = plain(work)
        stop()
        return done

    written = shortcut.write

    def write(**named: Any) -> bool:
        if moment == "quickly-before-commit":
            with transaction.atomic():
                done = written(**named)
                stop()
        done = written(**named)
        stop()
        return done

    if moment.startswith("quickly-"):
        shortcut.write = write
    else:
        shortcut.is_open = lambda: False
        idempotency.transactions.run = run  # type: ignore[attr-defined]
    client = Client(headers={"X-API-Key": key, "Idempotency-Key": "crash", "Host": "localhost"})
    body = {"sku": sku, "adjustment": -3}
    client.post("/api/v1/inventory/adjust", body, content_type="application/json")


if __name__ == "__main__":
    main(*sys.argv[1:])
