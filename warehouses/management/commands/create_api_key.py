from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from warehouses.actors import SYSTEM
from warehouses.keys import create_key
from warehouses.models import Organization, Warehouse
from warehouses.permissions import DESCRIPTIONS
from warehouses.refusals import Refusal

_LONGEST = 3650  # days


class Command(BaseCommand):
    help = (
        "Make an API key and print it, alone, on standard output. It is shown this once. "
        f"Scopes: {', '.join(DESCRIPTIONS)}."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--organization", required=True, metavar="NAME")
        parser.add_argument(
            "--scopes", required=True, metavar="A,B", help="for example inventory.read,inventory.write"
        )
        parser.add_argument("--name", default="Command line", help="what the key is for")
        parser.add_argument(
            "--warehouse",
            action="append",
            default=[],
            metavar="NAME",
            help="limit the key to this warehouse; may be given several times",
        )
        parser.add_argument("--contract", default="", help="answers on paths that several contracts share")
        parser.add_argument(
            "--expires-days", type=int, metavar="DAYS", help="without it the key does not expire"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days: int | None = options["expires_days"]
        if days is not None and not 1 <= days <= _LONGEST:
            raise CommandError(f"--expires-days takes 1 to {_LONGEST}.")
        organization = Organization.objects.filter(name=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization named {options['organization']!r}.")
        try:
            _, text = create_key(
                organization=organization,
                actor=SYSTEM,
                name=options["name"],
                scopes=[scope for scope in options["scopes"].split(",") if scope.strip()],
                warehouses=[_warehouse(organization, name) for name in options["warehouse"]],
                contract=options["contract"],
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
            )
        except Refusal as error:
            raise CommandError(error.detail) from error
        self.stdout.write(text)


def _warehouse(organization: Organization, name: str) -> Warehouse:
    found = Warehouse.objects.filter(organization=organization, name__iexact=name).first()
    if found is None:
        raise CommandError(f"{organization} has no warehouse named {name!r}.")
    return found
