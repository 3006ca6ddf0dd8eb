"""`manage.py rehearse_restore`: would the backup bring everything back?"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inventory.rehearsal import NotRestored, Snapshot, engine, manage

Result = TypeVar("Result")


class Command(BaseCommand):
    help = (
        "Backs the database up, restores it beside itself, upgrades the copy, verifies stock and books there, compares"
        " rows and heads, and drops the copy. Exits with 1 where something is missing. Needs as much disk again."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dump", type=Path, metavar="FILE", help="rehearse with this backup (pg_dump's custom format)"
        )
        parser.add_argument(
            "--head", type=Path, metavar="FILE", help="heads that were kept elsewhere, for verify_ledger"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="tallyhouse-rehearsal-") as folder:
                self._rehearse(Path(folder), options["dump"], options["head"])
        except NotRestored as failed:
            raise CommandError(
                f"The backup does not bring everything back. {failed}", returncode=1
            ) from failed
        self.stdout.write(f"The backup brings everything back, in {time.monotonic() - began:.1f} s.")

    def _rehearse(self, folder: Path, file: Path | None, head: Path | None) -> None:
        database = engine(folder)
        before: Snapshot | None = None
        if file is None:
            file = folder / "backup"
            before = self._timed("dump", lambda: database.dump(file))
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        self.stdout.write(f"{'size':15} {file.stat().st_size / 1e6:8.1f} MB")
        known = [] if before is None else before.heads
        if head is not None:
            known = [*known, *head.read_text(encoding="utf-8").splitlines()]
        with contextlib.ExitStack() as stack:
            url = self._timed("restore", lambda: stack.enter_context(database.restored(file)))
            if before is not None:
                self._compare(before.rows, database.rows_of(url))
            self._timed("migrate", lambda: manage(url, "migrate", "--no-input", "--verbosity=0"))
            stock = self._timed("verify_stock", lambda: manage(url, "verify_stock"))
            given = "\n".join(known)
            books = self._timed(
                "verify_ledger", lambda: manage(url, "verify_ledger", "--head", "-", given=given)
            )
        self.stdout.write(f"{stock}\n{books}")

    def _compare(self, before: dict[str, int], after: dict[str, int]) -> None:
        different = [
            f"{table} {before.get(table, 0)} → {after.get(table, 0)}"
            for table in sorted({*before, *after})
            if before.get(table) != after.get(table)
        ]
        if different:
            raise NotRestored(f"Rows differ: {', '.join(different)}.")
        self.stdout.write(f"{'rows':15} {sum(before.values()):8,} in {len(before)} tables, the same")

    def _timed(self, name: str, work: Callable[[], Result]) -> Result:
        began = time.monotonic()
        result = work()
        self.stdout.write(f"{name:15} {time.monotonic() - began:8.1f} s")
        return result
