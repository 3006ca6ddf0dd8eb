"""One of the big computations in a process of its own: `python -m tests.bench.computation NAME` on DATABASE_URL.

Says as JSON what it took: `seconds`, `megabytes` (the most memory that the process has had since it was ready), and
`result`, what came out, by which the caller sees that it was done.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

__all__ = ["BY_ROW", "NAMES", "main"]

NAMES = ("verify_stock", "ABC refresh", "replenishment suggestions", "ATP of all channels", "verify_ledger")
#: Makes each row's digest in Python, stretch by stretch: minutes for each ten million rows, at any size.
BY_ROW = frozenset({"verify_ledger"})


def main(name: str) -> int:
    django.setup()
    prepare, work = _works()[name]
    prepare()
    # A process's own peak can be set back, to what it has now.
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "megabytes": _peak(), "result": result}))  # noqa: T201
    return 0


def _peak() -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def _works() -> dict[str, tuple[Callable[[], object], Callable[[], Any]]]:
    """By name: what has to be there before, and what is measured."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.models import Sum
    from django.utils import timezone

    from cycle_counts import abc
    from inventory.availability.summary import summarize
    from inventory.channels import channels_named
    from inventory.checkpoints import uncovered
    from inventory.checkpoints import work as make_checkpoints
    from inventory.models import Checkpoint
    from inventory.replenishment.suggestions import suggest
    from tests.bench.databases import ORGANIZATION
    from warehouses import transactions
    from warehouses.access import access_of_system
    from warehouses.models import Organization, Warehouse

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # connected
    organization = Organization.objects.get(name=ORGANIZATION)
    access = access_of_system(organization)

    def verify_stock() -> int:
        call_command("verify_stock", stdout=sys.stderr)  # raises where something is wrong
        return 0

    def refresh() -> int:
        return transactions.run(lambda: abc.refresh(organization=organization, now=timezone.now()))

    def suggestions() -> int:
        warehouse = Warehouse.objects.filter(organization=organization).order_by("name")[0]
        found = suggest(access=access, warehouse=warehouse, limit=50)
        return found.total if found.rows else -1

    def available() -> dict[str, int]:
        totals = summarize(access=access, channels=channels_named(access=access))
        return {str(key): total.units for key, total in totals.items()}

    def checkpoints() -> None:
        for _ in range(3):  # what is settled shows only when it is asked again
            make_checkpoints(seconds=3600)

    def verify_ledger() -> int:
        call_command("verify_ledger", stdout=sys.stderr)  # raises likewise
        covered = Checkpoint.objects.aggregate(rows=Sum("row_count"))["rows"] or 0
        return covered + sum(uncovered().rows.values())

    def nothing() -> None:
        """It is all there."""

    works = (verify_stock, refresh, suggestions, available, verify_ledger)
    return {
        name: (checkpoints if name in BY_ROW else nothing, work)
        for name, work in zip(NAMES, works, strict=True)
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
