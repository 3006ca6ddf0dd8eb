"""Loading the demonstration: once, whole or not at all."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from inventory.demo.catalogue import create_catalogue
from inventory.demo.documented import WAREHOUSE_A, key_of
from inventory.demo.operations import add_operations
from inventory.demo.people import create_people
from inventory.demo.places import create_places
from inventory.demo.shelf_plan import DAYS
from inventory.demo.shelves import arrange_shelves
from inventory.demo.story import Cast, tell
from inventory.demo.till import connect_store
from inventory.demo.webhooks import subscribe_shop
from inventory.models import Product, Sku
from warehouses import organizations
from warehouses.actors import SYSTEM, Actor, ActorType
from warehouses.keys import create_key
from warehouses.models import ApiKey, Organization, User, Warehouse
from warehouses.refusals import Conflict

__all__ = ["NAME", "Loaded", "find", "load"]

NAME: Final = "Demo Trading"
_SEED: Final = 20260312


@dataclass(frozen=True, slots=True)
class Loaded:
    """`key` is the text of the API key to try, which is in no database."""

    organization: Organization
    key: str


def find() -> Organization | None:
    """The demonstration's organization, whatever somebody may have renamed it to."""
    warehouse = Warehouse.objects.select_related("organization").filter(pk=key_of(WAREHOUSE_A)).first()
    return warehouse.organization if warehouse else None


def load(*, password: str) -> Loaded:
    """Write the demonstration, whose logins will have `password`.

    In one transaction, so that a run that was interrupted leaves nothing half done. Raises Conflict `NAME_TAKEN`
    where somebody has an organization of that name, and what the ledger and the other doors raise.
    """
    with transaction.atomic():
        if Organization.objects.filter(name__iexact=NAME).exists():
            raise Conflict(
                "NAME_TAKEN", f"There is already an organization “{NAME}”, and it is no demonstration."
            )
        return _load(password)


def _load(password: str) -> Loaded:
    dice = random.Random(_SEED)  # noqa: S311 - the same demonstration everywhere
    organization = Organization.objects.create(name=NAME, time_zone="Europe/Berlin", currency="EUR")
    for found in organizations.founders:
        found(organization)
    places = create_places(organization)
    warehouses = {name: place.warehouse for name, place in places.items()}
    people = create_people(organization=organization, warehouses=warehouses, password=password)
    web_shop, text = create_key(
        organization=organization,
        actor=SYSTEM,
        name="Web shop",
        scopes=(
            "inventory.read",
            "inventory.write",
            "products.read",
            "products.write",
            "locations.write",
            "transfers.read",
            "transfers.write",
            "replenishment.read",
            "replenishment.write",
            "integrations.manage",
            "stockrequests.read",
            "stockrequests.write",
            "stockrequests.approve",
            "inventory.cyclecount",
        ),
        created_by=people["owner"],
    )
    # Nobody keeps the text of this one: it is the name under which the shop's sales stand in the ledger.
    cash_desk, _unused = create_key(
        organization=organization,
        actor=SYSTEM,
        name="Cash desk Mitte",
        scopes=("inventory.read", "inventory.write"),
        warehouses=[warehouses["Store Berlin Mitte"]],
        created_by=people["owner"],
    )
    articles = create_catalogue(organization=organization, random=dice)
    today = organization.today()
    tell(
        organization=organization,
        cast=Cast(
            manager=_person(people["manager"]),
            store_manager=_person(people["store.manager"]),
            counter=_person(people["counter"]),
            web_shop=Actor(ActorType.KEY, web_shop.pk, web_shop.name),
            cash_desk=Actor(ActorType.KEY, cash_desk.pk, cash_desk.name),
        ),
        shelves=arrange_shelves(articles=articles, places=places, random=dice),
        today=today,
        random=dice,
    )
    connect_store(organization=organization, store=warehouses["Store Berlin Mitte"], today=today)
    now = timezone.now()
    add_operations(organization=organization, now=now)
    # Last: what happens while somebody is subscribed is written down to be sent.
    subscribe_shop(organization=organization, owner=people["owner"].email, now=now)
    founded = datetime.combine(today - timedelta(days=DAYS + 10), time(9), tzinfo=UTC)
    _backdate(organization, founded)
    return Loaded(organization, text)


def _person(user: User) -> Actor:
    return Actor(ActorType.USER, user.pk, user.email)


def _backdate(organization: Organization, founded: datetime) -> None:
    """Nothing is younger than the movements that it has."""
    Organization.objects.filter(pk=organization.pk).update(created_at=founded)
    for model in (Warehouse, Product, Sku, ApiKey):
        model._default_manager.filter(organization=organization).update(created_at=founded)
