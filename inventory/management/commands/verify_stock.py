"""`manage.py verify_stock`: is the stock right?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from inventory.verification import CHECKS, checks, verify


class Command(BaseCommand):
    help = (
        "Checks every invariant of the ledger over the whole database; lists what is broken and exits with 1."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limit", type=int, default=100, help="list at most so many breaks of each check"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")  # reads the whole ledger
                # Without statistics, as after an import or a restore, a join of all movements may take for ever.
                cursor.execute("ANALYZE inventory_movement, inventory_stockitem, inventory_stocklevel")
        broken = 0
        for finding in verify(limit=options["limit"]):
            broken += 1
            facts = " ".join(f"{name}={value}" for name, value in finding.facts.items())
            self.stdout.write(f"{finding.check}: {finding.record} {facts}".rstrip())
            self.stdout.write(f"    {finding.promise}")
        if broken:
            raise CommandError(f"{broken} findings: the stock is not right.", returncode=1)
        self.stdout.write(f"{len(CHECKS) + len(checks) + 1} checks passed: the stock is right.")
