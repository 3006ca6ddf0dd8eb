"""`manage.py ledger_head`: what to keep elsewhere, for `verify_ledger --head`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from inventory.checkpoints import heads


class Command(BaseCommand):
    help = "Prints the newest checkpoint of each organization: its id, the checkpoint's number and digest."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for head in heads():
            self.stdout.write(str(head))
