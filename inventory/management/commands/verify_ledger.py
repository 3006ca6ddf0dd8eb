"""`manage.py verify_ledger`: are the books as they were written?"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from inventory.checkpoints import Head, UnreadableHead, read_heads, uncovered, verify
from inventory.models import Checkpoint


class Command(BaseCommand):
    help = (
        "Makes all checkpoints of the append-only tables again; lists what was changed, added or removed, the first"
        " first, and exits with 1."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=100, help="list at most so many findings")
        parser.add_argument(
            "--head",
            metavar="FILE",
            help="heads that were kept elsewhere: what ledger_head printed, or a JSON log; - is standard input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")  # counts what is not covered yet
        known = _known(options["head"]) if options["head"] else []
        limit = options["limit"]
        found = 0
        for finding in islice(verify(known), limit):
            found += 1
            facts = " ".join(f"{name}={value}" for name, value in finding.facts.items())
            self.stdout.write(f"{finding.check}: {finding.record} {facts}".rstrip())
            self.stdout.write(f"    {finding.promise}")
        if found:
            more = " or more" if found == limit else ""
            raise CommandError(
                f"{found}{more} findings: the books are not as they were written.", returncode=1
            )
        self.stdout.write(
            f"{Checkpoint.objects.count()} checkpoints and {len(known)} heads hold: the books are as they were written."
        )
        self.stdout.write(f"Not covered yet: {uncovered()}.")


def _known(name: str) -> list[Head]:
    try:
        if name == "-":
            return list(read_heads(sys.stdin))
        with Path(name).open(encoding="utf-8") as lines:
            return list(read_heads(lines))
    except (OSError, UnreadableHead) as error:
        raise CommandError(str(error)) from error
