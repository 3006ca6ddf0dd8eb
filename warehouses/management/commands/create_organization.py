"""`manage.py create_organization NAME`: the first step of an installation without the demo."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse

from warehouses.actors import SYSTEM
from warehouses.invitations import invite
from warehouses.models import Organization, User
from warehouses.models.warehouse import WarehouseType
from warehouses.organizations import DEFAULT_WAREHOUSE, create_organization
from warehouses.people import add_member
from warehouses.refusals import Refusal


class Command(BaseCommand):
    help = "Create an organization with its warehouses, reason codes and, if named, an owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--warehouse",
            action="append",
            default=[],
            metavar="NAME[:TYPE]",
            help=f"May be given several times; the first is the default. TYPE: {', '.join(WarehouseType.values)}.",
        )
        parser.add_argument("--time-zone", default="UTC", help="Such as Europe/Berlin; UTC unless given.")
        parser.add_argument("--currency", default="EUR", help="Three letters; EUR unless given.")
        parser.add_argument(
            "--owner",
            metavar="EMAIL",
            help="An account that exists becomes owner; any other address is invited.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        warehouses = [_warehouse(text) for text in options["warehouse"]]
        try:
            self._create(options, warehouses)
        except Refusal as refusal:
            raise CommandError(refusal.detail) from refusal

    @transaction.atomic
    def _create(self, options: dict[str, Any], warehouses: list[tuple[str, str]]) -> None:
        organization = create_organization(
            name=options["name"],
            warehouses=warehouses or [DEFAULT_WAREHOUSE],
            time_zone=options["time_zone"],
            currency=options["currency"],
        )
        self.stdout.write(f"Created {organization.name} ({organization.public_id}).")
        if options["owner"]:
            self._add_owner(organization, options["owner"])

    def _add_owner(self, organization: Organization, email: str) -> None:
        owner = Group.objects.get(name="Owner")
        user = User.objects.filter(email__iexact=email).first()
        if user is not None:
            add_member(organization=organization, actor=SYSTEM, user=user, role=owner)
            self.stdout.write(f"{user.email} owns it.")
            return
        _invitation, token = invite(organization=organization, actor=SYSTEM, email=email, role=owner)
        path = reverse("warehouses:invitation", args=[token])
        self.stdout.write(f"{email} has no account yet and becomes owner by opening {path} on this site.")


def _warehouse(text: str) -> tuple[str, str]:
    """`Depot:3PL` → ("Depot", "3PL"). What follows the last colon must be a type."""
    name, separator, kind = text.rpartition(":")
    types = {value.lower(): value for value in WarehouseType.values}
    if not separator:
        return text, WarehouseType.OWN
    if kind.lower() not in types:
        raise CommandError(
            f"“{kind}” is no type of warehouse; choose from {', '.join(WarehouseType.values)}."
        )
    return name, types[kind.lower()]
