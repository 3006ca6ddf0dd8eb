"""`manage.py seed_demo --skus N --warehouses M --movements K`: an organization of any size, for measuring."""

from __future__ import annotations

import time
from argparse import ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from inventory.demo.bulk import fill, total_rows
from warehouses.refusals import Refusal


class Command(BaseCommand):
    help = "Makes an organization with so many SKUs in each of so many warehouses, and so many movements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--skus", type=_count, required=True, metavar="N")
        parser.add_argument("--warehouses", type=_count, default=4, metavar="M", help="4 unless given")
        parser.add_argument(
            "--movements",
            type=_count,
            required=True,
            metavar="K",
            help="the first N × M open the stock levels",
        )
        parser.add_argument(
            "--organization", default="Bulk Trading", metavar="NAME", help="a new one: %(default)s"
        )
        parser.add_argument("--force", action="store_true", help="also in production")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production" and not options["force"]:
            raise CommandError(
                "This is production, and what is seeded cannot be deleted. --force does it anyway."
            )
        size = {name: options[name] for name in ("skus", "warehouses", "movements")}
        began = time.monotonic()
        with tqdm(total=total_rows(**size), unit="row", unit_scale=True, disable=None) as bar:
            try:
                organization = fill(name=options["organization"], advance=bar.update, **size)
            except Refusal as refusal:
                raise CommandError(refusal.detail) from refusal
        self.stdout.write(
            f"{organization.name}: {size['skus']:,} SKUs in {size['warehouses']:,} warehouses and"
            f" {size['movements']:,} movements, in {time.monotonic() - began:.1f} seconds."
        )


def _count(text: str) -> int:
    try:
        number = int(text.replace("_", ""))
    except ValueError:
        number = 0
    if number < 1:
        raise ArgumentTypeError(f"“{text}” is not a whole number above zero")
    return number
